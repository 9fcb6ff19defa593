"""Malformed products: one sentence each, which names the file and what is wrong with it."""

import gzip

import numpy as np
import pytest

from lunarcraters.errors import CoordinateSystemError, MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic

from .. import archives


def edit(path, *changes):
    """Replace texts of a file, each of which must occur."""
    content = path.read_bytes()
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old.encode() in content
        content = content.replace(old.encode(), new.encode())
    path.write_bytes(content)
    return path


def cut(path, size):
    """Leave the first bytes of a file; a negative number leaves out the last ones."""
    path.write_bytes(path.read_bytes()[:size])
    return path


def content(path, data):
    path.write_bytes(data)
    return path


def pds3(folder, name="a.lbl", values=None, kind="UNSIGNED_INTEGER", **keywords):
    values = archives.ramp("u1") if values is None else values
    map_ = {
        "MAP_SCALE": "1.0 <KM/PIXEL>", "MAP_RESOLUTION": f"{archives.KM_RESOLUTION} <PIX/DEG>",
        "LINE_PROJECTION_OFFSET": "199.5", "SAMPLE_PROJECTION_OFFSET": "99.5", **keywords,
    }  # fmt: skip
    return archives.write_pds3(folder / name, values, kind, archives.map_projection(**map_))


def pds4(folder, name="a.xml"):
    map_ = archives.cartography(corner=(-100000.0, 200000.0), size=archives.METRES)
    return archives.write_pds4(folder / name, archives.ramp("u1"), "UnsignedByte", map_)


def isis(folder, name="a.cub", mapping=None, tile=None):
    mapping = archives.isis_mapping() if mapping is None else mapping
    return archives.write_isis(folder / name, archives.ramp("u1"), mapping, tile=tile)


def vrt(folder, name, source):
    (folder / name).write_text(
        '<VRTDataset rasterXSize="20" rasterYSize="20"><SRS>IAU_2015:30110</SRS>'
        "<GeoTransform>0, 100, 0, 0, 0, -100</GeoTransform>"
        '<VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        f'<SourceFilename relativeToVRT="1">{source}</SourceFilename><SourceBand>1</SourceBand>'
        '<SrcRect xOff="0" yOff="0" xSize="20" ySize="20"/>'
        '<DstRect xOff="0" yOff="0" xSize="20" ySize="20"/>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    return folder / name


def without_image(path, suffix=".img"):
    path.with_suffix(suffix).unlink()
    return path


def renamed_image(path, name):
    path.with_suffix(".img").rename(path.parent / name)
    return path


def loop(folder):
    vrt(folder, "one.vrt", "two.vrt")
    return vrt(folder, "two.vrt", "one.vrt")


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
FAR = {
    "MAXIMUM_LATITUDE": 3, "MINIMUM_LATITUDE": 2,
    "WESTERNMOST_LONGITUDE": 100, "EASTERNMOST_LONGITUDE": 101,
}  # fmt: skip

MALFORMED = {
    # Labels of PDS3
    "cut label": (lambda d: cut(pds3(d), 120), "label that GDAL does not read"),
    "cut attached label": (lambda d: cut(pds3(d, "a.img"), 300), "label that GDAL does not read"),
    "cut attached image": (lambda d: cut(pds3(d, "a.img"), -100), "truncated"),
    "no image": (lambda d: without_image(pds3(d)), "names the image A.IMG, which is not"),
    "image in another case": (
        lambda d: renamed_image(pds3(d), "A.Img"), "names the image A.IMG, .* is called A.Img"),
    "negative lines": (lambda d: edit(pds3(d), " LINES = 20", " LINES = -20"), "30 x -20"),
    "no samples": (lambda d: edit(pds3(d), "SAMPLES = 30", "SAMPLES = 0"), "0 x 20"),
    "two billion lines": (
        lambda d: edit(pds3(d), " LINES = 20", " LINES = 2000000000"), "600 bytes of the 60,000,"),
    "more lines than bytes": (
        lambda d: edit(pds3(d), " LINES = 20", " LINES = 21"), "600 bytes of the 630"),
    "more bytes than samples": (
        lambda d: edit(pds3(d), "LINE_SAMPLES = 30", "LINE_SAMPLES = 20"), "does not fit its lab"),
    "12 bits": (lambda d: edit(pds3(d), "BITS = 8", "BITS = 12"), "Sample_bits of 12 is not"),
    "16 bits of 8": (lambda d: edit(
        pds3(d), "BITS = 8", "BITS = 16", "= UNSIGNED", "= LSB_UNSIGNED"), "600 bytes of the 1,2"),
    "integers of 32 bits": (
        lambda d: pds3(d, values=archives.ramp(">i4"), kind="MSB_INTEGER"), "integers of 32 bits"),
    "floats of a VAX": (
        lambda d: pds3(d, values=archives.ramp("<f4"), kind="VAX_REAL"), "numbers of a VAX"),
    "bytes in another order": (
        lambda d: pds3(d, values=archives.ramp(">u2")), "SAMPLE_TYPE = MSB_UNSIGNED_INTEGER"),
    "bands pixel by pixel": (lambda d: edit(
        pds3(d, values=np.stack([archives.ramp("u1")] * 3)), "BAND_SEQ", "SAMPLE_INTERLEAVED_AS_"),
        "3 bands stored as SAMPLE_INTERLEAVED"),
    "compressed image": (lambda d: edit(
        pds3(d), "  BANDS = 1", "  ENCODING_TYPE = HUFFMAN\r\n  BANDS = 1"), "compressed image"),
    "objects of other names": (
        lambda d: edit(pds3(d), "^IMAGE", "^BROWSE_IMAGE"), "does not read .*dimensions : 0 x 0"),
    "label of a table": (lambda d: edit(
        pds3(d), "^IMAGE", "^TABLE", "OBJECT = IMAGE\r\n", "OBJECT = TABLE\r\n"),
        "not the label of an image"),
    "start beyond the end": (lambda d: edit(
        pds3(d), '"A.IMG"', '("A.IMG", 500)'), "600 bytes of the 15,570"),
    "no offsets": (lambda d: edit(
        pds3(d), "LINE_PROJECTION_OFFSET", "LINE_OFFSET"), "without LINE_PROJECTION_OFFSET"),
    "no scale": (
        lambda d: edit(pds3(d), "MAP_SCALE", "SCALE", "MAP_RES", "RES"), "without MAP_SCALE"),
    "another planet": (lambda d: edit(pds3(d), "1737.4", "3396.19"), "not of the Moon"),
    "unknown projection": (lambda d: edit(
        pds3(d), '"SIMPLE CYLINDRICAL"', '"PERSPECTIVE"'), "no coordinate system: .* --crs"),
    "map in a catalogue of its own": (lambda d: edit(
        pds3(d), "IMAGE_MAP_PROJECTION", "IMAGE_MAP_PROJECTION_CATALOG"),
        "map projection .SIMPLE CYLINDRICAL. in a form that GDAL does not read: .* pds2isis"),
    "offsets against bounds": (lambda d: pds3(d, **FAR), "contradicts itself"),
    # Labels of PDS4
    "cut XML": (lambda d: cut(pds4(d), 900), "label that is cut off"),
    "no image in PDS4": (lambda d: without_image(pds4(d)), "names the image a.img, which is not"),
    "PDS4 image in another case": (
        lambda d: renamed_image(pds4(d), "a.IMG"), "names the image a.img, .* is called a.IMG"),
    "negative elements": (lambda d: edit(pds4(d), ">20<", ">-20<"), "label that GDAL does not"),
    "more elements than bytes": (lambda d: edit(pds4(d), ">20<", ">2000<"), "600 bytes of the 60"),
    "unknown data type": (
        lambda d: edit(pds4(d), "UnsignedByte", "UnsignedTernary"), "label that GDAL does not"),
    "PDS4 table": (
        lambda d: edit(pds4(d), "Array_2D_Image", "Table_Character"), "not the label of an image"),
    "no number for the corner": (
        lambda d: edit(pds4(d), ">-100000.0<", ">west<"), "without upperleft_corner_x"),
    "no corner in PDS4": (lambda d: edit(
        pds4(d), "upperleft_corner_x", "corner_x", "upperleft_corner_y", "corner_y"),
        "without upperleft_corner_x and upperleft_corner_y"),
    "no file name": (lambda d: edit(pds4(d), ">a.img<", "><"), "label that GDAL does not"),
    "another index order": (
        lambda d: edit(pds4(d), "Last Index", "First Index"), "label that GDAL does not"),
    # ISIS
    "cut cube label": (lambda d: cut(isis(d), 200), "label that GDAL does not read"),
    "cut cube": (lambda d: cut(isis(d), 4400), "4,400 bytes of the 4,696"),
    "cut tiles": (lambda d: cut(isis(d, tile=(8, 16)), -1), "bytes of the 4,864"),
    "no core": (lambda d: without_image(isis(d, "a.lbl"), ".cub"), "names the image a.cub, which"),
    "negative lines of a cube": (lambda d: edit(isis(d), "Lines = 20", "Lines = -2"), "30 x -2"),
    "unknown pixel type": (
        lambda d: edit(isis(d), "UnsignedByte", "UnsignedBite"), "UnsignedBite pixel type not"),
    "no corner of a cube": (
        lambda d: edit(isis(d), "UpperLeftCornerX", "UpperRightCornerX"), "without UpperLeftCorn"),
    "tiles of no samples": (
        lambda d: edit(isis(d, tile=(8, 16)), "TileSamples = 16", "TileSamples = 0"), "0 x 8"),
    "camera image": (lambda d: isis(d, mapping=()), "camera image.*cam2map.*PNG"),
    # Others
    "VRT of itself": (lambda d: vrt(d, "a.vrt", "a.vrt"), "names itself"),
    "two VRTs of each other": (loop, "names itself"),
    "VRT of nothing": (lambda d: vrt(d, "a.vrt", "b.tif"), "is not there"),
    "cut VRT": (lambda d: cut(vrt(d, "a.vrt", "b.tif"), 150), "VRT that GDAL does not open"),
    "negative VRT": (
        lambda d: edit(vrt(d, "a.vrt", "b.tif"), 'XSize="20"', 'XSize="-20"'), "-20 x 20"),
    "Git LFS": (lambda d: content(d / "a.tif", LFS), "git lfs pull"),
    "Git LFS in place of an image": (
        lambda d: (pds3(d), content(d / "a.img", LFS), d / "a.lbl")[-1],
        "a.img is a pointer of Git LFS"),
    "git-annex": (lambda d: content(d / "a.tif", b"/annex/objects/MD5-s1--2\n"), "git annex get"),
    "login page": (lambda d: content(d / "a.tif", b"<!DOCTYPE html><html></html>"), "web page"),
    "gzip": (lambda d: content(d / "a.img", gzip.compress(b"Moon")), "packed with gzip: unpack"),
    "raw image": (lambda d: content(d / "a.img", bytes(range(256))), "not a raster"),
    "cut JPEG 2000": (lambda d: content(d / "a.jp2", b"\0\0\0\x0cjP  \r\n\x87\n"), "truncated"),
    "metadata": (
        lambda d: content(d / "a.xml", b"<metadata><idinfo/></metadata>"), "not the label of an"),
    "11 x 4 pixels": (
        lambda d: pds3(d, values=archives.ramp("u1")[:4, :11]), "too small, 11 x 4 pixels"),
    "no radius": (lambda d: pds3(d, **{"A_AXIS_RADIUS": 0}), "no coordinate system"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_product_is_refused_in_one_sentence(tmp_path, kind):
    make, message = MALFORMED[kind]
    path = make(tmp_path)
    with pytest.raises((MosaicError, CoordinateSystemError), match=message) as caught:
        open_mosaic(path)
    text = str(caught.value)
    assert "\n" not in text
    assert str(tmp_path) in text
    assert ": " in text, "and what to do about it"


POINTERS = {'("A.IMG", 3)': 60, '("A.IMG", 61 <BYTES>)': 60, '("A.IMG")': 0, '"A.IMG"': 0}


@pytest.mark.parametrize("pointer", POINTERS)
def test_an_image_that_starts_where_its_label_points_must_not_end_early(tmp_path, pointer):
    path = edit(pds3(tmp_path), '"A.IMG"', pointer)
    image = content(tmp_path / "a.img", b" " * POINTERS[pointer] + archives.ramp("u1").tobytes())
    np.testing.assert_array_equal(values_of(path), archives.ramp("u1"))
    cut(image, -1)
    with pytest.raises(MosaicError, match=r"a.img, the image of a.lbl, is truncated"):
        open_mosaic(path)


def values_of(path, **options):
    mosaic = open_mosaic(path, **options)
    return mosaic.read(mosaic.grid.box)[0]


def test_a_label_opens_once_the_image_is_renamed_as_it_says(tmp_path):
    path = renamed_image(pds4(tmp_path), "a.IMG")
    (tmp_path / "a.IMG").rename(tmp_path / "a.img")
    np.testing.assert_array_equal(values_of(path), archives.ramp("u1"))


def test_the_sample_type_that_a_message_names_is_read_rightly(tmp_path):
    path = edit(
        pds3(tmp_path, values=archives.ramp(">u2")), "= UNSIGNED_INTEGER", "= MSB_UNSIGNED_INTEGER"
    )
    np.testing.assert_array_equal(values_of(path), archives.ramp("u2"))


def test_a_projection_that_gdal_does_not_know_can_be_named(tmp_path):
    path = edit(pds3(tmp_path), '"SIMPLE CYLINDRICAL"', '"PERSPECTIVE"')
    affine = open_mosaic(path, crs="IAU_2015:30110").grid.affine
    assert (affine.a, affine.c, affine.f) == (1000.0, -100_000.0, 200_000.0)
