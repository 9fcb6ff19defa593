"""Tiling: a mosaic cut into the tiles of every octave."""
