"""The mask: tiles' masks stitched on the mosaic's grid, and the ground they cover."""
