"""Bands: which are searched, and which hide ground."""

from xml.sax.saxutils import escape

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from lunarcraters.errors import CratersWarning, MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster

ALPHA, GREY = ColorInterp.alpha, ColorInterp.gray
RED, GREEN, BLUE = ColorInterp.red, ColorInterp.green, ColorInterp.blue


def read_all(mosaic):
    return mosaic.read((0, 0, mosaic.width, mosaic.height))


@pytest.mark.parametrize(
    ("kinds", "order"),
    [
        ((ALPHA, GREY), (2, 1)),
        ((GREY, GREY, ALPHA), (1, 3)),
        ((ALPHA, RED, GREEN, BLUE), (2, 3, 4, 1)),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_that_gdal_does_not_take_for_a_mask_is_refused(noise, tmp_path, kinds, order, dtype):
    mask = np.full(noise.shape, np.iinfo(dtype).max, dtype)
    mask[:, :50] = 0
    bands = np.stack([mask if kind == ALPHA else noise.astype(dtype) for kind in kinds])
    path = write_raster(tmp_path / "a.tif", bands)
    with rasterio.open(path, "r+") as raster:
        raster.colorinterp = kinds
    advice = "gdal_translate " + " ".join(f"-b {band}" for band in order)
    with pytest.raises(MosaicError, match=rf"a\.tif has an alpha band .*{advice}\)"):
        open_mosaic(path)
    kinds = [kinds[band - 1] for band in order]
    other = write_raster(tmp_path / "b.tif", bands[[band - 1 for band in order]])
    with rasterio.open(other, "r+") as raster:
        raster.colorinterp = kinds
    read_values, valid = read_all(open_mosaic(other))
    np.testing.assert_array_equal(valid, mask > 0)
    np.testing.assert_array_equal(read_values, np.where(mask, noise, 0))


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
@pytest.mark.parametrize(
    ("kinds", "advice"),
    [
        ((GREY, ALPHA), "-b 1 -mask 2"),
        ((ALPHA, GREY), "-b 2 -mask 1"),
        ((RED, GREEN, BLUE, ALPHA), "-b 1 -b 2 -b 3 -mask 4"),
    ],
)
def test_alpha_of_a_type_that_gdal_takes_for_no_mask_is_named(
    noise, tmp_path, kinds, advice, dtype
):
    mask = np.where(noise > 100, 255, 0)
    bands = np.stack([mask if kind == ALPHA else noise for kind in kinds]).astype(dtype)
    path = write_raster(tmp_path / "a.tif", bands)
    with rasterio.open(path, "r+") as raster:
        raster.colorinterp = kinds
    with pytest.warns(CratersWarning, match=rf"alpha band .*gdal_translate {advice}\)"):
        assert read_all(open_mosaic(path))[1].all()


@pytest.mark.filterwarnings("error")
def test_alpha_beside_a_nodata_value_is_not_named(noise, tmp_path):
    bands = np.stack([noise, np.where(noise > 100, 255, 0)]).astype(np.float32)
    path = write_raster(tmp_path / "a.tif", bands, nodata=100)
    with rasterio.open(path, "r+") as raster:
        raster.colorinterp = (GREY, ALPHA)
    np.testing.assert_array_equal(read_all(open_mosaic(path))[1], noise != 100)


def test_colour_is_read_as_luminance(noise, tmp_path):
    bands = np.stack([noise, noise // 2, noise // 4])
    grey, _ = read_all(open_mosaic(write_raster(tmp_path / "a.tif", bands, photometric="RGB")))
    wanted = 0.299 * bands[0] + 0.587 * bands[1] + 0.114 * bands[2]
    assert np.abs(grey - wanted).max() <= 0.501


def test_several_grey_bands_give_the_first(noise, tmp_path):
    bands = np.stack([noise, noise // 2])
    path = write_raster(tmp_path / "a.tif", bands, photometric="MINISBLACK")
    with pytest.warns(CratersWarning, match="2 bands"):
        mosaic = open_mosaic(path)
    np.testing.assert_array_equal(read_all(mosaic)[0], noise)


def test_the_type_is_that_of_the_bands_that_are_read(noise, tmp_path):
    write_raster(tmp_path / "first.tif", noise)
    write_raster(tmp_path / "colour.tif", noise.astype(np.uint16) * 10)
    with rasterio.open(tmp_path / "first.tif") as raster:
        place = ", ".join(map(repr, raster.transform.to_gdal()))
        system, (height, width) = escape(raster.crs.to_wkt()), raster.shape
    bands = "".join(
        f'<VRTRasterBand dataType="{dtype}" band="{band}"><ColorInterp>{colour}</ColorInterp>'
        f"<SimpleSource><SourceFilename>{tmp_path / name}</SourceFilename></SimpleSource>"
        "</VRTRasterBand>"
        for band, (dtype, colour, name) in enumerate(
            [("Byte", "Undefined", "first.tif")]
            + [("UInt16", colour, "colour.tif") for colour in ("Red", "Green", "Blue")],
            start=1,
        )
    )
    (tmp_path / "a.vrt").write_text(
        f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}"><SRS>{system}</SRS>'
        f"<GeoTransform>{place}</GeoTransform>{bands}</VRTDataset>"
    )
    mosaic = open_mosaic(tmp_path / "a.vrt")
    assert mosaic.dtype == "uint16"
    np.testing.assert_array_equal(read_all(mosaic)[0], noise.astype(np.uint16) * 10)


def test_a_colour_that_is_infinite_in_one_band_is_no_data(tmp_path):
    values = np.full((3, 16, 16), 9.0, np.float32)
    values[1, 3, 4], values[2, 5, 6] = np.inf, np.nan
    read, valid = read_all(open_mosaic(write_raster(tmp_path / "a.tif", values, photometric="RGB")))
    assert np.argwhere(~valid).tolist() == [[3, 4], [5, 6]]
    assert np.isfinite(read).all()
