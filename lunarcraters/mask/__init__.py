"""The mask: the masks of tiles, stitched on the mosaic's grid, and the footprint."""
