"""The mosaic: raster files on one grid, read by windows at any resolution."""
