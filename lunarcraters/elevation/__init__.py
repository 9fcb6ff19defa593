"""Elevation models: units, slopes and local heights, shading."""
