"""Grids of many projections, at poles and across the antimeridian."""

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarcraters.errors import CoordinateSystemError
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid, wrap_columns

from ..paper import PROJECTIONS, make_paper_mosaic

IMAGE = Grid(None, Affine.identity(), 300, 200)


def centred(crs, side_m, width, height, rotation_deg=0.0):
    """A grid whose centre is the origin of its coordinate system."""
    affine = Affine.rotation(rotation_deg) @ Affine.scale(side_m, -side_m)
    affine = affine @ Affine.translation(-width / 2.0, -height / 2.0)
    return Grid(sphere.lunar_crs(crs, "grid").to_wkt(), affine, width, height)


GRIDS = {name: make_paper_mosaic(name).grid for name in PROJECTIONS} | {
    "south pole": centred("IAU_2015:30135", 1000.0, 600, 500),
    "rotated": centred("IAU_2015:30130", 2000.0, 500, 400, rotation_deg=33.0),
    "across the antimeridian": centred(stereographic.local_frame(179.9, 60.0), 800.0, 400, 400),
    "160 to 200 degrees east": Grid(
        sphere.geographic_crs().to_wkt(), Affine(0.1, 0, 160, 0, -0.1, 20), 400, 400
    ),
    "0 to 360 degrees east": Grid(
        sphere.geographic_crs().to_wkt(), Affine(0.5, 0, 0, 0, -0.5, 90), 720, 360
    ),
}
ALL = pytest.mark.parametrize("name", GRIDS)
SEEDS = given(seed=st.integers(0, 2**32 - 1))
FEW = settings(max_examples=8, deadline=None)


def points_in(grid, seed, count=100):
    """Random points of a grid."""
    return np.random.default_rng(seed).random((2, count)) * [[grid.width], [grid.height]]


def apart(first, second):
    """Distances of pairs of points of the sphere, radians."""
    return np.linalg.norm(sphere.unit_vectors(*first) - sphere.unit_vectors(*second), axis=-1)


@ALL
@FEW
@SEEDS
def test_pixels_come_back_from_longitude_and_latitude(name, seed):
    grid = GRIDS[name]
    x, y = points_in(grid, seed)
    lon, lat = grid.to_lonlat(x, y)
    on_moon = np.isfinite(lon)
    assert on_moon.mean() > 0.5
    assert ((lon >= -180.0) & (lon < 180.0))[on_moon].all()
    back_x, back_y = grid.from_lonlat(lon, lat)
    np.testing.assert_allclose(back_x[on_moon], x[on_moon], atol=1e-5)
    np.testing.assert_allclose(back_y[on_moon], y[on_moon], atol=1e-5)
    assert np.isnan(back_x[~on_moon]).all()


@ALL
@FEW
@SEEDS
def test_ground_comes_back_from_pixels_whatever_the_turn_of_its_longitude(name, seed):
    grid = GRIDS[name]
    lon, lat = np.random.default_rng(seed).random((2, 400)) * [[360.0], [180.0]] - [[180.0], [90.0]]
    x, y = grid.from_lonlat(lon, lat)
    inside = (x >= 0) & (x <= grid.width) & (y >= 0) & (y <= grid.height)
    there = grid.to_lonlat(x[inside], y[inside], past_edge=True)
    assert apart(there, (lon[inside], lat[inside])).max(initial=0.0) < 1e-7
    for turn in (-360.0, 360.0):
        turned_x, turned_y = grid.from_lonlat(lon + turn, lat)
        near = np.abs(x) < 1e5  # beyond, floating point is all there is
        np.testing.assert_allclose(turned_x[near], x[near], atol=1e-4)
        np.testing.assert_allclose(turned_y[near], y[near], atol=1e-4)
        np.testing.assert_array_equal(np.isnan(turned_x), np.isnan(x))


@FEW
@SEEDS
def test_there_is_no_ground_beyond_the_limb(seed):
    grid = GRIDS["orthographic"]
    x, y = points_in(grid, seed)
    from_centre = np.hypot(x - grid.width / 2, y - grid.height / 2) * 4000.0 / sphere.RADIUS_M
    lon, lat = grid.to_lonlat(x, y)
    assert np.isfinite(lon[from_centre < 0.999]).all()
    assert np.isnan(lon[from_centre > 1.001]).all()
    np.testing.assert_array_equal(np.isnan(lon), np.isnan(lat))


@FEW
@SEEDS
def test_the_edge_of_a_sinusoidal_mosaic_hides_ground_unless_it_is_asked_for(seed):
    side_m = 14_000.0
    grid = centred(PROJECTIONS["sinusoidal"][0], side_m, 900, 360)
    x, y = points_in(grid, seed)
    lat = (grid.height / 2 - y) * side_m / sphere.RADIUS_M
    edge_px = np.pi * sphere.RADIUS_M * np.cos(lat) / side_m
    from_middle = np.abs(x - grid.width / 2) / edge_px
    lon, _ = grid.to_lonlat(x, y)
    assert np.isfinite(lon[from_middle < 0.999]).all()
    assert np.isnan(lon[from_middle > 1.001]).all()
    assert np.isfinite(grid.to_lonlat(x, y, past_edge=True)[0][from_middle < 1.5]).all()


@ALL
@FEW
@SEEDS
def test_points_of_another_grid_lie_at_the_same_place(name, seed):
    grid = GRIDS[name]
    other = centred(stereographic.local_frame(20.0, -30.0), 1500.0, 300, 300)
    x, y = points_in(grid, seed)
    lonlat = grid.to_lonlat(x, y)
    through = other.from_lonlat(*lonlat)
    direct = grid.transform_to(other, x, y)
    np.testing.assert_array_equal(direct, through)
    here = np.hypot(*direct) < 1e4
    assert apart(other.to_lonlat(*(axis[here] for axis in direct)), (
        lonlat[0][here], lonlat[1][here],
    )).max(initial=0.0) < 1e-9  # fmt: skip


@ALL
@FEW
@given(
    seed=st.integers(0, 2**32 - 1), left=st.integers(-50, 200), top=st.integers(-50, 200),
    level=st.integers(-2, 3),
)  # fmt: skip
def test_a_window_shows_the_ground_of_its_grid(name, seed, left, top, level):
    grid, scale = GRIDS[name], 2.0**level
    window = grid.window(Box(left, top, 64, 48), scale, int(64 / scale), int(48 / scale))
    u, v = points_in(window, seed)
    shown = window.to_lonlat(u, v, past_edge=True)
    wanted = grid.to_lonlat(left + u * scale, top + v * scale, past_edge=True)
    np.testing.assert_array_equal(np.isnan(shown[0]), np.isnan(wanted[0]))
    assert np.nanmax(apart(shown, wanted), initial=0.0) < 1e-7
    assert window.crs_wkt == grid.crs_wkt


@pytest.mark.parametrize("name", ["simple cylindrical", "clon 180", "0 to 360 degrees east"])
def test_a_map_of_the_whole_moon_wraps(name):
    grid = GRIDS[name]
    assert grid.period_px == pytest.approx(grid.width, rel=1e-6)
    assert grid.wraps
    half = grid.window(Box(0, 0, grid.width // 2, grid.height), 1.0, grid.width // 2, grid.height)
    assert half.period_px == pytest.approx(grid.width, rel=1e-6)
    assert not half.wraps


def test_only_grids_whose_columns_are_meridians_have_a_period():
    mercator = GRIDS["Mercator"]
    assert mercator.period_px == pytest.approx(2 * np.pi * sphere.RADIUS_M / 4000.0, rel=1e-6)
    assert not mercator.wraps
    assert GRIDS["160 to 200 degrees east"].period_px == pytest.approx(3600.0)
    assert not GRIDS["160 to 200 degrees east"].wraps
    for name in ("polar", "sinusoidal", "orthographic", "south pole", "rotated"):
        assert GRIDS[name].period_px is None
        assert not GRIDS[name].wraps
    cylindrical = GRIDS["simple cylindrical"]
    assert replace(cylindrical, affine=cylindrical.affine @ Affine.rotation(5.0)).period_px is None


@given(st.floats(-1e6, 1e6), st.floats(-1e3, 1e3), st.floats(1.0, 1e4))
def test_columns_are_moved_by_whole_periods_next_to_a_centre(x, centre_x, period_px):
    moved = wrap_columns(np.array(x), centre_x, period_px)
    assert abs(moved - centre_x) <= period_px / 2 * (1 + 1e-9) + 1e-6
    turns = (moved - x) / period_px
    assert turns == pytest.approx(round(float(turns)), abs=1e-6)


@ALL
@FEW
@SEEDS
def test_the_jacobian_predicts_small_steps(name, seed):
    grid = GRIDS[name]
    x, y = points_in(grid, seed)
    steps = np.random.default_rng(seed).uniform(-0.25, 0.25, (len(x), 2))
    jacobian = grid.jacobian_m(x, y)
    vectors = [
        sphere.unit_vectors(*grid.to_lonlat(x + dx, y + dy)) * sphere.RADIUS_M
        for dx, dy in (np.zeros_like(steps).T, steps.T)
    ]
    predicted = np.einsum("nij,nj->ni", jacobian, steps)
    error = np.linalg.norm(vectors[1] - vectors[0] - predicted, axis=1)
    size_m = np.linalg.norm(jacobian, axis=(1, 2))
    # At a limb one pixel holds any amount of ground.
    steady = size_m < 3.0 * np.nanmedian(size_m)
    assert steady.mean() > 0.4
    assert (error[steady] < 0.004 * size_m[steady]).all()


@FEW
@given(st.floats(-180.0, 179.0), st.floats(-50.0, 50.0))
def test_the_meridian_pixel_size_follows_the_projection(lon, lat):
    def size(name, lat):
        grid = GRIDS[name]
        return grid.meridian_pixel_size_m(*grid.from_lonlat(np.array([lon]), np.array([lat])))

    cylindrical = PROJECTIONS["simple cylindrical"][1]
    assert size("simple cylindrical", lat) == pytest.approx(cylindrical, rel=1e-5)
    mercator = 4000.0 * np.cos(np.radians(lat))
    assert size("Mercator", lat) == pytest.approx(mercator, rel=1e-4)
    polar_lat = 84.0 + abs(lat) / 10.0
    polar = 1000.0 * (1.0 + np.sin(np.radians(polar_lat))) / 2.0
    assert size("polar", polar_lat) == pytest.approx(polar, rel=1e-5)


def test_poles_lie_where_polar_grids_have_them():
    for name, lat in (("polar", 90.0), ("south pole", -90.0), ("rotated", 90.0)):
        grid = GRIDS[name]
        x, y = grid.from_lonlat(123.0, lat)
        assert (x, y) == pytest.approx((grid.width / 2, grid.height / 2), abs=1e-6)
        assert grid.to_lonlat(x, y)[1] == pytest.approx(lat, abs=1e-6)


def test_ground_does_not_jump_at_the_antimeridian():
    grid = GRIDS["across the antimeridian"]
    x = np.linspace(0, grid.width, 101)
    lon, lat = grid.to_lonlat(x, np.full(101, grid.height / 2))
    assert lon.min() < -170.0
    assert lon.max() > 170.0
    steps = apart((lon[1:], lat[1:]), (lon[:-1], lat[:-1])) * sphere.RADIUS_M
    assert np.ptp(steps) < 0.02 * steps.mean()


def test_an_image_without_coordinates_has_pixels_only():
    assert not IMAGE.has_crs
    assert IMAGE.crs is IMAGE.period_px is None
    assert not IMAGE.wraps
    assert IMAGE.window(Box(10, 20, 40, 40), 2.0, 20, 20).affine @ (1, 1) == (12.0, 22.0)
    point = np.array([1.0])
    for use in (
        IMAGE.to_lonlat, IMAGE.from_lonlat, IMAGE.jacobian_m, IMAGE.meridian_pixel_size_m,
        lambda x, y: IMAGE.transform_to(GRIDS["polar"], x, y),
        lambda x, y: GRIDS["polar"].transform_to(IMAGE, x, y),
        lambda x, y: IMAGE.radius_m,
    ):  # fmt: skip
        with pytest.raises(CoordinateSystemError, match="without coordinates"):
            use(point, point)


@ALL
def test_a_grid_has_the_extent_of_its_own_ground_in_other_pixels(name):
    grid = GRIDS[name]
    width, height = grid.width // 2 * 2, grid.height // 2 * 2
    grid = replace(grid, width=width, height=height)
    coarse = grid.window(Box(0, 0, width, height), 2.0, width // 2, height // 2)
    assert grid.has_extent_of(grid)
    assert grid.has_extent_of(coarse)
    assert coarse.has_extent_of(grid)
    assert not grid.has_extent_of(grid.window(Box(2, 0, width, height), 1.0, width, height))
    assert not grid.has_extent_of(replace(grid, crs_wkt=None))


@pytest.mark.parametrize("crs", [None, sphere.geographic_crs().to_wkt()])
def test_positions_of_a_catalogue_are_degrees_or_pixels_of_the_mosaic(crs):
    # A tile of the octave of 4 pixels, whose corner is pixel (40, 20) or longitude 40, latitude 20.
    tile = Grid(crs, Affine(4.0, 0.0, 40.0, 0.0, 4.0 if crs is None else -4.0, 20.0), 10, 5)
    x, y = np.array([0.0, 2.5]), np.array([0.0, 1.0])
    across, along = tile.to_positions(x, y)
    np.testing.assert_allclose(across, [40.0, 50.0])
    np.testing.assert_allclose(along, [20.0, 24.0 if crs is None else 16.0])
    np.testing.assert_allclose(tile.from_positions(across, along), (x, y))
