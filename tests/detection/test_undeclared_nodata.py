"""A strip of ground in a black rectangle has the same craters, whatever its file declares."""

import numpy as np
import pytest
import rasterio

from lunarcraters.detection.detect import detect
from lunarcraters.detection.manifest import read_manifest
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.searched import searched_mosaic
from lunarcraters.detection.source import open_source
from lunarcraters.errors import CratersWarning
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import write_raster

pytestmark = pytest.mark.slow

SIDE = 768
MODEL = shipped_model()
JPEG = {"compress": "jpeg", "jpeg_quality": 60, "tiled": True}


@pytest.fixture(scope="module")
def strips(tmp_path_factory, scene):
    """The strip with its nodata value, without, and without in JPEG."""
    folder = tmp_path_factory.mktemp("strips")
    rows, columns = np.mgrid[:SIDE, :SIDE] - SIDE / 2.0
    inside = np.abs(columns - rows * np.tan(np.radians(14.0))) < 250.0
    with rasterio.open(scene) as whole:
        grey = whole.read(1, window=((0, SIDE), (500, 500 + SIDE)))
        place = whole.crs, whole.transform
    strip = np.where(inside, np.maximum(grey, 1), 0).astype(np.uint8)
    variants = {"declared": {"nodata": 0}, "undeclared": {}, "jpeg": JPEG}
    return {
        name: write_raster(folder / f"{name}.tif", strip, *place, **options)
        for name, options in variants.items()
    }


@pytest.fixture(scope="module")
def declared(strips, tmp_path_factory):
    return search(strips["declared"], tmp_path_factory.mktemp("run"))


def search(path, run):
    return detect(open_source([path], MODEL), run, MODEL, DetectOptions(workers=1)).read()


def test_an_undeclared_collar_changes_nothing(strips, declared, tmp_path):
    for _ in range(2):  # the second time the finished run is resumed
        with pytest.warns(CratersWarning, match="0 fills"):
            found = search(strips["undeclared"], tmp_path / "run")
    assert found.craters.equals(declared.craters)
    assert found.info.footprint_area_km2 == declared.info.footprint_area_km2
    assert read_manifest(tmp_path / "run").settings["nodata"] == "0.0"
    mosaic = searched_mosaic(tmp_path / "run")
    assert not mosaic.read(mosaic.grid.box)[1][0, -1]


@pytest.mark.parametrize("virtual", [False, True])
def test_tiles_leave_it_out_too(strips, declared, tmp_path, virtual):
    with pytest.warns(CratersWarning, match="0 fills"):
        write_tiles(open_mosaic(strips["undeclared"]), tmp_path / "tiles", virtual=virtual)
    found = search(tmp_path / "tiles", tmp_path / "run")
    assert found.craters[["lon", "lat"]].equals(declared.craters[["lon", "lat"]])


def test_a_collar_that_jpeg_spoilt_changes_little(strips, declared, tmp_path):
    with pytest.warns(CratersWarning, match="0 fills"):
        found = search(strips["jpeg"], tmp_path / "run")
    assert found.info.footprint_area_km2 == pytest.approx(
        declared.info.footprint_area_km2, rel=0.01
    )
    counts = [len(some.filter("balanced")) for some in (found, declared)]
    assert counts[0] == pytest.approx(counts[1], rel=0.05)  # of 250: the compression itself
