"""A VRT is planned as the files that it is made of."""

from pathlib import PurePosixPath

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.shutil import copy

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.vrt.sources import find_parts, find_vrt_boxes
from lunarcraters.tiling.plan import plan_tiles

from ..rasters import write_raster

SPARSE = {"sparse_ok": True, "tiled": True, "blockxsize": 128, "blockysize": 128}
VRT = """<VRTDataset rasterXSize="2000" rasterYSize="1600">{srs}
<GeoTransform>-10000, 100, 0, 10000, 0, -100</GeoTransform>
<VRTRasterBand dataType="Byte" band="1"><NoDataValue>{nodata}</NoDataValue>{sources}
</VRTRasterBand></VRTDataset>"""


@pytest.fixture
def sparse(tmp_path):
    values = np.zeros((1600, 2000), np.uint8)
    values[300:500, 100:320] = np.random.default_rng(0).integers(1, 255, (200, 220))
    values[1590:, 1990:] = 9
    (tmp_path / "below").mkdir()
    return write_raster(tmp_path / "below" / "a.tif", values, nodata=0, **SPARSE)


def nest(path, text):
    """A VRT that names another, which GDAL would flatten."""
    path.write_text(text)
    return path


def make_vrt(source, path):
    with rasterio.open(source) as raster:
        copy(raster, str(path), driver="VRT")
    return path


def test_a_nested_vrt_of_a_sparse_file_is_planned_as_the_file(sparse, tmp_path):
    inner = make_vrt(sparse, sparse.with_name("inner.vrt"))
    outer = tmp_path / "outer.vrt"
    text = make_vrt(inner, outer).read_text()
    outer.write_text(text.replace("below/a.tif", "below/inner.vrt"))
    assert 'relativeToVRT="1">below/inner.vrt' in outer.read_text()
    file = open_mosaic(sparse)
    assert len(file.extents) == 2
    for path in (inner, outer):
        mosaic = open_mosaic(path)
        assert mosaic.extents == file.extents
        assert plan_tiles(mosaic) == plan_tiles(file)
        np.testing.assert_array_equal(mosaic.read(mosaic.grid.box), file.read(file.grid.box))


def test_a_change_of_the_innermost_file_is_noticed(sparse, tmp_path):
    inner = make_vrt(sparse, sparse.with_name("inner.vrt"))
    outer = make_vrt(inner, tmp_path / "outer.vrt")
    outer.write_text(outer.read_text().replace("below/a.tif", "below/inner.vrt"))
    before = open_mosaic(outer).fingerprint()
    with rasterio.open(sparse, "r+") as raster:
        raster.write(np.full((1, 20, 20), 3, np.uint8), window=((310, 330), (110, 130)))
    assert open_mosaic(outer).fingerprint() != before


def source(tag, file, *, src, dst, extra=""):
    def rectangle(name, box):
        keys = ("xOff", "yOff", "xSize", "ySize")
        return f"<{name} " + " ".join(f'{k}="{v}"' for k, v in zip(keys, box, strict=True)) + "/>"

    return (
        f'<{tag}><SourceFilename relativeToVRT="1">{file}</SourceFilename>'
        f"<SourceBand>1</SourceBand>"
        f"{rectangle('SrcRect', src)}{rectangle('DstRect', dst)}{extra}</{tag}>"
    )


@pytest.mark.parametrize(
    ("tag", "nodata", "extra", "found"),
    [
        ("SimpleSource", 0, "", True),
        ("SimpleSource", 7, "", False),  # blocks that are missing show as 0, which is no nodata
        ("ComplexSource", 7, "<NODATA>0</NODATA>", True),
        ("ComplexSource", 0, "<ScaleOffset>5</ScaleOffset><ScaleRatio>1</ScaleRatio>", False),
    ],
)
def test_missing_blocks_are_left_out_only_where_they_are_nodata(
    sparse, tmp_path, tag, nodata, extra, found
):
    with rasterio.open(sparse) as raster:
        srs = f"<SRS>{raster.crs.to_wkt()}</SRS>"
    whole = (0, 0, 1000, 800)
    part = source(tag, "below/a.tif", src=whole, dst=(500, 400, 1000, 800), extra=extra)
    path = nest(tmp_path / "a.vrt", VRT.format(srs=srs, nodata=nodata, sources=part))
    mosaic = open_mosaic(path)
    assert (mosaic.extents != ((500, 400, 1000, 800),)) == found
    outside = np.ones((1600, 2000), bool)
    for box in mosaic.extents:
        outside[box.slices] = False
    with rasterio.open(path) as raster:
        assert not raster.read_masks(1)[outside].any()


def test_scattered_files_are_planned_as_they_lie_and_a_whole_cover_as_before(tmp_path, noise):
    for column, name in ((0, "a"), (5, "b")):
        affine = Affine(100, 0, -10_000 + column * 28_000, 0, -100, 10_000)
        write_raster(tmp_path / f"{name}.tif", noise, affine=affine, nodata=0)
    with rasterio.open(tmp_path / "a.tif") as raster:
        srs = f"<SRS>{raster.crs.to_wkt()}</SRS>"
    src = (0, 0, 280, 300)
    parts = source("SimpleSource", "a.tif", src=src, dst=src)
    parts += source("SimpleSource", "b.tif", src=src, dst=(1400, 0, 280, 300))
    path = nest(tmp_path / "ab.vrt", VRT.format(srs=srs, nodata=0, sources=parts))
    files = open_mosaic([tmp_path / "a.tif", tmp_path / "b.tif"])
    assert open_mosaic(path).extents == files.extents
    cover = source("SimpleSource", "a.tif", src=src, dst=(0, 0, 1000, 1600))
    cover += source("SimpleSource", "b.tif", src=src, dst=(1000, 0, 1000, 1600))
    path = nest(tmp_path / "cover.vrt", VRT.format(srs=srs, nodata=0, sources=cover))
    assert open_mosaic(path).extents == ((0, 0, 2000, 1600),)


def test_a_loop_of_vrts_ends(sparse, tmp_path):
    with rasterio.open(sparse) as raster:
        srs = f"<SRS>{raster.crs.to_wkt()}</SRS>"
    whole = (0, 0, 2000, 1600)
    for one, other in (("a", "b"), ("b", "a")):
        part = source("SimpleSource", f"{other}.vrt", src=whole, dst=whole)
        nest(tmp_path / f"{one}.vrt", VRT.format(srs=srs, nodata=0, sources=part))
    with pytest.raises(MosaicError, match=r"a.vrt names itself: correct the name in .*b.vrt$"):
        open_mosaic(tmp_path / "a.vrt")


def test_xml_is_taken_apart_as_a_path_once_and_not_for_each_source(sparse, monkeypatch):
    taken = []

    def take(name):
        taken.append(name)
        return PurePosixPath(name)

    monkeypatch.setattr("lunarcraters.mosaic.vrt.sources.PurePosixPath", take)
    with rasterio.open(sparse) as raster:
        srs = f"<SRS>{raster.crs.to_wkt()}</SRS>"
    places = [(column, 0, 100, 1600) for column in range(0, 2000, 100)]
    parts = "".join(source("SimpleSource", sparse, src=at, dst=at) for at in places)
    with open_dataset(VRT.format(srs=srs, nodata=0, sources=parts)) as dataset:
        assert len(find_parts(dataset, Box(0, 0, 2000, 1600))) == 20
        assert find_vrt_boxes(dataset, (1,), None) is not None
        assert taken == [dataset.name] * 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone.tif", "gone.tif is not there: put it there, or correct its name in .*inner.vrt$"),
        ("cut.tif", "cut.tif cannot be read .*copy or download cut.tif again$"),
        ("/vsicurl/http://127.0.0.1:9/a.tif?key=SECRET", "^[^?]*http://127.0.0.1:9/a.tif cannot"),
    ],
)
def test_the_source_of_a_vrt_that_cannot_be_read_is_named(sparse, tmp_path, name, message):
    with rasterio.open(sparse) as raster:
        srs = f"<SRS>{raster.crs.to_wkt()}</SRS>"
    write_raster(tmp_path / "cut.tif", np.full((1600, 2000), 9, np.uint8))
    content = (tmp_path / "cut.tif").read_bytes()
    (tmp_path / "cut.tif").write_bytes(content[: len(content) // 2])
    whole = (0, 0, 2000, 1600)
    for vrt, inner in (("inner.vrt", name), ("outer.vrt", "inner.vrt")):
        part = source("SimpleSource", inner, src=whole, dst=whole)
        nest(tmp_path / vrt, VRT.format(srs=srs, nodata=0, sources=part))
    with pytest.raises(MosaicError, match=message):
        open_mosaic(tmp_path / "outer.vrt")
