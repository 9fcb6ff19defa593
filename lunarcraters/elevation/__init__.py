"""Elevation models: shading."""
