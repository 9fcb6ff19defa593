"""The mosaic: raster files as one grid, read by windows at any resolution."""
