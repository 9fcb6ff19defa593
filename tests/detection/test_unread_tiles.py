"""Where tiles of coarse octaves were not read at all, whoever counts large craters is told."""

import numpy as np
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.ground import UNREAD_COARSE
from lunarcraters.detection.manifest import Manifest
from lunarcraters.detection.outputs import _describe
from lunarcraters.detection.run import CRATERS, read_run
from lunarcraters.detection.search.batch_result import IN_PART
from lunarcraters.errors import CratersWarning
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import read_info, shipped_model
from lunarcraters.tiling.source import MosaicTiles

from ..hazard.grounds import DEGREES, degrees, write_run
from ..rasters import write_raster

MESSAGE = "^2 tiles of coarse octaves could not be read, .*run the same craters detect again"
MANIFEST = Manifest("a", "a.tif", "b", "wac.keras", {})


@pytest.fixture
def runs(tmp_path):
    """Two runs of the same ground; the first lacks two tiles of coarse octaves."""
    craters = np.random.default_rng(0).uniform(0.1, 0.9, (40, 4)) * [1.0, 1.0, 5.0, 1.0]
    ground = np.ones((100, 100), bool)
    paths = [
        write_run(tmp_path / name, DEGREES, degrees(0.0, 1.0), ground, craters) for name in "ab"
    ]
    footprint = shapely.box(0.0, 0.0, 1.0, 1.0)
    for path, properties in zip(paths, ({UNREAD_COARSE: "2"}, {}), strict=True):
        catalogue = read_run(path).with_info(
            footprint=footprint, footprint_area_km2=919.4, properties=properties
        )
        write_catalogue(catalogue, path / CRATERS, overwrite=True)
    return paths


@pytest.mark.parametrize("levels", [{0}, {0, 1}, {1, 2}])
def test_tiles_of_coarse_octaves_of_which_nothing_was_read_are_counted(tmp_path, levels):
    values = np.random.default_rng(0).integers(1, 200, (600, 600)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    source = MosaicTiles.plan(mosaic, max_size=256, halo=64, levels=3)
    lost = {tile.name: "its server failed" for tile in source.tiles if tile.level in levels}
    info = read_info(shipped_model())
    described = _describe(source, info, MANIFEST, lost).properties
    coarse = sum(tile.level > 0 for tile in source.tiles if tile.level in levels)
    assert described["unread_tiles"] == str(len(lost))
    assert described.get(UNREAD_COARSE) == (str(coarse) if coarse else None)
    in_part = {name: why + IN_PART for name, why in lost.items()}
    assert UNREAD_COARSE not in _describe(source, info, MANIFEST, in_part).properties


def test_whoever_counts_craters_or_hands_them_on_is_told_once(runs, tmp_path):
    read_run(runs[1]).to_file(tmp_path / "reference.csv")
    read_run(runs[0]).to_file(tmp_path / "exported.gpkg")
    for count in (
        lambda: lc.csfd(runs[0]),
        lambda: lc.csfd(tmp_path / "exported.gpkg"),
        lambda: lc.plot_csfd(runs[0], tmp_path / "a.png"),
        lambda: lc.measure_randomness(runs[0]),
        lambda: lc.evaluate(runs[0], tmp_path / "reference.csv"),
        lambda: lc.export(runs[0], tmp_path / "a.csv"),
        lambda: lc.export(runs[0], tmp_path / "b.csv", area=(0.0, 0.0, 1.0, 1.0)),
        lambda: lc.export(tmp_path / "exported.gpkg", tmp_path / "c.csv"),
        lambda: lc.plot_hazard(runs[0], tmp_path / "b.png"),
        lambda: lc.write_stac_item(runs[0], tmp_path / "item.json"),
    ):
        with pytest.warns(CratersWarning) as told:
            count()
        assert len([one for one in told if "coarse octaves" in str(one.message)]) == 1


def test_a_merged_run_lacks_what_its_runs_lack(runs, tmp_path):
    with pytest.warns(CratersWarning, match=MESSAGE):
        lc.merge(runs, tmp_path / "merged")
    assert read_run(tmp_path / "merged").properties[UNREAD_COARSE] == "2"
    with pytest.warns(CratersWarning, match=MESSAGE):
        lc.csfd(tmp_path / "merged")
