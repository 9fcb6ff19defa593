import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image

from lunarcraters.datasets.images import read_grey, read_image, read_pixels
from lunarcraters.errors import DatasetError

from .test_tile_names import NAME


def damage_jpeg(path, grey):
    cv2.imwrite(str(path), grey)
    path.write_bytes(path.read_bytes()[:-200])


def damage_tiff(path, grey):
    height, width = grey.shape
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "compress": "lzw"}
    place = Affine(1, 0, 9, 0, -1, 9)
    with rasterio.open(path, "w", width=width, height=height, transform=place, **profile) as raster:
        raster.write(grey, 1)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path.write_bytes(content)


@pytest.mark.parametrize(("name", "damage"), [("a.jpg", damage_jpeg), ("a.tif", damage_tiff)])
def test_a_damaged_image_is_named_and_not_made_up(tmp_path, noise, name, damage):
    damage(tmp_path / name, noise)
    for _ in range(2):
        with pytest.raises(DatasetError, match=f"{name} is not an image that can be read, or is"):
            read_image(tmp_path / name)


def test_an_image_that_was_mended_is_read(tmp_path, noise):
    damage_tiff(tmp_path / "a.tif", noise)
    with pytest.raises(DatasetError, match="damaged"):
        read_image(tmp_path / "a.tif")
    cv2.imwrite(str(tmp_path / "a.tif"), noise)
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[0], noise)


@pytest.mark.parametrize("progressive", [0, 1])
def test_a_jpeg_with_bytes_behind_its_end_is_read(tmp_path, noise, progressive):
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), noise, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])
    grey, _ = read_image(path)
    path.write_bytes(path.read_bytes() + b"made by a camera")
    np.testing.assert_array_equal(read_image(path)[0], grey)


def test_opencv_says_nothing_of_tags_while_threads_read_geotiffs(tmp_path, noise, capfd):
    place = Affine(0.1, 0, 9, 0, -0.1, 9)
    height, width = noise.shape
    shape = {"width": width, "height": height, "count": 1, "dtype": "uint8"}
    paths = [tmp_path / f"{number}.tif" for number in range(8)]
    for path in paths:
        with rasterio.open(path, "w", crs="IAU_2015:30100", transform=place, **shape) as raster:
            raster.write(noise, 1)
    level = cv2.utils.logging.getLogLevel()
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(read_grey, paths * 20))
    np.testing.assert_array_equal(read[-1], noise)
    assert capfd.readouterr().err == ""
    assert cv2.utils.logging.getLogLevel() == level


def write_tiff(path, values, **profile):
    bands = values[None] if values.ndim == 2 else values
    shape = dict(zip(("count", "height", "width"), bands.shape, strict=True))
    profile |= {"driver": "GTiff", "dtype": values.dtype, "transform": Affine(1, 0, 9, 0, -1, 9)}
    with rasterio.open(path, "w", **shape, **profile) as raster:
        raster.write(bands)


RAMP = np.arange(100, 2100, dtype=np.float64).reshape(40, 50)  # a camera of 12 bits


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("name", ["a", NAME])
def test_images_of_16_bits_keep_their_contrast(tmp_path, suffix, name):
    values = RAMP.astype(np.uint16)
    values[0] = 0
    path = tmp_path / f"{name}{suffix}"
    assert cv2.imwrite(str(path), values)
    grey, valid = read_image(path)
    assert grey.dtype == np.uint8
    assert len(np.unique(grey)) > 230
    assert (np.diff(grey[1:].astype(int).ravel()) >= 0).all()
    assert valid[1:].all()
    assert valid[0].any() == (name == "a"), "0 is nodata in images named by their edges alone"
    np.testing.assert_array_equal(read_grey(path), grey)


@pytest.mark.parametrize("dtype", ["int16", "int32", "uint32", "float32", "float64"])
@pytest.mark.parametrize("name", ["a", NAME])
def test_tiffs_of_other_types_are_stretched_over_their_ground(tmp_path, dtype, name):
    values, path = RAMP.astype(dtype), tmp_path / f"{name}.tif"
    values[:3] = 30_000.0  # nodata, far above the ground
    if values.dtype.kind == "f":
        values[3] = np.nan
        values[4] = np.inf
    write_tiff(path, values, nodata=30_000.0)
    grey, valid = read_image(path)
    ground = np.isfinite(values) & (values != 30_000.0)
    np.testing.assert_array_equal(valid, ground)
    assert not grey[~ground].any()
    assert (int(grey[ground].min()), int(grey[ground].max())) == (1, 255)
    assert len(np.unique(grey)) > 250


def test_the_colours_of_a_tiff_of_16_bits_become_their_brightness(tmp_path):
    bands = np.stack([RAMP, 2.0 * RAMP, 500.0 + 0.0 * RAMP]).astype(np.uint16)
    write_tiff(tmp_path / "a.tif", bands, photometric="RGB")
    write_tiff(tmp_path / "b.tif", RAMP.astype(np.uint16))
    write_tiff(tmp_path / "c.tif", bands[:2])
    colours, first, two = (read_image(tmp_path / f"{name}.tif")[0] for name in "abc")
    np.testing.assert_array_equal(colours, first)
    np.testing.assert_array_equal(two, first)


@pytest.mark.parametrize("name", ["a", NAME])
def test_a_tiff_of_16_bits_whose_least_value_is_white_is_read_as_one_of_8_bits(tmp_path, name):
    read = []
    for factor, dtype in ((1, "uint8"), (257, "uint16")):
        values = (np.arange(256, dtype=dtype) * factor).reshape(16, 16)
        write_tiff(tmp_path / f"{name}.tif", values, photometric="MINISWHITE")
        read.append(read_image(tmp_path / f"{name}.tif"))
    (grey, valid), (deep, deep_valid) = read
    np.testing.assert_array_equal(deep_valid, valid)
    np.testing.assert_allclose(deep.astype(int), grey.astype(int), atol=2)


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("name", ["a", NAME])
def test_tiffs_of_any_type_whose_least_value_is_white_are_turned_round(tmp_path, dtype, name):
    values = RAMP.astype(dtype)
    values[0] = -32768
    values[-1] = values[-2].max() + 1
    if values.dtype.kind == "f":
        values[0] = 3e38
        values[1] = np.nan
        values[2] = np.inf
    nodata = values[0, 0]
    write_tiff(tmp_path / f"{name}.tif", values, photometric="MINISWHITE", nodata=nodata)
    grey, valid = read_image(tmp_path / f"{name}.tif")
    assert valid[3:-1].all()
    assert not valid[0].any()
    np.testing.assert_array_equal(valid[1:3], np.isfinite(values[1:3]))
    assert (np.diff(grey[3:].astype(int).ravel()) <= 0).all()
    assert int(grey[valid].max()) == 255


def test_tiffs_of_complex_numbers_are_refused(tmp_path):
    write_tiff(tmp_path / "a.tif", RAMP.astype(np.complex64))
    with pytest.raises(DatasetError, match=r"a\.tif is not an image that can be read"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_8_bits_stay_as_they_are(tmp_path, noise, suffix, channels):
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), noise if channels == 1 else np.dstack([noise, 255 - noise, noise // 2]))
    grey, valid = read_image(path)
    np.testing.assert_array_equal(grey, cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
    assert valid.all()


def test_an_image_of_16_bits_without_contrast_or_ground_is_read(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((9, 9), 700, np.uint16))
    assert np.unique(read_image(tmp_path / "a.png")[0]).tolist() == [1]
    cv2.imwrite(str(tmp_path / f"{NAME}.png"), np.zeros((9, 9), np.uint16))
    grey, valid = read_image(tmp_path / f"{NAME}.png")
    assert not grey.any()
    assert not valid.any()


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_values_below_0_of_an_image_named_by_its_edges_are_ground(tmp_path, dtype):
    values = np.arange(-50, 50).reshape(10, 10).astype(dtype)
    write_tiff(tmp_path / f"{NAME}.tif", values)
    np.testing.assert_array_equal(read_image(tmp_path / f"{NAME}.tif")[1], values != 0)


@pytest.mark.parametrize("compress", ["zstd", "lerc", "lzma"])
def test_tiffs_of_bytes_that_opencv_does_not_decompress_are_read(tmp_path, noise, capfd, compress):
    path = tmp_path / "a.tif"
    for bands in (noise, np.stack([noise] * 3), np.stack([noise] + [255 - noise] * 4)):
        colours = {"photometric": "RGB"} if len(bands) == 3 else {}
        write_tiff(path, bands, compress=compress, **colours)
        np.testing.assert_array_equal(read_grey(path), noise)
        assert read_pixels(path).shape[:2] == noise.shape
    assert capfd.readouterr().err == ""


def test_tiffs_of_four_bits_keep_their_values(tmp_path, noise):
    write_tiff(tmp_path / "a.tif", noise // 16, nbits=4)
    np.testing.assert_array_equal(read_grey(tmp_path / "a.tif"), noise // 16)


def test_images_that_are_too_wide_for_opencv_are_read_if_tiffs_and_named_if_not(tmp_path):
    wide = np.full((1, 2**20 + 1), 9, np.uint8)
    write_tiff(tmp_path / "a.tif", wide, compress="lzw")
    np.testing.assert_array_equal(read_grey(tmp_path / "a.tif"), wide)
    Image.fromarray(wide).save(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="too large"):
        read_grey(tmp_path / "a.png")


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [2, 4])
def test_transparent_pixels_are_no_ground(tmp_path, noise, suffix, channels):
    alpha = np.full_like(noise, 255)
    alpha[:, :90] = 0
    pixels = np.dstack([*[noise] * (channels - 1), alpha])
    Image.fromarray(pixels).save(tmp_path / f"a{suffix}")
    grey, valid = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(valid, alpha > 0)
    np.testing.assert_array_equal(grey[valid], noise[valid])


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_an_image_that_is_turned_for_display_is_refused(tmp_path, noise, suffix):
    path, exif = tmp_path / f"a{suffix}", Image.Exif()
    for exif[0x0112] in (1, 3, 6):
        Image.fromarray(noise).save(path, exif=exif)
        if exif[0x0112] == 1:
            assert read_grey(path).shape == noise.shape
            continue
        with pytest.raises(DatasetError, match=rf"EXIF orientation {exif[0x0112]}.*-auto-orient"):
            read_image(path)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("chunk", [b"eXIfXXXXXXX", b"eXIfII*\0", b"gAMAx", b"pHYs"])
def test_an_image_whose_metadata_are_damaged_is_read(tmp_path, noise, chunk):
    Image.fromarray(noise).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "a.png").write_bytes(content[:33] + chunk + content[33:])
    np.testing.assert_array_equal(read_grey(tmp_path / "a.png"), noise)
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(40)
    Image.fromarray(noise).save(tmp_path / "a.jpg", exif=exif)
    assert read_grey(tmp_path / "a.jpg").shape == noise.shape
