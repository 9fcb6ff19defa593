"""The craters of a catalogue as geometries, as catalogue files hold them.

On the sphere these are geodesic circles in longitude and latitude. Catalogues in pixels are drawn
with y turned over (x, -y): GIS programs draw y upwards, and lay a plain image out below y = 0, so
the craters lie upright on their image.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue import georeferencing
from lunarcraters.catalogue.georeferencing import Geometries
from lunarcraters.catalogue.schema import Catalogue

_UPRIGHT = np.array([1.0, -1.0])


def crater_outlines(catalogue: Catalogue) -> Geometries:
    """Circles as polygons, (n,)."""
    if catalogue.radius_m is None:
        circles = shapely.buffer(crater_centres(catalogue), catalogue.diameters / 2, quad_segs=16)
        return np.asarray(shapely.reverse(circles), dtype=object)
    lon, lat = catalogue.positions.T
    return georeferencing.crater_polygons(lon, lat, catalogue.diameters, catalogue.radius_m)


def crater_boxes(catalogue: Catalogue) -> Geometries:
    """Bounding boxes along the axes, (n,)."""
    if catalogue.radius_m is None:
        middle, half = catalogue.positions * _UPRIGHT, catalogue.diameters[:, None] / 2
        return np.asarray(shapely.box(*(middle - half).T, *(middle + half).T), dtype=object)
    lon, lat = catalogue.positions.T
    return georeferencing.box_polygons(lon, lat, catalogue.diameters, catalogue.radius_m)


def crater_centres(catalogue: Catalogue) -> Geometries:
    """Centres as points, (n,)."""
    turned = _UPRIGHT if catalogue.is_pixels else 1.0
    return np.asarray(shapely.points(catalogue.positions * turned), dtype=object)


def footprint_outline(catalogue: Catalogue) -> BaseGeometry | None:
    """The ground searched; None where it is not known."""
    if catalogue.footprint is None or not catalogue.is_pixels:
        return catalogue.footprint
    return turn_over(catalogue.footprint)


def turn_over(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry in pixels drawn upright (x, -y), or one so drawn in pixels."""
    return shapely.transform(geometry, _UPRIGHT.__mul__)
