"""Pictures whose greater values are darker are refused, with the command that turns them round."""

import warnings

import numpy as np
import pytest
import rasterio

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.examination.examine import examine_mosaic
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster


@pytest.fixture
def picture(noise):
    """Grey values, uint8."""
    return noise.astype(np.uint8)


def write_palette(path, picture, greys, **options):
    """A TIFF with a palette of greys, or of colours."""
    write_raster(path, picture, **options)
    colours = [(grey, grey, grey) if np.isscalar(grey) else grey for grey in greys]
    # GDAL takes a palette for a band that is not stored yet.
    with rasterio.open(path) as raster:
        profile, values = raster.profile, raster.read()
    with rasterio.open(path, "w", **profile | {"photometric": "palette"}) as raster:
        raster.write_colormap(1, {i: (*colour, 255) for i, colour in enumerate(colours)})
        raster.write(values)
    return path


def examine(path, elevation=False):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return examine_mosaic(open_mosaic(path), elevation)


@pytest.mark.parametrize("greys", [range(256), [v // 2 for v in range(256)], range(0, 200)])
def test_a_palette_of_rising_greys_is_read_as_it_is(tmp_path, picture, greys):
    examine(write_palette(tmp_path / "a.tif", picture, greys))
    examine(write_palette(tmp_path / "b.tif", picture, [255, *list(greys)[1:]], nodata=0))


@pytest.mark.parametrize(
    "greys", [range(255, -1, -1), [255, 0], [0, 255, *range(254)], [0] * 256, [40] * 256]
)
def test_a_palette_of_other_greys_is_refused(tmp_path, picture, greys):
    path = write_palette(tmp_path / "a.tif", picture, greys)
    with pytest.raises(MosaicError, match=r"a\.tif stores .*gdal_translate -expand gray"):
        examine(path)


def test_a_palette_of_colours_is_refused(tmp_path, picture):
    path = write_palette(tmp_path / "a.tif", picture, [(v, v, 0) for v in range(256)])
    with pytest.raises(MosaicError, match="gdal_translate -expand rgb"):
        examine(path)


@pytest.mark.parametrize("options", [{}, {"nbits": 1}, {"nodata": 0}])
def test_white_that_is_stored_as_0_is_refused(tmp_path, picture, options):
    values = picture % 2 if "nbits" in options else picture
    path = write_raster(tmp_path / "a.tif", values, photometric="MINISWHITE", **options)
    with pytest.raises(MosaicError, match=r"MINISWHITE.*gdal_translate -expand gray"):
        examine(path)


def test_a_negative_scale_is_refused_in_pictures_alone(tmp_path, picture):
    path = write_raster(tmp_path / "a.tif", picture.astype(np.int16))
    with rasterio.open(path, "r+") as raster:
        raster.scales = (-0.5,)
    with pytest.raises(MosaicError, match="gdal_translate -unscale -ot Float32"):
        examine(path)
    with rasterio.open(path, "r+") as raster:
        raster.scales = (0.5,)
    examine(path)


def test_a_negative_scale_of_heights_is_applied(tmp_path):
    ramp = np.add.outer(np.arange(300), np.arange(300)).astype(np.int16)
    path = write_raster(tmp_path / "dem.tif", ramp)
    with rasterio.open(path, "r+") as raster:
        raster.scales, raster.units = (-2.0,), ("m",)
    assert examine(path, elevation=True).height_unit_m == -2.0
