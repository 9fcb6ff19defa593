import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarcraters.errors import CoordinateSystemError, MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import SIMPLE_CYLINDRICAL, write_raster


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


def test_systems_that_differ_in_name_alone_go_together(tmp_path):
    old = (
        'PROJCS["SimpleCylindrical Moon",GEOGCS["GCS_Moon",DATUM["D_Moon",SPHEROID["Moon",1737400,'
        '0]],PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]],PROJECTION['
        '"Equirectangular"],PARAMETER["standard_parallel_1",0],PARAMETER["central_meridian",0],'
        'PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'
    )
    ramp(tmp_path / "a.tif", 0, 0, 40, 40)
    ramp(tmp_path / "b.tif", 4000, 0, 40, 40, crs=old)
    assert len(open_mosaic(tmp_path).extents) == 2


@pytest.mark.parametrize(
    ("crs", "side", "error", "message"),
    [
        ("IAU_2015:30115", 100.0, CoordinateSystemError, "different coordinate systems"),
        (SIMPLE_CYLINDRICAL, 101.0, MosaicError, "different pixel sizes"),
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
    turned = Affine.rotation(20) * Affine.scale(100, -100)
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
