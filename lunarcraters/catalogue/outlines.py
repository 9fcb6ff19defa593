"""The craters of a catalogue as geometries, as catalogue files hold them.

On the sphere these are geodesic circles in longitude and latitude. Catalogues in pixels are drawn
with y flipped (x, -y): GIS programs draw y upwards and lay an image without coordinates out below
y = 0, so the craters lie upright on their image.
"""

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import polygons, sphere
from lunarcraters.geometry.polygons import Geometries

_UPRIGHT = np.array([1.0, -1.0])


def crater_outlines(catalogue: Catalogue) -> Geometries:
    """Draw the circles of craters as polygons, (n,)."""
    if catalogue.radius_m is None:
        circles = shapely.buffer(crater_centres(catalogue), catalogue.diameters / 2, quad_segs=16)
        return np.asarray(shapely.reverse(circles), dtype=object)
    lon, lat = catalogue.positions.T
    shift = _lon_shift(catalogue.info)
    lon = sphere.wrap_longitude(lon - shift)
    circles = polygons.crater_polygons(lon, lat, catalogue.diameters, catalogue.radius_m)
    return _shift_lon(circles, shift)


def crater_multipolygons(catalogue: Catalogue) -> Geometries:
    """Draw the circles of craters as multipolygons, (n,), for files of one type of geometry."""
    parts, craters = shapely.get_parts(crater_outlines(catalogue), return_index=True)
    return np.asarray(shapely.multipolygons(parts, indices=craters), dtype=object)


def crater_boxes(catalogue: Catalogue) -> Geometries:
    """Draw the bounding boxes of craters along the axes, (n,)."""
    if catalogue.radius_m is None:
        middle, half = catalogue.positions * _UPRIGHT, catalogue.diameters[:, None] / 2
        return np.asarray(shapely.box(*(middle - half).T, *(middle + half).T), dtype=object)
    lon, lat = catalogue.positions.T
    shift = _lon_shift(catalogue.info)
    lon = sphere.wrap_longitude(lon - shift)
    boxes = polygons.box_polygons(lon, lat, catalogue.diameters, catalogue.radius_m)
    return _shift_lon(boxes, shift)


def crater_centres(catalogue: Catalogue) -> Geometries:
    """Draw the centres of craters as points, (n,)."""
    catalogue.info.require_positions()
    columns = catalogue.columns
    positions = catalogue.table[[columns.x, columns.y]].to_numpy(float)
    signs = 1.0 if catalogue.has_crs else _UPRIGHT
    return np.asarray(shapely.points(positions * signs), dtype=object)


def footprint_outline(info: CatalogueInfo) -> BaseGeometry | None:
    """Draw the ground searched; None where it is not known."""
    if info.footprint is None:
        return None
    if not info.has_crs:
        return flip_y(info.footprint)
    if info.lon_domain != 360:
        return info.footprint
    whole = polygons.cut_at_meridian(np.array([info.footprint], object), 0.0)
    return polygons.orient_anticlockwise(whole)[0]


def _lon_shift(info: CatalogueInfo) -> float:
    """Degrees from the middle of -180..180 to that of the longitudes that are written."""
    return 180.0 if info.lon_domain == 360 else 0.0


def _shift_lon(geometries: Geometries, shift: float) -> Geometries:
    if not shift:
        return geometries
    return np.asarray(shapely.transform(geometries, np.array([shift, 0.0]).__add__), dtype=object)


def flip_y(geometry: BaseGeometry) -> BaseGeometry:
    """Turn a geometry in pixels into one drawn upright (x, -y), or the other way round."""
    return shapely.transform(geometry, _UPRIGHT.__mul__)
