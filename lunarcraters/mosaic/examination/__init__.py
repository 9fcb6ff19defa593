"""Examination of a mosaic before it is searched: undeclared nodata, elevation, one value."""
