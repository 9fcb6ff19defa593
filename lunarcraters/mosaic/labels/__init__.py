"""Labels of PDS3, PDS4 and ISIS: what they say of an image, and where GDAL reads them wrongly."""
