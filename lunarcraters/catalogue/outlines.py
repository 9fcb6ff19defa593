"""The craters of a catalogue as geometries, as catalogue files hold them.

On the sphere these are geodesic circles in longitude and latitude. Catalogues in pixels are drawn
with y turned over (x, -y): GIS programs draw y upwards, and lay a plain image out below y = 0, so
the craters lie upright on their image.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import polygons, sphere
from lunarcraters.geometry.polygons import Geometries

_UPRIGHT = np.array([1.0, -1.0])


def crater_outlines(catalogue: Catalogue) -> Geometries:
    """Circles as polygons, (n,)."""
    if catalogue.radius_m is None:
        circles = shapely.buffer(crater_centres(catalogue), catalogue.diameters / 2, quad_segs=16)
        return np.asarray(shapely.reverse(circles), dtype=object)
    lon, lat = catalogue.positions.T
    turn = _turn(catalogue)
    lon = sphere.wrap_longitude(lon - turn)
    circles = polygons.crater_polygons(lon, lat, catalogue.diameters, catalogue.radius_m)
    return _moved(circles, turn)


def crater_boxes(catalogue: Catalogue) -> Geometries:
    """Bounding boxes along the axes, (n,)."""
    if catalogue.radius_m is None:
        middle, half = catalogue.positions * _UPRIGHT, catalogue.diameters[:, None] / 2
        return np.asarray(shapely.box(*(middle - half).T, *(middle + half).T), dtype=object)
    lon, lat = catalogue.positions.T
    turn = _turn(catalogue)
    lon = sphere.wrap_longitude(lon - turn)
    boxes = polygons.box_polygons(lon, lat, catalogue.diameters, catalogue.radius_m)
    return _moved(boxes, turn)


def crater_centres(catalogue: Catalogue) -> Geometries:
    """Centres as points, (n,)."""
    positions = catalogue.table[list(catalogue.columns[1:3])].to_numpy(float)
    turned = _UPRIGHT if catalogue.is_pixels else 1.0
    return np.asarray(shapely.points(positions * turned), dtype=object)


def footprint_outline(catalogue: Catalogue) -> BaseGeometry | None:
    """The ground searched; None where it is not known."""
    if catalogue.footprint is None:
        return None
    if catalogue.is_pixels:
        return turn_over(catalogue.footprint)
    if catalogue.lon_domain != 360:
        return catalogue.footprint
    whole = polygons.cut_at_meridian(np.array([catalogue.footprint], object), 0.0)[0]
    parts = [one for one in shapely.get_parts(whole) if one.geom_type == "Polygon"]
    return polygons.anticlockwise(np.array([shapely.MultiPolygon(parts)], object))[0]


def _turn(catalogue: Catalogue) -> float:
    """Degrees from the middle of -180..180 to that of the longitudes that are written."""
    return 180.0 if catalogue.lon_domain == 360 else 0.0


def _moved(geometries: Geometries, turn: float) -> Geometries:
    if not turn:
        return geometries
    return np.asarray(shapely.transform(geometries, np.array([turn, 0.0]).__add__), dtype=object)


def turn_over(geometry: BaseGeometry) -> BaseGeometry:
    """A geometry in pixels drawn upright (x, -y), or one so drawn in pixels."""
    return shapely.transform(geometry, _UPRIGHT.__mul__)
