"""The craters of a catalogue as geometries, as catalogue files hold them.

On the sphere these are geodesic circles in longitude and latitude. Catalogues in pixels are drawn
with y flipped (x, -y): GIS programs draw y upwards and lay an image without coordinates out below
y = 0, so the craters lie upright on their image.
"""

from collections.abc import Callable

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
    return _draw_on_sphere(catalogue, polygons.crater_polygons)


def crater_multipolygons(catalogue: Catalogue) -> Geometries:
    """Draw the circles of craters as multipolygons, (n,), for files of one type of geometry."""
    parts, craters = shapely.get_parts(crater_outlines(catalogue), return_index=True)
    return np.asarray(shapely.multipolygons(parts, indices=craters), dtype=object)


def crater_boxes(catalogue: Catalogue) -> Geometries:
    """Draw the bounding boxes of craters along the axes, (n,)."""
    if catalogue.radius_m is None:
        middle, half = catalogue.positions * _UPRIGHT, catalogue.diameters[:, None] / 2
        return np.asarray(shapely.box(*(middle - half).T, *(middle + half).T), dtype=object)
    return _draw_on_sphere(catalogue, polygons.box_polygons)


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
    whole = polygons.cut_at_meridian([info.footprint], 0.0)
    return polygons.orient_anticlockwise(whole)[0]


def _draw_on_sphere(catalogue: Catalogue, draw: Callable[..., Geometries]) -> Geometries:
    """Draw geometries of craters in the longitudes that are written: -180..180 or 0..360."""
    shift = 180.0 if catalogue.lon_domain == 360 else 0.0
    lon, lat = catalogue.positions.T
    lon = sphere.wrap_longitude(lon - shift)
    drawn = draw(lon, lat, catalogue.diameters, catalogue.radius_m)
    return shapely.transform(drawn, np.array([shift, 0.0]).__add__) if shift else drawn


def flip_y(geometry: BaseGeometry) -> BaseGeometry:
    """Turn a geometry in pixels into one drawn upright (x, -y), or the other way round."""
    return shapely.transform(geometry, _UPRIGHT.__mul__)
