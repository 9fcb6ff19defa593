"""Positions of blocks that a server does not give: GDAL takes such blocks for nodata."""

import numpy as np
import pytest
import rasterio
from rasterio.errors import RasterioIOError
from rasterio.shutil import copy

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.handles import get_dataset
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote import access
from lunarcraters.mosaic.remote.virtual_files import forget_remote_files
from lunarcraters.mosaic.vrt.positions import check_positions_behind
from lunarcraters.mosaic.vrt.sources import Part, find_parts

from ..rasters import write_raster
from ..servers import serve

BLOCKS = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
SMALL_BLOCKS = {**BLOCKS, "blockxsize": 16, "blockysize": 16}
"""So many that not all positions are among the first bytes, which GDAL reads at once."""


@pytest.fixture
def folder(tmp_path, noise):
    write_raster(tmp_path / "a.tif", noise, nodata=0, **BLOCKS)
    return tmp_path


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(access, "_PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(access, "_given_up", [False])
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")


@pytest.mark.parametrize("nodata", [None, 7])  # a VRT reads the raster where nodata is named
def test_blocks_whose_positions_a_server_did_not_give_are_not_nodata(folder, nodata):
    with serve(folder) as server:
        mosaic = open_mosaic(f"{server.url}/a.tif", nodata=nodata)
        get_dataset(mosaic.raster, None)
        forget_remote_files()
        server.set(left=0)
        with pytest.raises(MosaicError, match="server failed"):
            mosaic.read(mosaic.grid.box)
        server.set(left=None)
        expected = open_mosaic(folder / "a.tif", nodata=nodata).read(mosaic.grid.box)[1]
        np.testing.assert_array_equal(mosaic.read(mosaic.grid.box)[1], expected)


@pytest.mark.parametrize("is_internal", [True, False])
def test_a_mask_whose_positions_a_server_did_not_give_is_not_taken_for_empty(tmp_path, is_internal):
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=is_internal):
        write_raster(tmp_path / "a.tif", np.ones((1024, 1024), np.uint8), **SMALL_BLOCKS)
        with rasterio.open(tmp_path / "a.tif", "r+") as raster:
            raster.write_mask(True)
    box = Box(600, 600, 300, 300)
    uri = "/vsicurl/{}/a.tif"
    with (
        serve(tmp_path) as server,
        access.remote_environment(uri),
        open_dataset(uri.format(server.url)) as dataset,
    ):
        check_positions_behind(dataset, (1,), box)
        forget_remote_files()
        server.set(left=0)
        with pytest.raises(RasterioIOError):
            check_positions_behind(dataset, (1,), box)


def test_an_index_of_blocks_that_a_server_did_not_give_does_not_leave_ground_out(tmp_path):
    pixels = np.zeros((2048, 2048), np.uint8)
    pixels[100:2000, 100:900] = 1
    write_raster(tmp_path / "a.tif", pixels, nodata=0, sparse_ok=True, **SMALL_BLOCKS)
    expected = open_mosaic(tmp_path / "a.tif").extents
    opened = []
    for left in range(20):
        with serve(tmp_path) as server:
            server.set(left=left)
            try:
                opened.append(open_mosaic(f"{server.url}/a.tif").extents == expected)
            except MosaicError:
                opened.append(None)
    assert False not in opened
    assert {None, True} == set(opened)


def test_a_local_vrt_in_a_vrt_is_looked_behind(folder):
    with serve(folder) as server:
        for name, source in (("inner", f"/vsicurl/{server.url}/a.tif"), ("outer", "inner.vrt")):
            with open_dataset(str(folder / "a.tif")) as raster:
                size, wkt, affine = raster.shape[::-1], raster.crs.to_wkt(), raster.transform
            (folder / f"{name}.vrt").write_text(
                f'<VRTDataset rasterXSize="{size[0]}" rasterYSize="{size[1]}"><SRS>{wkt}</SRS>'
                f"<GeoTransform>{', '.join(map(str, affine.to_gdal()))}</GeoTransform>"
                '<VRTRasterBand dataType="Byte" band="1"><NoDataValue>0</NoDataValue><SimpleSource>'
                f'<SourceFilename relativeToVRT="{int(name == "outer")}">{source}</SourceFilename>'
                "</SimpleSource></VRTRasterBand></VRTDataset>"
            )
        mosaic = open_mosaic(folder / "outer.vrt")
        get_dataset(mosaic.raster, None)
        forget_remote_files()
        server.set(left=0)
        with pytest.raises(MosaicError):
            mosaic.read(mosaic.grid.box)


@pytest.mark.parametrize("band", ["1", "mask", "MASK,1"])
def test_the_parts_of_a_vrt_are_found(folder, band):
    xml = (
        '<VRTDataset rasterXSize="50" rasterYSize="40"><VRTRasterBand dataType="Byte" band="1">'
        "<SimpleSource><SourceFilename>{}</SourceFilename><SourceBand>{}</SourceBand>"
        '<SrcRect xOff="100" yOff="10" xSize="20" ySize="20"/>'
        '<DstRect xOff="30" yOff="0" xSize="20" ySize="20"/>'
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    name = str(folder / "a.tif")
    with open_dataset(xml.format(name, band)) as dataset:
        assert find_parts(dataset, Box(0, 0, 20, 20)) == []
        assert find_parts(dataset, Box(25, 5, 10, 10)) == [Part(name, 1, Box(100, 15, 5, 10))]


def test_a_vrt_that_its_server_does_not_give_again_is_an_error(folder):
    with open_dataset(str(folder / "a.tif")) as raster:
        copy(raster, folder / "a.vrt", driver="VRT")
    with serve(folder) as server:
        mosaic = open_mosaic(f"{server.url}/a.vrt")
        forget_remote_files()
        server.set(left=0)
        with pytest.raises(MosaicError, match="server failed"):
            mosaic.read(mosaic.grid.box)
