from xml.sax.saxutils import escape

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS

from lunarcraters.errors import CoordinateSystemError, MosaicError
from lunarcraters.geometry.box import Box, intersects
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import (
    HALF_TURN_M,
    SIMPLE_CYLINDRICAL,
    brightness,
    write_raster,
    write_sphere,
)


def ramp(path, west, north, width, height, side=100.0, crs=SIMPLE_CYLINDRICAL, **options):
    """Values that tell where a pixel lies: easting / 100 - 2 * northing / 100 + 1000."""
    x = west + side * (np.arange(width) + 0.5)
    y = north - side * (np.arange(height) + 0.5)
    values = (x[None, :] - 2.0 * y[:, None]) / 100.0 + 1000.0
    affine = Affine(side, 0, west, 0, -side, north)
    return write_raster(path, values.astype(np.float32), crs, affine, **options)


def error_of(mosaic, box, inset=0):
    """Largest difference, in pixels along x, between values and where they lie."""
    column, row, width, height = box
    values, valid = mosaic.read(box)
    x, y = np.meshgrid(column + np.arange(width) + 0.5, row + np.arange(height) + 0.5)
    a, _, c, _, e, f = mosaic.grid.affine[:6]
    difference = values - ((a * x + c - 2.0 * (e * y + f)) / 100.0 + 1000.0)
    inner = np.s_[inset : height - inset, inset : width - inset]
    assert valid[inner].all()
    return np.abs(difference[inner]).max()


def test_rasters_of_a_directory_lie_where_they_belong(tmp_path):
    ramp(tmp_path / "a.tif", 0, 0, 40, 50)
    ramp(tmp_path / "b.tif", 4000, 0, 30, 50)
    ramp(tmp_path / "c.tif", 20_000, -9000, 20, 20)
    mosaic = open_mosaic(tmp_path)
    assert (mosaic.width, mosaic.height) == (220, 110)
    assert mosaic.extents == ((0, 0, 40, 50), (40, 0, 30, 50), (200, 90, 20, 20))
    assert all(error_of(mosaic, box) == 0 for box in mosaic.extents)
    assert not mosaic.read((80, 0, 100, 110))[1].any()
    assert mosaic.name == str(tmp_path)


def test_sources_between_pixels_are_put_there(tmp_path):
    ramp(tmp_path / "a.tif", 0, 0, 40, 40)
    ramp(tmp_path / "b.tif", 6000, 0, 40, 40)
    ramp(tmp_path / "c.tif", 0, -6050, 40, 40)
    mosaic = open_mosaic(tmp_path)
    whole, other, between = mosaic.extents
    assert error_of(mosaic, whole) == error_of(mosaic, other) == 0
    assert error_of(mosaic, between, inset=3) < 1e-3


def test_nearly_equal_pixel_sizes_are_laid_on_the_finest(tmp_path):
    ramp(tmp_path / "a.tif", 0, 0, 60, 60, side=100.3)
    ramp(tmp_path / "b.tif", 8000, 0, 60, 60, side=100.0)
    mosaic = open_mosaic(tmp_path)
    assert mosaic.grid.affine.a == 100.0
    assert error_of(mosaic, mosaic.extents[0], inset=4) < 0.01


def test_a_later_source_shows_what_lies_below_where_it_is_invalid(tmp_path):
    ones = np.full((50, 50), 1, np.uint8)
    hole = np.full((50, 50), 2, np.uint8)
    hole[10:40, 10:40] = 0
    mask = np.where(hole, 255, 0).astype(np.uint8)
    for name, upper in (("nodata", {"nodata": 0}), ("mask", {"mask": mask})):
        (tmp_path / name).mkdir()
        write_raster(tmp_path / name / "a.tif", ones)
        write_raster(tmp_path / name / "b.tif", hole, **upper)
        values, valid = open_mosaic(tmp_path / name).read((0, 0, 50, 50))
        assert valid.all()
        np.testing.assert_array_equal(values, np.where(hole, 2, 1))


def test_types_are_widened_to_hold_all(tmp_path):
    write_raster(tmp_path / "a.tif", np.full((20, 20), 9, np.uint8))
    write_raster(tmp_path / "b.tif", np.full((20, 20), 900, np.uint16),
                 affine=Affine(100, 0, 0, 0, -100, 0))  # fmt: skip
    mosaic = open_mosaic([tmp_path / "a.tif", tmp_path / "b.tif"])
    assert mosaic.dtype == "uint16"
    values = mosaic.read((0, 0, mosaic.width, mosaic.height))[0]
    assert set(np.unique(values)) == {0, 9, 900}
    assert mosaic.name.endswith("and 1 more")


@pytest.mark.parametrize("other", ["int8", "int16", "int32"])
def test_types_that_only_64_bits_hold_become_real_numbers(tmp_path, other):
    large, small = np.iinfo("uint32").max, np.iinfo(other).min
    write_raster(tmp_path / "a.tif", np.full((20, 20), large, np.uint32))
    write_raster(tmp_path / "b.tif", np.full((20, 20), small, other),
                 affine=Affine(100, 0, 0, 0, -100, 0))  # fmt: skip
    mosaic = open_mosaic([tmp_path / "a.tif", tmp_path / "b.tif"])
    values, valid = mosaic.read(mosaic.grid.box)
    assert mosaic.dtype == values.dtype == np.float64
    assert set(np.unique(values[valid])) == {large, small}


OTHER_NAME = (
    'PROJCS["SimpleCylindrical Moon",GEOGCS["GCS_Moon",DATUM["D_Moon",SPHEROID["Moon",1737400,'
    '0]],PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]],PROJECTION['
    '"Equirectangular"],PARAMETER["standard_parallel_1",0],PARAMETER["central_meridian",0],'
    'PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'
)


def test_systems_that_differ_in_name_alone_go_together(tmp_path):
    ramp(tmp_path / "a.tif", 0, 0, 40, 40)
    ramp(tmp_path / "b.tif", 4000, 0, 40, 40, crs=OTHER_NAME)
    assert len(open_mosaic(tmp_path).extents) == 2


def test_globes_whose_systems_differ_in_name_alone_go_together(tmp_path):
    degrees = CRS.from_user_input("IAU_2015:30100").to_wkt()
    for name, crs in (("a.tif", degrees), ("b.tif", degrees.replace("Moon (2015)", "Moon"))):
        ramp(tmp_path / name, -180, 90, 180, 90, 2.0, crs)
    assert len(open_mosaic(tmp_path).extents) == 2


DISC = "+proj=ortho +R=1737400 +lon_0={} +no_defs"
"""Orthographic view of a hemisphere."""


@pytest.mark.parametrize(
    ("first", "second", "west"),
    [
        (DISC.format(0), SIMPLE_CYLINDRICAL, 2_120_000),  # the second is beyond the limb
        (SIMPLE_CYLINDRICAL, DISC.format(0), -2_000_000),
        (DISC.format(0), DISC.format(40), -2_000_000),  # no corner is on the Moon in either
    ],
)
def test_systems_are_told_apart_at_the_limb(tmp_path, first, second, west):
    ramp(tmp_path / "a.tif", -2_000_000, 2_000_000, 40, 40, 100_000, first)
    ramp(tmp_path / "b.tif", west, 2_000_000, 40, 40, 100_000, second)
    with pytest.raises(CoordinateSystemError, match=r"a\.tif and .*b\.tif have different"):
        open_mosaic([tmp_path / "a.tif", tmp_path / "b.tif"])


def test_discs_whose_systems_differ_in_name_alone_go_together(tmp_path):
    named = CRS.from_proj4(DISC.format(20)).to_wkt().replace("unknown", "disc")
    for name, crs in (("a.tif", DISC.format(20)), ("b.tif", named)):
        ramp(tmp_path / name, -2_000_000, 2_000_000, 40, 40, 100_000, crs)
    assert len(open_mosaic(tmp_path).extents) == 2


@pytest.mark.parametrize(
    ("crs", "side", "error", "message"),
    [
        ("IAU_2015:30115", 100.0, CoordinateSystemError, "different coordinate systems"),
        (SIMPLE_CYLINDRICAL, 101.0, MosaicError, "different pixel sizes"),
        (SIMPLE_CYLINDRICAL, 99.0, MosaicError, "different pixel sizes"),
    ],
)
def test_rasters_that_do_not_fit_are_both_named(tmp_path, crs, side, error, message):
    ramp(tmp_path / "a.tif", 0, 0, 40, 40)
    ramp(tmp_path / "b.tif", 4000, 0, 40, 40, side, crs)
    with pytest.raises(error, match=message) as caught:
        open_mosaic(tmp_path)
    assert "a.tif" in str(caught.value)
    assert "b.tif" in str(caught.value)


def test_images_without_coordinates_are_taken_one_at_a_time(tmp_path, noise):
    for name in ("a.png", "b.png"):
        write_raster(tmp_path / name, noise, None, Affine.identity(), driver="PNG")
    with pytest.raises(MosaicError, match="one at a time"):
        open_mosaic(tmp_path)


def test_a_rotated_raster_is_taken_alone(tmp_path, noise):
    turned = Affine.rotation(20) @ Affine.scale(100, -100)
    write_raster(tmp_path / "a.tif", noise, affine=turned)
    assert open_mosaic(tmp_path).pixel_size_m == pytest.approx(100.0, rel=1e-3)
    write_raster(tmp_path / "b.tif", noise)
    with pytest.raises(MosaicError, match="rotated"):
        open_mosaic(tmp_path)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=6, unique=True)
)
def test_scattered_pictures_named_by_bounds_come_back_as_they_are(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("scattered")
    random = np.random.default_rng(2)
    wanted = {}
    for column, row in cells:
        west, south = column * 1.3718808 - 12.3469276, row * 1.3718808 - 4.1156425
        values = random.integers(1, 255, (52, 52)).astype(np.uint8)
        name = f"{west:.7f},{west + 1.3718808:.7f},{south:.7f},{south + 1.3718808:.7f}.png"
        write_raster(folder / name, values, None, Affine.identity(), driver="PNG")
        wanted[name] = values
    mosaic = open_mosaic(folder)
    for name, box in zip(sorted(wanted), mosaic.extents, strict=True):
        values, valid = mosaic.read(box)
        assert valid.all()
        np.testing.assert_array_equal(values, wanted[name])


TURN_M = 2 * HALF_TURN_M
GLOBE_SIDE_M = TURN_M / 720


def strip_of_globe(path, west_deg, width_deg, south_deg=-20, north_deg=20):
    """A raster of `brightness` in pixels of half a degree, whose longitudes may be of any turn."""
    affine = Affine(GLOBE_SIDE_M, 0, west_deg * 2 * GLOBE_SIDE_M,
                    0, -GLOBE_SIDE_M, north_deg * 2 * GLOBE_SIDE_M)  # fmt: skip
    size = round(width_deg * 2), round((north_deg - south_deg) * 2)
    return write_sphere(path, SIMPLE_CYLINDRICAL, affine, *size)


def check_ground(mosaic, west_deg, east_deg, lat=0.0):
    """Check that ground lies where the mosaic looks for it, and has its values."""
    lon = np.arange(west_deg + 1.25, east_deg - 1.0)
    x, y = np.floor(mosaic.grid.from_lonlat(lon, np.full(lon.shape, lat + 0.25))).astype(int)
    wanted = brightness(*mosaic.grid.to_lonlat(x + 0.5, y + 0.5))
    for column, row, value in zip(x.tolist(), y.tolist(), wanted, strict=True):
        values, valid = mosaic.read((column, row, 1, 1))
        assert valid.all()
        assert values[0, 0] == pytest.approx(value, rel=1e-5)
        assert intersects(mosaic.extent_table, Box(column, row, 1, 1)).any()


@pytest.mark.parametrize("further", [0, 360, -720])
def test_halves_written_turns_apart_are_neighbours(tmp_path, further):
    strip_of_globe(tmp_path / "a.tif", 28, 20)
    strip_of_globe(tmp_path / "b.tif", 48 + further, 20)
    mosaic = open_mosaic(tmp_path)
    assert (mosaic.width, mosaic.height) == (80, 80)
    check_ground(mosaic, 28, 68)


def test_scenes_on_both_sides_of_the_antimeridian_lie_together(tmp_path):
    strip_of_globe(tmp_path / "a.tif", 200, 20)
    strip_of_globe(tmp_path / "b.tif", -175, 10)
    mosaic = open_mosaic(tmp_path)
    assert mosaic.width == 2 * 35
    check_ground(mosaic, 200, 220)
    check_ground(mosaic, 185, 195)


def test_copies_of_ground_a_turn_apart_overlap(tmp_path):
    strip_of_globe(tmp_path / "a.tif", -20, 30)
    strip_of_globe(tmp_path / "b.tif", 345, 30)
    mosaic = open_mosaic(tmp_path)
    assert mosaic.width == 2 * 35
    assert mosaic.extents == ((0, 0, 60, 80), (10, 0, 60, 80))
    check_ground(mosaic, -20, 15)


def test_rows_of_a_globe_that_are_cut_at_different_longitudes_make_one_turn(tmp_path):
    for west in range(-180, 180, 90):
        strip_of_globe(tmp_path / f"north{west}.tif", west, 90, 0, 20)
        strip_of_globe(tmp_path / f"south{west}.tif", west + 40, 90, -20, 0)
    mosaic = open_mosaic(tmp_path)
    assert mosaic.width == 720
    assert mosaic.grid.wraps
    check_ground(mosaic, -181, 181, lat=10.0)
    check_ground(mosaic, -181, 181, lat=-10.0)


def test_a_globe_keeps_its_place_and_an_overlap_of_its_ends_makes_one_turn(tmp_path):
    strip_of_globe(tmp_path / "a.tif", -180, 180)
    strip_of_globe(tmp_path / "b.tif", 0, 180)
    assert open_mosaic(tmp_path).grid.affine.c == pytest.approx(-HALF_TURN_M)
    strip_of_globe(tmp_path / "c.tif", 170, 20)
    mosaic = open_mosaic(tmp_path)
    assert mosaic.grid.wraps
    check_ground(mosaic, -181, 181)


def test_a_turn_that_is_no_whole_number_of_pixels_moves_a_raster_between_pixels(tmp_path):
    side = TURN_M / 719.5
    for name, west in (("a", 0.0), ("b", 60 * side + TURN_M)):
        affine = Affine(side, 0, west, 0, -side, 30 * side)
        write_sphere(tmp_path / f"{name}.tif", SIMPLE_CYLINDRICAL, affine, 60, 60)
    mosaic = open_mosaic(tmp_path)
    assert mosaic.width == 120
    check_ground(mosaic, 0, 59, lat=-3.0)


def test_rasters_of_different_scales_or_offsets_are_both_named(tmp_path):
    values = np.full((20, 20), 9, np.int16)
    for name, scaling in (("a", (0.5, 0.0)), ("b", (0.25, 0.0)), ("c", (0.5, 3.0))):
        path = write_raster(tmp_path / f"{name}.tif", values)
        with rasterio.open(path, "r+") as raster:
            raster.scales, raster.offsets = (scaling[:1], scaling[1:])
    for other in ("b.tif", "c.tif"):
        with pytest.raises(MosaicError, match="gdal_translate -unscale") as caught:
            open_mosaic([tmp_path / "a.tif", tmp_path / other])
        assert "a.tif" in str(caught.value)
        assert other in str(caught.value)


def test_rasters_of_different_units_are_both_named(tmp_path):
    for name, unit in (
        ("m", "m"),
        ("km", "km"),
        ("metres", "Metres"),
        ("none", "DN"),
        ("deg", "deg"),
    ):
        path = write_raster(tmp_path / f"{name}.tif", np.full((20, 20), 9, np.int16))
        with rasterio.open(path, "r+") as raster:
            raster.units = (unit,)
    for other in ("metres.tif", "none.tif"):
        assert open_mosaic([tmp_path / "m.tif", tmp_path / other]).width == 20
    for other in ("km", "deg"):
        message = rf"m.tif and .*{other}.tif hold values in different units \(m and {other}\)"
        with pytest.raises(MosaicError, match=message):
            open_mosaic([tmp_path / "m.tif", tmp_path / f"{other}.tif"])


def test_a_wide_raster_with_gaps_is_laid_out_within_one_turn(tmp_path):
    strip_of_globe(tmp_path / "a.tif", 28, 20)
    strip_of_globe(tmp_path / "b.tif", 48 + 360, 20)
    elements = [
        f"<SimpleSource><SourceFilename>{tmp_path / name}</SourceFilename>"
        '<SourceBand>1</SourceBand><SrcRect xOff="0" yOff="0" xSize="40" ySize="80"/>'
        f'<DstRect xOff="{left}" yOff="0" xSize="40" ySize="80"/></SimpleSource>'
        for name, left in (("a.tif", 0), ("b.tif", 760))
    ]
    with rasterio.open(tmp_path / "a.tif") as raster:
        wkt, numbers = raster.crs.to_wkt(), ",".join(map(repr, raster.transform.to_gdal()))
    (tmp_path / "c.vrt").write_text(
        f'<VRTDataset rasterXSize="800" rasterYSize="80"><SRS>{escape(wkt)}</SRS><GeoTransform>'
        f'{numbers}</GeoTransform><VRTRasterBand dataType="Float32" band="1"><NoDataValue>0'
        f"</NoDataValue>{''.join(elements)}</VRTRasterBand></VRTDataset>"
    )
    mosaic = open_mosaic(tmp_path / "c.vrt")
    assert mosaic.extents == ((0, 0, 40, 80), (40, 0, 40, 80))
    check_ground(mosaic, 28, 68)
