"""Morphometry: depth, rim, slopes and freshness of craters, measured on an elevation model."""
