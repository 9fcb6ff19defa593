"""Rasters: mosaics of any kind, cut into tiles and put together again."""
