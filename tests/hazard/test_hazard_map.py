import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner
from matplotlib import rc_context

import lunarcraters as lc
from lunarcraters import errors
from lunarcraters.cli.plot import command
from lunarcraters.detection.manifest import read_manifest, write_manifest
from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid
from lunarcraters.records import to_json

from ..rasters import SIMPLE_CYLINDRICAL, write_raster
from .grounds import DEGREES, degrees, write_heights, write_run, write_slope

CELL_KM = 40 * np.radians(0.01) * 1737.4
ANYWHERE = np.ones((80, 120), bool)


def zone_km2(width_deg, south, north):
    return np.radians(width_deg) * np.ptp(np.sin(np.radians([south, north]))) * 1737.4**2


def bands_of(path):
    with rasterio.open(path) as raster:
        return raster.read()


@pytest.fixture
def dem(tmp_path):
    """A slope of 20 degrees on the ground of the runs at 60 north."""
    return write_slope(tmp_path / "dem.tif", DEGREES, degrees(10, 60), (80, 120), 20.0)


@pytest.fixture
def picture(tmp_path):
    """A run of a picture at 60 north, whose cells of 40 pixels are 3 by 2, with four craters."""
    craters = [(10.1, 59.9, 2.0, 0.9), (10.3, 59.9, 0.5, 0.9), (10.1, 59.3, 2.0, 0.9),
               (11.1, 59.9, 2.0, 0.2)]  # fmt: skip
    return write_run(tmp_path / "run", DEGREES, degrees(10, 60), ANYWHERE, craters)


def test_the_density_is_craters_over_searched_ground(tmp_path):
    mask = ANYWHERE.copy()
    mask[:40, :20] = False  # half of the first cell
    mask[40:70, 40:80] = False  # three quarters of the one in the middle below
    craters = [(10.3, 59.9, 2.0, 0.9), (10.3, 59.8, 2.0, 0.9), (10.5, 59.9, 3.0, 0.9),
               (10.5, 59.25, 1.0, 0.9), (11.0, 59.9, 1.0, 0.9)]  # fmt: skip
    run = write_run(tmp_path / "run", DEGREES, degrees(10, 60), mask, craters)
    done = lc.plot_hazard(run, tmp_path / "a.png", cell=CELL_KM)
    (density,) = bands_of(tmp_path / "a.tif")
    upper, lower = zone_km2(0.4, 59.6, 60.0), zone_km2(0.4, 59.2, 59.6)
    true = [[2 / (upper / 2), 1 / upper, 1 / upper], [0.0, np.nan, 0.0]]
    np.testing.assert_allclose(density, true, rtol=1e-5)
    assert (done.rows, done.columns, done.craters) == (2, 3, 5)
    assert done.searched_km2 == pytest.approx(2.5 * upper + 2.25 * lower, rel=2e-3)


@pytest.mark.slow
def test_craters_count_by_size_and_score(picture, tmp_path):
    def counted(**options):
        done = lc.plot_hazard(picture, tmp_path / "a.png", cell=CELL_KM, overwrite=True, **options)
        return done.craters

    assert [counted(), counted(min_score=0), counted(min_diameter=1.0)] == [3, 4, 2]
    assert "no slopes" in lc.plot_hazard(picture, tmp_path / "b.png").note


def test_the_picture_is_the_right_way_up_whatever_the_settings_of_matplotlib(picture, tmp_path):
    for origin in ("upper", "lower"):
        with rc_context({"image.origin": origin}):
            lc.plot_hazard(picture, tmp_path / f"{origin}.png", cell=CELL_KM)
    assert (tmp_path / "upper.png").read_bytes() == (tmp_path / "lower.png").read_bytes()


def test_limits_may_be_scalars_of_numpy(picture, dem, tmp_path):
    limits = {"min_diameter": np.float32(1), "slope_limit": np.float32(12.5)}
    done = lc.plot_hazard(
        picture, tmp_path / "a.png", elevation=dem, cell=np.float32(CELL_KM), **limits
    )
    told = json.loads(to_json(done))
    assert (told["min_diameter"], told["slope_limit"], told["craters"]) == (1.0, 12.5, 2)


@pytest.mark.slow
def test_a_run_of_a_picture_has_slopes_with_an_elevation_model(picture, dem, tmp_path):
    for limit, share in ((15.0, 1.0), (25.0, 0.0)):
        out = tmp_path / f"{limit}.png"
        done = lc.plot_hazard(picture, out, elevation=dem, slope_limit=limit, cell=CELL_KM)
        assert done.steep_share == share
        assert (bands_of(out.with_suffix(".tif"))[1] == share).all()
        assert done.note == ""


def test_the_share_of_all_steep_ground_is_by_area(picture, tmp_path):
    """Of the two rows of cells the lower one holds fewer pixels, and none of the slope."""
    dem = write_slope(tmp_path / "a.tif", DEGREES, degrees(10, 60), (80, 120), 20.0, from_lat=59.5)
    done = lc.plot_hazard(picture, tmp_path / "b.png", elevation=dem, cell=CELL_KM * 50 / 40)
    whole = zone_km2(1.2, 59.2, 60.0)
    assert done.steep_share == pytest.approx(zone_km2(1.2, 59.5, 60.0) / whole, abs=0.02)


def test_a_run_of_an_elevation_model_has_its_slopes(dem, tmp_path):
    run = write_run(tmp_path / "run", DEGREES, degrees(10, 60), ANYWHERE, [], dem=dem)
    done = lc.plot_hazard(run, tmp_path / "a.png", cell=CELL_KM)
    density, steep = bands_of(tmp_path / "a.tif")
    assert (density == 0.0).all()
    assert (steep == 1.0).all()
    assert done.slope_baseline_m == pytest.approx(2 * np.radians(0.01) * sphere.RADIUS_M, rel=1e-3)
    dem.unlink()
    with pytest.raises(errors.RunError, match=r"not there .* with --elevation"):
        lc.plot_hazard(run, tmp_path / "b.png")


def test_the_raster_is_a_cog_on_the_grid_of_the_run(picture, dem, tmp_path):
    lc.plot_hazard(picture, tmp_path / "a.png", elevation=dem, cell=CELL_KM, slope_limit=12.5)
    with rasterio.open(tmp_path / "a.tif") as raster, rasterio.open(picture / "mask.tif") as mask:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.dtypes == ("float32", "float32")
        assert np.isnan(raster.nodatavals).all()
        names = ("craters per km2", "share of ground steeper than 12.5 degrees")
        assert raster.descriptions == names
        assert raster.units == ("km-2", "1")
        assert raster.crs == mask.crs
        assert raster.transform.almost_equals(mask.transform @ Affine.scale(40))
        assert raster.tags()["SLOPE_LIMIT_DEG"] == "12.5"
        assert raster.tags()["MIN_SCORE"] == "0.5"


def test_a_raster_of_many_cells_has_overviews(tmp_path):
    mask = np.ones((700, 900), bool)
    run = write_run(tmp_path / "run", DEGREES, degrees(10, 60), mask, [(12, 58, 3, 0.9)])
    lc.plot_hazard(run, tmp_path / "a.png", cell=CELL_KM / 40)
    with rasterio.open(tmp_path / "a.tif") as raster:
        assert raster.shape == (700, 900)
        assert raster.overviews(1) == [2]
        with rasterio.open(tmp_path / "a.tif", overview_level=0) as smaller:
            assert np.nanmean(smaller.read(1)) == pytest.approx(np.nanmean(raster.read(1)))


PLACES = {
    "across the antimeridian": (DEGREES, degrees(179.4, 30)),
    "at the pole": ("IAU_2015:30130", Affine(300, 0, -18e3, 0, -300, 12e3)),
    "in simple cylindrical metres": (SIMPLE_CYLINDRICAL, Affine(300, 0, -18e3, 0, -300, 12e3)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLACES)
def test_every_crater_counts_in_its_cell_wherever_the_run_lies(tmp_path, name):
    crs, affine = PLACES[name]
    grid = Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, 120, 80)
    x, y = np.meshgrid([20.0, 59.0, 61.0, 100.0], [20.0, 39.0, 60.0])
    lon, lat = grid.to_lonlat(x.ravel(), y.ravel())
    craters = np.column_stack([lon, lat, np.ones(12), np.ones(12)])
    run = write_run(tmp_path / "run", crs, affine, ANYWHERE, craters)
    dem = write_slope(tmp_path / "dem.tif", crs, affine, (80, 120), 20.0)
    cell = 40 * 0.3 if name != "across the antimeridian" else CELL_KM
    lc.plot_hazard(run, tmp_path / "a.png", elevation=dem, cell=cell)
    density, steep = bands_of(tmp_path / "a.tif")
    lower = np.array([[2, 4, 2], [1, 2, 1]])
    ratio = density / density[1, 0]
    np.testing.assert_allclose(ratio, lower, rtol=0.01)
    assert np.nanmin(steep) > 0.95


@pytest.mark.slow
def test_the_picture_has_a_panel_for_each_band(picture, dem, tmp_path):
    lc.plot_hazard(picture, tmp_path / "a.png", cell=CELL_KM)
    lc.plot_hazard(picture, tmp_path / "b.png", cell=CELL_KM, elevation=dem)
    one, two = (cv2.imread(str(tmp_path / name)) for name in ("a.png", "b.png"))
    assert two.shape[1] == pytest.approx(2 * one.shape[1], rel=0.01)
    assert len(np.unique(two.reshape(-1, 3), axis=0)) > 100


def refused(run, out, kind, words, **options):
    with pytest.raises(kind, match=words) as told:
        lc.plot_hazard(run, out, **options)
    assert "\n" not in str(told.value)
    assert not out.exists()


def test_other_ground_is_refused(picture, tmp_path):
    away = write_slope(tmp_path / "dem.tif", DEGREES, degrees(40, 60), (80, 120), 20.0)
    out = tmp_path / "a.png"
    refused(picture, out, errors.MosaicError, "no heights on the ground of the run", elevation=away)
    beside = write_slope(tmp_path / "b.tif", DEGREES, degrees(11.1, 60), (80, 120), 20.0)
    words = "less than half of the ground of every cell"
    refused(picture, out, errors.OptionError, words, elevation=beside, cell=CELL_KM)
    assert not out.with_suffix(".tif").exists()


def test_what_is_no_elevation_model_of_the_moon_is_refused(picture, dem, tmp_path):
    out = tmp_path / "a.png"
    grey = np.random.default_rng(0).integers(0, 255, (80, 120)).astype(np.uint8)
    shade = write_raster(tmp_path / "shade.tif", grey, DEGREES, degrees(10, 60))
    refused(picture, out, errors.MosaicError, "grey values", elevation=shade)
    earth = write_heights(tmp_path / "earth.tif", grey, "EPSG:4326", degrees(10, 60))
    refused(picture, out, errors.CoordinateSystemError, "not of the Moon", elevation=earth)
    refused(picture, out, errors.OptionError, "unit is 'mm'", elevation=dem, unit="mm")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cell": 0.1}, "smaller than the pixels of the run"),
        ({"cell": 5000.0}, "half of its ground searched: give a smaller"),
        ({"cell": -1.0}, "side of a cell in km"),
        ({"slope_limit": 90.0}, "between 0 and 90"),
        ({"slope_limit": float("nan")}, "between 0 and 90"),
        ({"min_diameter": float("nan")}, "min_diameter"),
    ],
)
def test_numbers_out_of_range_are_refused(picture, tmp_path, options, words):
    refused(picture, tmp_path / "a.png", errors.OptionError, words, **options)


def test_no_file_is_lost(picture, tmp_path):
    mosaic = write_raster(tmp_path / "mosaic.tif", np.ones((9, 9)))
    before = mosaic.read_bytes()
    refused(picture, tmp_path / "mosaic.png", errors.OutputError, "--overwrite")
    assert mosaic.read_bytes() == before
    refused(picture, tmp_path / "a.jpg", errors.OutputError, "ends in .png")
    refused(picture, tmp_path / "a.png", errors.OutputError, "ends in .tif",
            raster=tmp_path / "a.gpkg")  # fmt: skip
    lc.plot_hazard(picture, tmp_path / "a.png", raster=tmp_path / "cells.tif")
    assert (tmp_path / "cells.tif").is_file()
    assert not (tmp_path / "a.tif").exists()


def test_the_same_command_goes_on_after_an_interruption(picture, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lunarcraters.plots.hazard.draw_hazard_map", interrupt)
        with pytest.raises(KeyboardInterrupt):
            lc.plot_hazard(picture, tmp_path / "a.png")
    lc.plot_hazard(picture, tmp_path / "a.png")


def test_a_file_that_is_read_is_never_replaced(picture, dem, tmp_path):
    searched = write_run(tmp_path / "relief", DEGREES, degrees(10, 60), ANYWHERE, [], dem=dem)
    for run, out, options in (
        (picture, dem, {"elevation": dem}),
        (searched, dem, {}),
        (picture, picture / "mask.tif", {}),
    ):
        before = out.read_bytes()
        options = {**options, "overwrite": True}
        refused(run, out.with_suffix(".png"), errors.OutputError, "--raster", **options)
        assert out.read_bytes() == before
        assert not out.with_suffix(".png").exists()


@pytest.mark.parametrize("name", ["{}", "{} and 2 more", "folder", "else.tif + {}"])
def test_the_picture_that_a_run_searched_is_never_replaced(tmp_path, name):
    (tmp_path / "folder").mkdir()
    site = write_raster(tmp_path / "folder" / "site.tif", np.ones((9, 9)))
    named = tmp_path / "folder" if name == "folder" else name.format(site)
    run = write_run(tmp_path / "run", DEGREES, degrees(10, 60), ANYWHERE, [(10.1, 59.9, 2.0, 0.9)])
    manifest = read_manifest(run)
    if " + " in str(named):
        manifest = replace(manifest, settings=manifest.settings | {"merged": named})
    else:
        manifest = replace(manifest, input_name=str(named))
    write_manifest(manifest, run)
    before = site.read_bytes()
    refused(run, site.with_suffix(".png"), errors.OutputError, "--raster", overwrite=True)
    assert site.read_bytes() == before


def test_a_png_that_a_run_searched_is_not_replaced_by_the_picture(picture, tmp_path):
    site = tmp_path / "site.png"
    site.write_bytes(b"a picture of the ground")
    write_manifest(replace(read_manifest(picture), input_name=str(site)), picture)
    with pytest.raises(errors.OutputError, match="cannot be replaced: give another name"):
        lc.plot_hazard(picture, site, overwrite=True)
    assert site.read_bytes() == b"a picture of the ground"
    assert not site.with_suffix(".tif").exists()


@pytest.mark.slow
def test_the_command_says_what_it_measured(picture, dem, tmp_path):
    def plot(*arguments):
        done = CliRunner().invoke(command, ["hazard", str(picture), *map(str, arguments)])
        assert done.exit_code == 0, done.exception
        return done.output

    said = plot(tmp_path / "a.png", "--cell", CELL_KM)
    assert said.startswith("3 craters on ")
    assert "3 x 2 cells of 12.1 km" in said
    assert said.splitlines()[-1].startswith("no slopes: ")
    options = ("--elevation", dem, "--slope-limit", 19, "--cell", CELL_KM)
    assert "100.0% of the ground steeper than 19 degrees" in plot(tmp_path / "b.png", *options)
    assert plot(tmp_path / "q.png", *options, "-q") == ""
    record = json.loads(plot(tmp_path / "c.png", *options, "--json"))
    assert record["steep_share"] == 1.0
    assert record["raster"] == str(tmp_path / "c.tif")


def test_a_nodata_value_takes_the_place_of_that_of_the_model_that_a_run_searched(tmp_path):
    affine = degrees(10, 60)
    heights = np.random.default_rng(0).normal(0.0, 30.0, (80, 120)).astype(np.float32)
    heights[:40] = -500.0  # a plain, which the file declares to be no data
    dem = write_heights(tmp_path / "dem.tif", heights, DEGREES, affine, nodata=-500.0)
    run = write_run(tmp_path / "run", DEGREES, affine, ANYWHERE, [], dem=dem)
    for nodata, is_ground in ((None, False), (-9999.0, True)):
        out = tmp_path / f"{is_ground}.png"
        lc.plot_hazard(run, out, cell=CELL_KM, nodata=nodata)
        steep = bands_of(out.with_suffix(".tif"))[1]
        assert (np.isfinite(steep[0]) == is_ground).all()
