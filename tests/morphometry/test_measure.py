import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters.errors import CatalogueError, CoordinateSystemError, MosaicError, OptionError
from lunarcraters.geometry import sphere
from lunarcraters.morphometry.measure import LARGE, LITTLE, NO_HOLLOW, OFF, SMALL
from lunarcraters.morphometry.relations import compute_fresh_ratio

from ..rasters import SIMPLE_CYLINDRICAL, write_raster
from .relief import DEGREES, assert_known, measure, plane, write_relief

PIXEL_M = 100.0
PIXEL_DEG = float(np.degrees(PIXEL_M / sphere.RADIUS_M))


@pytest.mark.slow
@pytest.mark.parametrize("wear", [0.0, 0.15, 0.3, 0.5])
@pytest.mark.parametrize("pixels", [20, 40, 150])
def test_depth_and_rim_diameter_are_those_of_the_relief(tmp_path, pixels, wear):
    km = pixels * PIXEL_M / 1000.0
    size = 5 * pixels
    craters = [(10.0, 1.0, km, wear)]
    path = write_relief(
        tmp_path / "dem.tif", SIMPLE_CYLINDRICAL, plane(10, 1, PIXEL_M, size), (size, size), craters
    )
    # A detection is off by a few hundredths of its diameter.
    off = np.degrees(0.06 * km / 1737.4)
    row = measure(path, (10.0 + off, 1.0 - off, 1.06 * km)).iloc[0]
    assert_known(row, km, wear)
    assert row.rim_diameter_sd_km < 0.1 * row.rim_diameter_km
    assert row.depth_sd_m < 0.05 * row.depth_m


def test_a_crater_on_the_rim_and_one_inside_change_little(tmp_path):
    km, size = 4.0, 260
    away = np.degrees(km / 2.0 / 1737.4)
    craters = [
        (10.0, 1.0, km, 0.1),
        (10.0 + away, 1.0, 0.4 * km, 0.0),
        (10.0 - 0.5 * away, 1.0 + 0.3 * away, 0.15 * km, 0.0),
    ]
    path = write_relief(
        tmp_path / "dem.tif", SIMPLE_CYLINDRICAL, plane(10, 1, PIXEL_M, size), (size, size), craters
    )
    assert_known(measure(path, (10.0, 1.0, km)).iloc[0], km, 0.1)


def test_a_slope_of_the_ground_changes_little(tmp_path):
    km, size = 3.0, 200
    path = write_relief(
        tmp_path / "dem.tif",
        SIMPLE_CYLINDRICAL,
        plane(10, 1, PIXEL_M, size),
        (size, size),
        [(10.0, 1.0, km, 0.1)],
        tilt=0.1,
    )
    assert_known(measure(path, (10.0, 1.0, km)).iloc[0], km, 0.1)


GRIDS = {
    "60 north in degrees": (
        DEGREES,
        Affine(PIXEL_DEG, 0, 20.0 - 200 * PIXEL_DEG, 0, -PIXEL_DEG, 60.0 + 100 * PIXEL_DEG),
        (200, 400), (20.0, 60.0),
    ),
    "85 south in degrees": (
        DEGREES,
        Affine(PIXEL_DEG, 0, -120.0 - 1200 * PIXEL_DEG, 0, -PIXEL_DEG, -85.0 + 100 * PIXEL_DEG),
        (200, 2400), (-120.0, -85.0),
    ),
    "polar stereographic": (
        "IAU_2015:30135", Affine(PIXEL_M, 0, -10_000, 0, -PIXEL_M, 10_000),
        (200, 200), (0.0, -90.0),
    ),
    "across the antimeridian": (
        "IAU_2015:30115", Affine(PIXEL_M, 0, -10_000, 0, -PIXEL_M, 10_000),
        (200, 200), (-180.0, 0.0),
    ),
    "a column of a pole in degrees": (
        DEGREES, Affine(0.05, 0, -180, 0, -PIXEL_DEG, 90.0), (120, 7200), (33.0, 89.97),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GRIDS)
def test_distances_are_true_wherever_the_crater_lies(tmp_path, name):
    crs, affine, shape, place = GRIDS[name]
    path = write_relief(tmp_path / "dem.tif", crs, affine, shape, [(*place, 4.0, 0.1)])
    assert_known(measure(path, (*place, 4.1)).iloc[0], 4.0, 0.1)


def test_a_globe_is_continued_at_its_other_edge(tmp_path):
    side, km = 0.5, 600.0
    rows = []
    for number, lon in enumerate((179.9, 30.1)):
        path = tmp_path / f"{number}.tif"
        affine = Affine(side, 0, -180, 0, -side, 90)
        write_relief(path, DEGREES, affine, (360, 720), [(lon, 10.0, km, 0.1)], tilt=0.002)
        rows.append(measure(path, (lon, 10.0, km)).iloc[0])
    assert rows[0].depth_m == pytest.approx(rows[1].depth_m, rel=0.02)
    assert rows[0].ground_share == 1.0


def test_a_crater_has_the_same_measures_at_half_the_resolution(tmp_path):
    rows = []
    for side in (50.0, 100.0):
        size = int(20_000 / side)
        affine = plane(10, 1, side, size)
        path = tmp_path / f"{side}.tif"
        write_relief(path, SIMPLE_CYLINDRICAL, affine, (size, size), [(10.0, 1.0, 6.0, 0.1)])
        rows.append(measure(path, (10.0, 1.0, 6.0)).iloc[0])
    for name in ("depth_m", "rim_diameter_km", "rim_height_m", "slope_max_deg"):
        assert rows[0][name] == pytest.approx(rows[1][name], rel=0.03), name


@pytest.fixture(scope="module")
def dem(tmp_path_factory):
    """A crater of 3 km at (10, 1), in 200 x 200 pixels of 100 m."""
    path = tmp_path_factory.mktemp("dem") / "dem.tif"
    affine = plane(10, 1, PIXEL_M, 200)
    return write_relief(path, SIMPLE_CYLINDRICAL, affine, (200, 200), [(10.0, 1.0, 3.0, 0.1)])


def changed(dem, path, change, *, unit="", nodata=None, dtype="float32"):
    """A copy of an elevation model with other values."""
    with rasterio.open(dem) as raster:
        heights, crs, affine = raster.read(1), raster.crs, raster.transform
    write_raster(path, change(heights).astype(dtype), crs, affine, nodata=nodata)
    with rasterio.open(path, "r+") as raster:
        raster.units = (unit,)
    return path


@pytest.mark.parametrize(
    ("unit", "metres", "given"),
    [("km", 1000.0, None), ("feet", 0.3048, None), ("", 0.3048, "ft"), ("m", 1.0, None)],
)
def test_heights_are_converted_from_their_unit(dem, tmp_path, unit, metres, given):
    other = changed(dem, tmp_path / "dem.tif", lambda h: h / metres, unit=unit)
    row, expected = (
        measure(path, (10.0, 1.0, 3.0), unit=u).iloc[0] for path, u in ((other, given), (dem, None))
    )
    assert row.depth_m == pytest.approx(expected.depth_m, rel=1e-4)


def test_distances_from_the_centre_and_kilometres_are_told_by_their_values(dem, tmp_path):
    expected = measure(dem, (10.0, 1.0, 3.0)).iloc[0].depth_m
    for number, change in enumerate((lambda h: h + 1_737_400.0, lambda h: h / 1000.0 + 1737.4)):
        path = changed(dem, tmp_path / f"{number}.tif", change, dtype="float64")
        assert measure(path, (10.0, 1.0, 3.0)).iloc[0].depth_m == pytest.approx(expected, rel=1e-3)


def test_craters_without_measures_have_a_reason(dem, tmp_path):
    def cut(heights):
        heights[:, 100:] = -9999.0
        return heights

    half = changed(dem, tmp_path / "dem.tif", cut, nodata=-9999.0)
    away = np.degrees(6.5 / 1737.4)
    circles = [
        (10.0, 1.0, 3.0),
        (10.0 - away, 1.0 + away, 0.3),
        (50.0, 1.0, 3.0),
        (10.0, 1.0, 2000.0),
    ]
    table = measure(half, circles)
    assert table.measure_note.tolist() == [LITTLE, SMALL, OFF, LARGE]
    numbers = table.drop(columns=["measure_note", "ground_share"])
    assert numbers.isna().all(axis=None)
    assert table.ground_share[0] == pytest.approx(0.5, abs=0.03)
    assert table.ground_share[2] == 0.0


@pytest.mark.parametrize(("radii", "known"), [(0.13, True), (0.25, False), (0.65, False)])
def test_a_floor_without_heights_has_no_depth(dem, tmp_path, radii, known):
    def shadow(heights):
        row, column = np.indices(heights.shape) + 0.5 - 100.0
        heights[np.hypot(row, column) < radii * 15.0] = -9999.0
        return heights

    path = changed(dem, tmp_path / "dem.tif", shadow, nodata=-9999.0)
    row = measure(path, (10.0, 1.0, 3.0)).iloc[0]
    if known:
        assert_known(row, 3.0, 0.1)
    else:
        assert (row.measure_note, np.isnan(row.depth_m)) == (LITTLE, True)
        assert row.ground_share > 0.6


def test_a_floor_in_shadow_on_one_side_has_its_depth(dem, tmp_path):
    def shadow(heights):
        row, column = np.indices(heights.shape) + 0.5 - 100.0
        heights[(np.hypot(row, column) < 8.0) & (column < 0.0)] = -9999.0
        return heights

    path = changed(dem, tmp_path / "dem.tif", shadow, nodata=-9999.0)
    assert_known(measure(path, (10.0, 1.0, 3.0)).iloc[0], 3.0, 0.1)


def test_a_hill_is_no_crater(dem, tmp_path):
    hill = changed(dem, tmp_path / "dem.tif", lambda h: -h)
    assert measure(hill, (10.0, 1.0, 3.0)).measure_note[0] in (NO_HOLLOW, "no rim on the profiles")


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """Thirty-six craters of 2 km, their circles, and their elevation model of 100 m/px."""
    x, y = np.meshgrid(np.arange(6) * 8.0, np.arange(6) * 8.0)
    lon, lat = np.degrees(x.ravel() / 1737.4) + 10.0, np.degrees(y.ravel() / 1737.4)
    affine = Affine(100.0, 0, np.radians(10) * 1737.4e3 - 5e3, 0, -100.0, 45e3)
    craters = [(*place, 2.0, 0.1) for place in zip(lon, lat, strict=True)]
    path = tmp_path_factory.mktemp("field") / "dem.tif"
    write_relief(path, SIMPLE_CYLINDRICAL, affine, (500, 500), craters)
    return path, np.column_stack([lon, lat, np.full(36, 2.0)])


@pytest.mark.slow
def test_all_craters_of_a_field_are_measured_alike(field):
    path, circles = field
    table = measure(path, circles)
    assert (table.measure_note == "").all()
    assert table.depth_m.std() < 0.02 * table.depth_m.mean()


@pytest.mark.slow
def test_depths_in_place_of_heights_are_refused(field, tmp_path):
    path, circles = field
    other = changed(path, tmp_path / "depths.tif", lambda h: -h, unit="m")
    with pytest.raises(MosaicError, match="hills"):
        measure(other, circles)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda h: h * 0 + 7, {}, "every valid pixel"),
        (lambda h: np.abs(np.gradient(h)[0]), {"unit": "degrees"}, "holds slopes"),
        (lambda h: h * 100.0, {"unit": "m"}, r"does not have: name its unit \(--unit km, say\)"),
        (lambda h: h * 100.0, {"unit": "km"}, r"does not have: name its unit \(--unit m, say\)"),
        (lambda h: np.clip(h / 10 + 128, 0, 255), {"dtype": "uint8"}, "not heights: give the"),
        (lambda h: np.random.default_rng(0).uniform(0, 40, h.shape), {}, "holds slopes"),
        (
            lambda h: h + np.random.default_rng(0).normal(0, 400, h.shape),
            {},
            "from pixel to pixel",
        ),
        (lambda h: h, {"unit": "mgal"}, "'mgal', which is none of heights: name its unit"),
        (lambda h: h / 1000.0, {"unit": "m"}, "as no lunar ground has: name its unit"),
    ],
)
def test_rasters_that_are_no_heights_are_refused(dem, tmp_path, change, options, words):
    other = changed(dem, tmp_path / "other.tif", change, **options)
    with pytest.raises(MosaicError, match=words):
        measure(other, (10.0, 1.0, 3.0))


def test_a_raster_named_as_a_slope_map_is_refused(dem, tmp_path):
    other = changed(dem, tmp_path / "site_slope.tif", lambda h: h)
    with pytest.raises(MosaicError, match="holds slopes"):
        measure(other, (10.0, 1.0, 3.0))


def test_an_elevation_model_of_earth_or_of_other_ground_is_refused(dem, tmp_path):
    with rasterio.open(dem) as raster:
        earth = write_raster(tmp_path / "e.tif", raster.read(1), "EPSG:32633", raster.transform)
    with pytest.raises(CoordinateSystemError, match="not of the Moon"):
        measure(earth, (10.0, 1.0, 3.0))
    with pytest.raises(CatalogueError, match="none of the craters"):
        measure(dem, [(50.0, 1.0, 3.0), (51.0, -1.0, 3.0)])
    with pytest.raises(OptionError, match="unit"):
        measure(dem, (10.0, 1.0, 3.0), unit="miles")


def test_fresh_craters_have_the_ratios_of_the_literature():
    assert compute_fresh_ratio(10.0) == pytest.approx(0.2, abs=0.005)
    assert compute_fresh_ratio([0.05, 0.1, 0.2, 0.4]).round(2).tolist() == [0.13, 0.15, 0.17, 0.19]
    assert compute_fresh_ratio(100.0) == pytest.approx(1.044 * 100**0.301 / 100)
