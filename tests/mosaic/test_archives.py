"""Archive products of LROC, LOLA, Kaguya, Chandrayaan-2, Chang'e and Clementine."""

import numpy as np
import pytest
import rasterio
import rasterio.drivers
from affine import Affine
from pyproj import Geod

from lunarcraters.errors import CratersWarning, MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic

from .. import archives
from ..rasters import write_raster

MOON = Geod(a=1_737_400.0, b=1_737_400.0)


def offsets_px(product, mosaic):
    """Distances, in pixels, from where the archive's formulas place the corner pixels' centres."""
    line, sample = np.array([0.0, 0, 7, *[mosaic.height - 1] * 2]), np.array([0.0, 29, 11, 0, 29])
    lon, lat = mosaic.grid.to_lonlat(sample + 0.5, line + 0.5)
    distance_m = MOON.inv(lon, lat, *product.lonlat(sample, line))[2]
    return np.asarray(distance_m) / (1000 * archives.scale_of(1 / product.size_deg))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
@pytest.mark.parametrize("write", archives.PRODUCTS, ids=lambda write: write.__name__)
def test_an_archive_product_is_placed_and_read_as_its_documents_say(tmp_path, write):
    product = write(tmp_path)
    mosaic = open_mosaic(product.path)
    assert mosaic.crs.ellipsoid.semi_major_metre == 1_737_400.0
    assert offsets_px(product, mosaic).max() < 0.01
    assert np.dtype(mosaic.dtype) == product.values.dtype.newbyteorder("=")
    values, valid = mosaic.read(mosaic.grid.box)
    np.testing.assert_array_equal(valid, product.valid)
    np.testing.assert_array_equal(values[valid], product.values[product.valid])
    # Of a label and its image, the directory has one raster.
    whole = open_mosaic(tmp_path)
    assert whole.sources == mosaic.sources
    assert whole.extents == mosaic.extents


@pytest.mark.parametrize(
    "write",
    [archives.kaguya, archives.lola_cylindrical, archives.lroc_nac_pds4, archives.isis_word],
)
def test_an_image_named_instead_of_its_label_is_opened_by_it(tmp_path, write):
    product = write(tmp_path)
    image = next(p for p in tmp_path.iterdir() if p != product.path)
    # A few bytes that the label does not describe may follow the pixels.
    image.write_bytes(image.read_bytes() + b" " * 50)
    by_image = open_mosaic(image)
    assert by_image.grid == open_mosaic(product.path).grid
    np.testing.assert_array_equal(by_image.read(by_image.grid.box)[1], product.valid)


@pytest.mark.skipif("JP2OpenJPEG" not in rasterio.drivers.raster_driver_extensions().values(),
                    reason="needs GDAL with OpenJPEG")  # fmt: skip
@pytest.mark.parametrize("crs", ["IAU_2015:30110", None])
def test_a_jpeg_2000_image_and_its_label_are_one_raster(tmp_path, noise, crs):
    affine = Affine(1000, 0, -100_000, 0, -1000, 200_000) if crs else Affine.identity()
    write_raster(
        tmp_path / "LDEM.JP2",
        noise,
        crs,
        affine,
        driver="JP2OpenJPEG",
        REVERSIBLE="YES",
        QUALITY=100,
    )
    height, width = noise.shape
    lines = [
        "PDS_VERSION_ID = PDS3", "OBJECT = COMPRESSED_FILE", '  FILE_NAME = "LDEM.JP2"',
        '  ENCODING_TYPE = "JP2"', '  UNCOMPRESSED_FILE_NAME = "LDEM.IMG"',
        "END_OBJECT = COMPRESSED_FILE", "OBJECT = UNCOMPRESSED_FILE", '  FILE_NAME = "LDEM.IMG"',
        f"  RECORD_BYTES = {width}", '  ^IMAGE = "LDEM.IMG"', "  OBJECT = IMAGE",
        f"    LINES = {height}", f"    LINE_SAMPLES = {width}", "    SAMPLE_BITS = 8",
        "    SAMPLE_TYPE = UNSIGNED_INTEGER", "  END_OBJECT = IMAGE",
        "END_OBJECT = UNCOMPRESSED_FILE", *archives.map_projection(
            MAP_SCALE="1.0 <KM/PIXEL>", LINE_PROJECTION_OFFSET=199.5, SAMPLE_PROJECTION_OFFSET=99.5
        ), "END", "",
    ]  # fmt: skip
    (tmp_path / "LDEM.LBL").write_text("\r\n".join(lines))
    for given in (tmp_path, tmp_path / "LDEM.LBL", tmp_path / "LDEM.JP2"):
        mosaic = open_mosaic(given)
        assert len(mosaic.extents) == 1
        assert (mosaic.grid.affine.c, mosaic.grid.affine.f) == (-100_000, 200_000)
        np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[0], noise)


def test_the_band_of_a_cube_that_is_taken_is_told(tmp_path):
    cube = np.zeros((63, 20, 30), "<f4")
    path = archives.write_isis(tmp_path / "m3.cub", cube, archives.isis_mapping())
    with pytest.warns(CratersWarning, match="of 63 bands the first is searched"):
        mosaic = open_mosaic(path)
    assert mosaic.bands == (1,)


def test_of_several_images_in_a_label_the_one_that_is_taken_is_told(tmp_path):
    more = archives.array("Array_2D_Image", "UnsignedByte", (10, 10))
    discipline = archives.cartography(size=archives.METRES)
    values = archives.ramp("u1")
    path = archives.write_pds4(tmp_path / "a.xml", values, "UnsignedByte", discipline, more=more)
    with pytest.warns(CratersWarning, match="2 images, and the first is searched: .* PDS4:.*:1:2"):
        mosaic = open_mosaic(path)
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[0], values)


def simple(folder, **keywords):
    """An 8-bit image of 1 km per pixel whose map projection has other keywords."""
    common = {
        "MAP_SCALE": "1.0 <KM/PIXEL>",
        "MAP_RESOLUTION": f"{archives.KM_RESOLUTION} <PIX/DEG>",
        "LINE_PROJECTION_OFFSET": "199.5",
        "SAMPLE_PROJECTION_OFFSET": "99.5",
    }
    keywords = {key: value for key, value in {**common, **keywords}.items() if value is not None}
    projection = archives.map_projection(**keywords)
    path = folder / "simple.img"
    return archives.write_pds3(path, archives.ramp("u1"), "UNSIGNED_INTEGER", projection)


def test_a_missing_map_scale_follows_from_the_map_resolution(tmp_path):
    wanted = open_mosaic(simple(tmp_path)).grid.affine
    assert wanted.almost_equals(open_mosaic(simple(tmp_path, MAP_SCALE=None)).grid.affine, 1e-6)
    assert wanted.almost_equals(
        open_mosaic(simple(tmp_path, MAP_SCALE="1000.0")).grid.affine, 1e-6
    ), "metres without a unit"


def test_a_stereographic_map_of_pds3_has_its_own_centre(tmp_path):
    centre = {"CENTER_LATITUDE": 45.0, "CENTER_LONGITUDE": 30.0}
    path = simple(
        tmp_path, MAP_PROJECTION_TYPE="STEREOGRAPHIC", **centre,
        LINE_PROJECTION_OFFSET=9.5, SAMPLE_PROJECTION_OFFSET=14.5,
    )  # fmt: skip
    grid = open_mosaic(path).grid
    np.testing.assert_allclose(np.ravel(grid.to_lonlat(15.0, 10.0)), [30.0, 45.0], atol=1e-9)
    lon, lat = grid.to_lonlat(15.0, 0.0)
    assert MOON.inv(lon, lat, 30.0, 45.0)[2] == pytest.approx(10_000.0, rel=1e-4)
    assert lat > 45.0


def test_a_rotated_map_stays_as_its_label_says(tmp_path):
    affine = open_mosaic(simple(tmp_path, MAP_PROJECTION_ROTATION=90.0)).grid.affine
    assert (affine.b, affine.d) == pytest.approx((1000.0, 1000.0))


@pytest.mark.parametrize(("line", "sample"), [(200.5, 100.5), (198.5, 98.5)])
def test_bounds_settle_from_which_pixel_offsets_count(tmp_path, line, sample):
    degrees = 1 / archives.KM_RESOLUTION
    path = simple(
        tmp_path,
        LINE_PROJECTION_OFFSET=line, SAMPLE_PROJECTION_OFFSET=sample,
        MAXIMUM_LATITUDE=200 * degrees, MINIMUM_LATITUDE=180 * degrees,
        WESTERNMOST_LONGITUDE=360 - 100 * degrees, EASTERNMOST_LONGITUDE=360 - 70 * degrees,
    )  # fmt: skip
    affine = open_mosaic(path).grid.affine
    assert (affine.c, affine.f) == pytest.approx((-100_000.0, 200_000.0), abs=1.0)
    assert open_mosaic(simple(tmp_path)).grid.affine.c == pytest.approx(-100_000.0)


def test_bounds_settle_the_signs_of_isis_2(tmp_path):
    degrees = 1 / archives.KM_RESOLUTION
    path = simple(
        tmp_path,
        LINE_PROJECTION_OFFSET=-199.5, SAMPLE_PROJECTION_OFFSET=-99.5,
        MAXIMUM_LATITUDE=200 * degrees, MINIMUM_LATITUDE=180 * degrees,
        WESTERNMOST_LONGITUDE=-100 * degrees, EASTERNMOST_LONGITUDE=-70 * degrees,
    )  # fmt: skip
    affine = open_mosaic(path).grid.affine
    assert (affine.c, affine.f) == pytest.approx((-100_000.0, 200_000.0), abs=1.0)


def test_bounds_half_a_pixel_from_the_offsets_change_nothing(tmp_path):
    degrees = 1 / archives.KM_RESOLUTION
    path = simple(
        tmp_path,
        MAXIMUM_LATITUDE=200.5 * degrees, MINIMUM_LATITUDE=180.5 * degrees,
        WESTERNMOST_LONGITUDE=-100.5 * degrees, EASTERNMOST_LONGITUDE=-70.5 * degrees,
    )  # fmt: skip
    assert open_mosaic(path).grid.affine.c == pytest.approx(-100_000.0)


@pytest.mark.parametrize(
    ("constant", "value"),
    [("16#8000#", -32768), ("16#8001#", -32767), ("-9999", -9999), ("16#0010#", 16)],
)
def test_missing_constants_in_hexadecimal_are_bits(tmp_path, constant, value):
    values = archives.ramp("<i2", low=200)
    values[0, :3] = value
    image = (f"MISSING_CONSTANT = {constant}",)
    projection = archives.map_projection(
        MAP_SCALE="1.0 <KM/PIXEL>", LINE_PROJECTION_OFFSET=0, SAMPLE_PROJECTION_OFFSET=0
    )
    path = archives.write_pds3(tmp_path / "a.img", values, "LSB_INTEGER", projection, image)
    mosaic = open_mosaic(path)
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[1], values != value)


def test_saturated_pixels_of_8_bits_stay_valid(tmp_path):
    values = archives.ramp("u1")
    values[0, :4] = 0, 1, 254, 255
    image = ("CORE_NULL = 0", "CORE_LOW_REPR_SATURATION = 1", "CORE_HIGH_REPR_SATURATION = 255")
    projection = archives.map_projection(
        MAP_SCALE="1.0 <KM/PIXEL>", LINE_PROJECTION_OFFSET=0, SAMPLE_PROJECTION_OFFSET=0
    )
    path = archives.write_pds3(tmp_path / "a.img", values, "UNSIGNED_INTEGER", projection, image)
    mosaic = open_mosaic(path)
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[1], values != 0)


def test_special_pixels_stay_invalid_with_a_nodata_value_of_the_user(tmp_path):
    product = archives.isis_word(tmp_path)
    mosaic = open_mosaic(product.path, nodata=150)
    wanted = product.valid & (product.values != 150)
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[1], wanted)


def test_a_directory_passes_over_texts_that_are_no_labels(tmp_path):
    product = archives.kaguya(tmp_path)
    (tmp_path / "metadata.xml").write_text("<?xml version='1.0'?><metadata><idinfo/></metadata>")
    (tmp_path / "table.lbl").write_text('PDS_VERSION_ID = PDS3\r\n^TABLE = "table.tab"\r\nEND\r\n')
    table = "<Product_Observational><Table_Character/></Product_Observational>"
    (tmp_path / "table.xml").write_text(table)
    assert open_mosaic(tmp_path).grid == open_mosaic(product.path).grid


def test_the_image_of_a_label_is_told_from_its_other_files(tmp_path):
    path = archives.write_isis(tmp_path / "a.lbl", archives.ramp("u1"), archives.isis_mapping())
    history = "Object = History\n  StartByte = 1\n  Bytes = 4\n  ^History = a.History.IsisCube\n"
    path.write_text(
        path.read_text().replace("End_Object\nEnd", f"End_Object\n{history}End_Object\nEnd")
    )
    (tmp_path / "a.History.IsisCube").write_text("text")
    with rasterio.open(path) as dataset:
        assert len(dataset.files) == 3
    mosaic = open_mosaic(path)
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[0], archives.ramp("u1"))


TABLE = """<File_Area_Observational><File><file_name>{}</file_name></File><Table_Character>
<offset unit="byte">0</offset><records>1</records><record_delimiter>Carriage-Return Line-Feed
</record_delimiter><Record_Character><fields>1</fields><groups>0</groups>
<record_length unit="byte">4</record_length><Field_Character><name>a</name><field_number>1
</field_number><field_location unit="byte">1</field_location><data_type>ASCII_Integer</data_type>
<field_length unit="byte">2</field_length></Field_Character></Record_Character></Table_Character>
</File_Area_Observational>"""


@pytest.mark.parametrize("first", [True, False])
def test_an_image_beside_a_table_is_checked_by_its_own_size(tmp_path, first):
    map_ = archives.cartography(corner=(-100000.0, 200000.0), size=archives.METRES)
    path = archives.write_pds4(tmp_path / "a.xml", archives.ramp("u1"), "UnsignedByte", map_)
    (tmp_path / "a.tab").write_text("12\r\n")
    text, tag = path.read_text(), "<File_Area_Observational>" if first else "</Product_Obs"
    path.write_text(text.replace(tag, TABLE.format("a.tab") + tag, 1))
    mosaic = open_mosaic(path)
    np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[0], archives.ramp("u1"))
    (tmp_path / "a.img").write_bytes((tmp_path / "a.img").read_bytes()[:-40])
    with pytest.raises(MosaicError, match=r"a.img.* is truncated"):
        open_mosaic(path)
