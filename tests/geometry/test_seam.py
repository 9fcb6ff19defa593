"""Outlines that were moved to longitude and latitude point by point, and jump at 180 degrees."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from lunarcraters.errors import AreaError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.given_areas import read_area, read_named_areas
from lunarcraters.geometry.polygons import crater_polygons
from lunarcraters.geometry.seam import mend_areas

MOON = "IAU_2015:30100"
SOUTH = "+proj=stere +lat_0=-90 +R=1737400 +units=m"
FAR = "+proj=laea +lat_0=5 +lon_0=180 +R=1737400 +units=m"
CYLINDRICAL = "+proj=eqc +lon_0=180 +R=1737400 +units=m"
SQUARE = shapely.segmentize(shapely.box(0, -50e3, 100e3, 50e3), 10e3)
DISC = shapely.Point(20e3, 10e3).buffer(110e3)
SHARP = shapely.Polygon([(0, 0), (60e3, -200e3), (-80e3, -200e3)])
BAND = [(-179, 5), *((-179, y) for y in range(4, -6, -1)), *((179, y) for y in range(-5, 6))]
QUAD = [(-170, -30), (170, -31), (171, 30), (-169, 31)]


def turn(shape, angle):
    """Turn a shape about the origin and back, which leaves errors of rounding."""
    there = shapely.affinity.rotate(shape, angle, origin=(0, 0))
    return shapely.affinity.rotate(there, -angle, origin=(0, 0))


def mend(*polygons):
    return mend_areas(np.array(polygons, object), "a.gpkg")


def draw(path, shape, crs, to=None):
    frame = gpd.GeoDataFrame({"name": ["mare"]}, geometry=[shape], crs=crs)
    frame.to_crs(to or crs).to_file(path)
    return path


@pytest.mark.parametrize(
    ("shape", "crs"),
    [
        (DISC, SOUTH),
        (shapely.Point(0, 0).buffer(110e3), SOUTH),
        (shapely.Point(0, -300e3).buffer(110e3), SOUTH),
        (shapely.segmentize(shapely.box(-32.5e3, -400e3, 32.5e3, -100e3), 5e3), SOUTH),
        (shapely.segmentize(shapely.box(-130e3, -400e3, 0, -100e3), 5e3), SOUTH),
        (DISC - shapely.Point(10e3, 0).buffer(50e3), SOUTH),
        (DISC - shapely.Point(0, -60e3).buffer(9e3), SOUTH),
        (DISC | shapely.Point(0, 300e3).buffer(50e3), SOUTH),
        (shapely.segmentize(SHARP, 5e3), SOUTH),
        (shapely.Point(1e4, 0).buffer(300e3) - shapely.Point(3e4, 9e3).buffer(1e5), FAR),
        # Rounding writes its points on the meridian of 180 degrees as 180 or -180.
        (shapely.affinity.translate(turn(SQUARE, 11), 0, -300e3), SOUTH),
        (shapely.affinity.translate(SQUARE, -50e3, 0), CYLINDRICAL),
        (SQUARE, CYLINDRICAL),
    ],
)
@pytest.mark.parametrize("name", ["a.gpkg", "a_AREA.shp"])
def test_areas_that_jump_are_those_of_their_map(tmp_path, shape, crs, name):
    wanted = read_area(draw(tmp_path / "map.gpkg", shape, crs)).to_lonlat()
    path = draw(tmp_path / name, shape, crs, MOON)
    for area in (read_area(path), read_named_areas(path)["mare"]):
        mended = area.to_lonlat()
        # Edges are straight in degrees instead of on the map.
        assert sphere.area_km2(mended) == pytest.approx(sphere.area_km2(wanted), rel=3e-3)
        assert sphere.area_km2(mended ^ wanted) < 6e-3 * sphere.area_km2(wanted)


@pytest.mark.parametrize(
    "shape",
    [
        shapely.box(-170, -10, 170, 10),
        shapely.box(-180, -90, 180, -80),
        shapely.box(0, -90, 360, -80),
        shapely.box(-180, -90, 180, 90) - shapely.box(-175, -5, 175, 5),
        shapely.MultiPolygon([shapely.box(170, 0, 180, 5), shapely.box(-180, 0, -170, 5)]),
        shapely.Polygon(BAND),
        shapely.Polygon([BAND[0], *BAND]),
        shapely.Polygon([(-180, -10), (30, -10), (180, -10), (180, 10), (30, 10), (-180, 10)]),
        shapely.Polygon([(-150, -10), (50, -10), (100, -10), (100, 10), (-150, 10)]),
        shapely.Polygon([(0, -10), (200, -10), (360, -10), (360, 10), (0, 10)]),
        crater_polygons([30.0], [-89.0], [100.0])[0],
        crater_polygons([180.0], [40.0], [100.0])[0],
        shapely.box(0, 0, 9e5, 9e4),
    ],
)
def test_areas_stay_as_they_are_drawn(shape):
    mended, none = mend(shape, None)
    assert mended is shape
    assert none is None


def test_pixels_do_not_jump(tmp_path):
    path = tmp_path / "a.geojson"
    quad = shapely.Polygon([(0, -10), (300, -20), (310, -80), (5, -85)])
    path.write_text(shapely.to_geojson(quad))
    assert read_area(path, has_crs=False).outline.area == quad.area


def test_an_edge_that_may_be_meant_either_way_is_refused_with_advice_that_works(tmp_path):
    path = tmp_path / "a.gpkg"
    with pytest.raises(AreaError, match=r"edge over 340 degrees of longitude.* in its middle"):
        read_area(draw(path, shapely.Polygon(QUAD), MOON))
    path.unlink()
    across = shapely.Polygon([*QUAD[:2], QUAD[2], (1, 30), QUAD[3]])
    with pytest.raises(AreaError, match="edge over 340 degrees"):
        read_area(draw(path, across, MOON))
    path.unlink()
    across = shapely.Polygon([QUAD[0], (0, -30), *QUAD[1:3], (1, 30), QUAD[3]])
    assert read_area(draw(path, across, MOON)).outline.equals(across)


def test_an_outline_round_the_moon_that_may_hold_either_pole_is_refused():
    lon = np.arange(2.0, 360.0, 4.0)
    ring = shapely.Polygon(np.column_stack([lon - 180.0, 20.0 * np.sin(np.radians(lon))]))
    with pytest.raises(AreaError, match="on both sides of the equator"):
        mend(ring)
