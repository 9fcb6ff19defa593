"""Tiling: the plan that cuts a mosaic into the tiles of every octave, and tiles on disk."""
