"""Geometry: the sphere, grids, boxes, circles, polygons and areas."""
