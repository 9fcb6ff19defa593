from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from lunarcraters.errors import TileSetError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.plan import (
    find_finest_octave,
    has_native_frames,
    in_core,
    plan_tiles,
    read_tile,
)
from lunarcraters.tiling.tile_grid import anchor_px

from ..paper import PROJECTIONS, count_cores, frame_pixels, make_mosaic, make_paper_mosaic
from ..rasters import HALF_TURN_M, SIMPLE_CYLINDRICAL, brightness, write_raster


@pytest.mark.slow
@pytest.mark.parametrize("name", PROJECTIONS)
@pytest.mark.parametrize("frames", ["native", "local"])
@pytest.mark.parametrize("finest", [0, -1, -2])
def test_cores_cover_the_ground_once_and_fit_their_frames(name, frames, finest):
    mosaic = make_paper_mosaic(name)
    x, y = np.meshgrid(np.arange(mosaic.width) + 0.5, np.arange(mosaic.height) + 0.5)
    on_moon = np.isfinite(mosaic.grid.to_lonlat(x, y)[0])
    levels = None if finest == 0 else 1
    tiles = plan_tiles(mosaic, max_size=256, halo=24, frames=frames, finest=finest, levels=levels)
    assert len({tile.name for tile in tiles}) == len(tiles)
    assert min(tile.level for tile in tiles) == finest
    for level in range(finest, max(tile.level for tile in tiles) + 1):
        same = [tile for tile in tiles if tile.level == level]
        count = count_cores(mosaic, same)
        assert count.max() == 1
        # At a limb a frame may be lost that holds less than a thousandth of the ground, and there
        # are more frames along it in finer octaves.
        assert (count[on_moon] == 1).mean() > 1.0 - 0.001 * max(1.0, 2.0**-level)
        assert max(tile.size for tile in same) <= 256
        for tile in same[:: max(1, len(same) // 12)]:
            # At a limb pixels are of any size.
            spare = 8.0 if name == "orthographic" else 0.5
            assert_core_and_halo_fit(mosaic, tile, 24 if len(same) > 1 else 0, spare)


@pytest.mark.parametrize(("width", "height", "size", "halo"), [
    (720, 360, 200, 50), (1440, 360, 200, 50), (1440, 360, 240, 60), (7040, 100, 192, 48),
    (7040, 100, 1024, 64), (7040, 3520, 1024, 64),
])  # fmt: skip
@pytest.mark.parametrize("pole", ["north", "south"])
def test_rows_at_a_pole_have_tiles_where_their_band_lies_mostly_beyond_it(
    width, height, size, halo, pole
):
    side = 2.0 * HALF_TURN_M / width
    top = HALF_TURN_M / 2 if pole == "north" else side * height - HALF_TURN_M / 2
    wkt = sphere.lunar_crs(SIMPLE_CYLINDRICAL, "cap").to_wkt()
    affine = Affine(side, 0, -HALF_TURN_M, 0, -side, top)
    mosaic = make_mosaic("cap", Grid(wkt, affine, width, height))
    tiles = plan_tiles(mosaic, max_size=size, halo=halo, levels=1)
    assert (count_cores(mosaic, tiles) == 1).all()
    edge = [tile for tile in tiles if tile.core.top == 0 or tile.core.bottom == height]
    for tile in edge:
        assert_core_and_halo_fit(mosaic, tile, halo, 0.5)


def assert_core_and_halo_fit(mosaic, tile, halo, spare):
    core, share = tile.core, np.linspace(0.0, 1.0, 33)
    x, y = np.meshgrid(core.left + core.width * share, core.top + core.height * share)
    u, v = frame_pixels(mosaic, tile, x, y)
    on_moon = np.isfinite(u)
    # A native frame needs no halo where its mosaic ends.
    ends = [0.0, 0.0, 0.0, 0.0] if tile.window is None else [
        core.left == 0, core.top == 0, core.right == mosaic.width, core.bottom == mosaic.height
    ]  # fmt: skip
    left, top, right, bottom = (0 if end else halo for end in ends)
    assert u[on_moon].min() >= left - spare
    assert v[on_moon].min() >= top - spare
    assert u[on_moon].max() <= tile.size - right + spare
    assert v[on_moon].max() <= tile.size - bottom + spare


@pytest.mark.parametrize(("name", "native"), [
    ("simple cylindrical", False), ("polar", True), ("Mercator", True), ("sinusoidal", False),
])  # fmt: skip
def test_frames_are_native_where_pixels_are_nearly_square(name, native):
    tiles = plan_tiles(make_paper_mosaic(name), max_size=256, halo=24)
    assert all((tile.window is not None) == native for tile in tiles)


def test_pixels_of_local_frames_are_as_large_as_those_of_the_mosaic_in_their_octave():
    affine = Affine(1000.0, 0, 0.0, 0, -1000.0, 1.4e6)
    wkt = sphere.lunar_crs(SIMPLE_CYLINDRICAL, "north").to_wkt()
    mosaic = make_mosaic("north", Grid(wkt, affine, 400, 300))
    tiles = plan_tiles(mosaic, max_size=256, halo=24, finest=-1, levels=3)
    sizes_m = {tile.level: tile.frame.affine.a for tile in tiles}
    assert sizes_m == pytest.approx({-1: 500.0, 0: 1000.0, 1: 2000.0, 2: 4000.0}, rel=1e-3)


def test_an_equatorial_strip_is_native_and_goes_round():
    crs, side, width, _ = PROJECTIONS["simple cylindrical"]
    affine = Affine(side, 0, -HALF_TURN_M, 0, -side, side * 50)
    wkt = sphere.lunar_crs(crs, "strip").to_wkt()
    strip = make_mosaic("strip", Grid(wkt, affine, width, 100))
    tiles = plan_tiles(strip, max_size=256, halo=24, levels=1)
    assert all(tile.window is not None for tile in tiles)
    assert min(tile.window.left for tile in tiles) <= -24
    # At 30 degrees, a pixel is 0.87 times as wide as high.
    north = Affine(side, 0, -HALF_TURN_M, 0, -side, side * 2 + HALF_TURN_M / 6.0)
    strip = make_mosaic("strip", Grid(wkt, north, width, 4))
    assert not has_native_frames(strip)


@pytest.mark.slow
@pytest.mark.parametrize("raster", ["globe", "cap", "midlatitude"])
@pytest.mark.parametrize("frames", ["native", "local"])
@pytest.mark.parametrize("finest", [0, -1, -2])
def test_every_pixel_of_a_frame_shows_its_own_ground(request, raster, frames, finest):
    mosaic = open_mosaic(request.getfixturevalue(raster))
    tiles = plan_tiles(mosaic, max_size=256, halo=24, frames=frames, finest=finest)
    tiles = [tile for tile in tiles if finest == 0 or tile.level < 0]
    errors = []
    for tile in tiles[:: max(1, len(tiles) // 25)]:
        values, valid = read_tile(mosaic, tile)
        assert values.shape == valid.shape == (tile.size, tile.size)
        u, v = np.meshgrid(np.arange(tile.size) + 0.5, np.arange(tile.size) + 0.5)
        lon, lat = tile.frame.to_lonlat(u, v)
        wanted = brightness(lon, lat)
        steps = np.gradient(wanted)
        step = np.nanmedian(np.hypot(*steps))
        # Within half a pixel of the mosaic's edge the nearest pixel stands in.
        inner = valid & np.isfinite(wanted)
        inner[1:-1, 1:-1] &= valid[:-2, 1:-1] & valid[2:, 1:-1] & valid[1:-1, :-2] & valid[1:-1, 2:]
        step *= 2.0 ** max(-tile.level, 0)  # of the mosaic, where the frame is finer
        errors.append(np.median(np.abs(values - wanted)[inner]) / step)
        assert np.percentile(np.abs(values - wanted)[inner], 99) < 0.6 * step
    assert max(errors) < 0.05


def test_enlarged_frames_show_nothing_of_what_is_no_data(tmp_path):
    values = np.full((300, 280), 150, np.uint8)
    values[:, 60:100] = values[200:, 200:] = 0
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values, nodata=0))
    tiles = plan_tiles(mosaic, max_size=256, halo=24, finest=-2, frames="native")
    for tile in (tile for tile in tiles if tile.level < 0):
        grey, valid = read_tile(mosaic, tile)
        assert set(np.unique(grey[valid])) <= {150}
        assert (grey[~valid] == 0).all()
        # A pixel of the mosaic is as many of the frame, and half of one at most has moved.
        by = 2**-tile.level
        side = tile.window.width
        truth = mosaic.read(tile.window)[1]
        blocks = valid.reshape(side, by, side, by).mean(axis=(1, 3))
        assert (blocks[truth] >= 0.25).all()
        assert (blocks[~truth] <= 0.75).all()
        inner = truth.copy()
        inner[1:-1, 1:-1] &= truth[:-2, 1:-1] & truth[2:, 1:-1] & truth[1:-1, :-2] & truth[1:-1, 2:]
        assert (blocks[1:-1, 1:-1][inner[1:-1, 1:-1]] == 1).all()


def test_the_finest_octave_shows_the_smallest_crater_as_large_as_is_answered_for():
    octaves = {px: find_finest_octave(px) for px in (None, 8.0, 7.9, 5.5, 4.0, 3.9, 2.75, 2.0)}
    assert octaves == {None: 0, 8.0: 0, 7.9: -1, 5.5: -1, 4.0: -1, 3.9: -2, 2.75: -2, 2.0: -2}
    assert find_finest_octave(2.75, 4.0) == -1
    with pytest.raises(TileSetError, match="--smallest of at least 3"):
        find_finest_octave(2.75, 12.0)


@pytest.mark.slow
def test_a_frame_at_the_pole_or_the_antimeridian_has_no_gap(globe):
    mosaic = open_mosaic(globe)
    tiles = plan_tiles(mosaic, max_size=256, halo=24)
    for tile in tiles:
        if tile.core.left == 0 or tile.core.top == 0:
            assert read_tile(mosaic, tile)[1].all()


def test_circles_on_the_sphere_are_circles_in_local_frames(globe):
    mosaic = open_mosaic(globe)
    tile = next(tile for tile in plan_tiles(mosaic, max_size=256) if tile.core.top == 0)
    lon, lat = mosaic.grid.to_lonlat(
        tile.core.left + tile.core.width / 2, tile.core.top + tile.core.height / 2
    )
    u, v = (w.ravel() for w in tile.frame.from_lonlat(*sphere.circle_points(lon, lat + 1.0, 200.0)))
    (x, y, _), *_ = np.linalg.lstsq(
        np.column_stack([u, v, np.ones_like(u)]), (u**2 + v**2) / 2.0, rcond=None
    )
    assert np.ptp(np.hypot(u - x, v - y)) < 1e-6


def test_native_tiles_are_the_mosaics_own_pixels(tmp_path, noise):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    for tile in plan_tiles(mosaic, max_size=128, halo=16):
        values, valid = read_tile(mosaic, tile)
        wanted, wanted_valid = mosaic.read(tile.window, 2**tile.level)
        np.testing.assert_array_equal(values, wanted)
        np.testing.assert_array_equal(valid, wanted_valid)
        assert tile.window.left % 2**tile.level == 0
        assert tile.frame.affine @ (0, 0) == mosaic.grid.affine @ tile.window[:2]


@settings(deadline=None, max_examples=50)
@given(
    st.integers(1, 3000), st.integers(1, 3000), st.integers(0, 200), st.integers(0, 40),
    st.integers(0, 16),
)  # fmt: skip
def test_native_windows_begin_where_the_network_does(width, height, left, halo, more):
    size = max(2 * 16 * -(-halo // 16) + 32 + 16 * more, 64)
    grid = replace(make_paper_mosaic("Mercator").grid, width=left + width, height=left + height)
    mosaic = make_mosaic("corner", grid, (Box(left, left, width, height),))
    tiles = plan_tiles(mosaic, max_size=size, halo=halo, levels=2, frames="native")
    for tile in tiles:
        scale = 2**tile.level
        begin = np.subtract(tile.window[:2], np.array(anchor_px(mosaic.grid)) // scale * scale)
        assert not (begin % (16 * scale)).any()
        assert tile.size <= size
    cores = np.array([tile.core for tile in tiles if tile.level == 0])
    assert (cores[:, 2:] > 0).all()
    assert cores[:, 2:].prod(axis=1).sum() == width * height


def test_images_without_coordinates_have_frames_in_their_pixels(tmp_path, noise):
    path = write_raster(tmp_path / "a.png", noise, None, Affine.identity(), driver="PNG")
    tiles = plan_tiles(open_mosaic(path), max_size=128, halo=16)
    assert all(not tile.frame.has_crs and tile.window is not None for tile in tiles)
    assert {tile.level for tile in tiles} == {0, 1}
    coarse = next(tile for tile in tiles if tile.level == 1)
    assert coarse.frame.affine.a == coarse.frame.affine.e == 2.0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-300, 1800), st.integers(-300, 1000)), min_size=1, max_size=30)
)
def test_a_point_belongs_to_one_tile_of_a_level_or_lies_off_the_mosaic(points):
    mosaic = make_paper_mosaic("simple cylindrical")
    x, y = np.array(points, float).T + 0.25
    tiles = plan_tiles(mosaic, max_size=384, halo=32, levels=2, frames="native")
    for level in (0, 1):
        count = sum(
            in_core(mosaic, tile, x, y).astype(int) for tile in tiles if tile.level == level
        )
        inside = (x >= 0) & (x < mosaic.width) & (y >= 0) & (y < mosaic.height)
        near = (x >= -1) & (x <= mosaic.width + 1) & (y >= 0) & (y < mosaic.height)
        assert (count[inside] == 1).all()
        assert (count[~near] == 0).all()


def test_no_crater_is_lost_in_the_seam_of_a_mosaic_that_goes_round():
    crs, _, width, height = PROJECTIONS["simple cylindrical"]
    side = 2 * HALF_TURN_M / (width + 0.07)  # the WAC mosaic lacks 0.07 of a column
    affine = Affine(side, 0, -side * width / 2, 0, -side, side * height / 2)
    wkt = sphere.lunar_crs(crs, "seam").to_wkt()
    mosaic = make_mosaic("seam", Grid(wkt, affine, width, height))
    assert mosaic.grid.wraps
    tiles = [tile for tile in plan_tiles(mosaic, max_size=256) if tile.level == 0]
    lon = 180.0 + np.linspace(-0.2, 0.2, 401)
    x, y = mosaic.grid.from_lonlat(lon, np.full(401, 0.01))
    assert (sum(in_core(mosaic, tile, x, y).astype(int) for tile in tiles) == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["simple cylindrical", "clon 180", "polar"])
@settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(column=st.integers(0, 150), row=st.integers(0, 150))
def test_a_part_of_a_mosaic_is_seen_through_the_same_pixels(name, column, row):
    mosaic = make_paper_mosaic(name)
    width, height = mosaic.width - column - 30, mosaic.height - row - 20
    part = make_mosaic(
        "part", mosaic.grid.window(Box(column, row, width, height), 1.0, width, height)
    )
    of_whole, of_part = (
        {grid(tile) for tile in plan_tiles(piece, max_size=256, halo=24, levels=1)}
        for piece in (mosaic, part)
    )
    # Beside the pole cores reach off the Moon, by what a float is off.
    assert not [frame for frame in of_part - of_whole if min(frame[0], 360.0 - frame[0]) < 60.0]


def grid(tile):
    """Where the pixels of a frame lie, wherever its window begins: latitude, longitude, phase."""
    lon, lat = sphere.to_lonlat(tile.frame.crs, 0.0, 0.0)
    x, y = (
        tile.frame.affine.c / tile.frame.affine.a / 16.0,
        tile.frame.affine.f / tile.frame.affine.e / 16.0,
    )
    return tuple(round(float(number), 2) % 360.0 for number in (lat, lon, x % 1.0, y % 1.0))


def test_levels_go_on_while_the_mosaic_is_128_pixels_long():
    assert {tile.level for tile in plan_tiles(make_paper_mosaic("polar"), max_size=256)} == {
        0,
        1,
        2,
    }
    assert {
        tile.level for tile in plan_tiles(make_paper_mosaic("polar"), max_size=256, levels=1)
    } == {0}


@pytest.mark.parametrize("sizes", [{"max_size": 128, "halo": 64}, {"max_size": 32}, {"levels": 0}])
def test_sizes_without_room_are_refused(sizes):
    with pytest.raises(TileSetError, match="give"):
        plan_tiles(make_paper_mosaic("polar"), **sizes)


def test_a_mosaic_placed_off_the_moon_is_refused():
    wkt = sphere.lunar_crs("IAU_2015:30165", "far").to_wkt()
    affine = Affine(1000, 0, 9e6, 0, -1000, 9e6)
    far = make_mosaic("far", Grid(wkt, affine, 100, 100))
    with pytest.raises(TileSetError, match="does not lie on the Moon"):
        plan_tiles(far, frames="local")


@pytest.mark.slow
def test_the_global_wac_mosaic_has_fewer_tiles_towards_the_poles():
    side, width, height = 100.0, 109_164, 54_582
    affine = Affine(side, 0, -side * width / 2, 0, -side, side * height / 2)
    wkt = sphere.lunar_crs(SIMPLE_CYLINDRICAL, "wac").to_wkt()
    wac = make_mosaic("wac", Grid(wkt, affine, width, height))
    tiles = plan_tiles(wac, levels=3)
    assert 6000 < len(tiles) < 7500
    assert np.median([tile.size for tile in tiles]) == 1024
    # Fewer columns towards the poles, where there is less ground.
    rows = {}
    for tile in tiles:
        if tile.level == 0:
            rows[tile.core[1]] = rows.get(tile.core[1], 0) + 1
    counts = [rows[row] for row in sorted(rows)]
    assert counts[0] < counts[10] < counts[len(counts) // 2]


@pytest.mark.parametrize("beyond_m", [1e-6, 40.0])
def test_edges_beyond_the_poles_by_rounding_change_no_frame(beyond_m):
    width, height = 10_916, 5_458
    side = 2.0 * HALF_TURN_M / width
    wkt = sphere.lunar_crs(SIMPLE_CYLINDRICAL, "globe").to_wkt()
    plans = []
    for top in (side * height / 2 - 1e-3, side * height / 2 + beyond_m):
        affine = Affine(side, 0, -HALF_TURN_M, 0, -side, top)
        mosaic = make_mosaic("globe", Grid(wkt, affine, width, height))
        plans.append([(tile.name, tile.size, tile.core) for tile in plan_tiles(mosaic)])
    assert plans[0] == plans[1]
