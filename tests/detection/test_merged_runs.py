"""Craters of merged runs: tiles and octaves are those of the first run's mosaic."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection import fusion
from lunarcraters.detection.fusion import merge_runs
from lunarcraters.detection.manifest import read_manifest, write_manifest
from lunarcraters.detection.run import CRATERS, MASK, RESULT, read_result, read_run, write_result
from lunarcraters.errors import OptionError, OutputError, RunError
from lunarcraters.geometry import sphere
from lunarcraters.mask.cog import NODATA, SCALE
from lunarcraters.tiling.source import TilingSettings

from ..hazard.grounds import DEGREES, degrees, write_mask, write_run
from ..rasters import write_raster

TILE = "z0_r0000_c0000"
CRATERS_HERE = [[0.4, 0.6, 5.0, 0.9], [0.7, 0.3, 6.0, 0.5]]
CRATERS_THERE = [[0.4, 0.6, 5.0, 0.7], [0.3, 0.2, 8.0, 0.6], [0.8, 0.8, 30.0, 0.6]]


def write_searched(path, craters, levels, *, step, mosaic):
    """Write a run over one square degree whose craters are in one tile of each octave."""
    side = round(1.0 / step)
    write_run(path, DEGREES, degrees(0.0, 1.0, step), np.ones((side, side), bool), craters)
    catalogue = read_run(path)
    largest_first = levels[::-1]
    names = [f"z{level}_r0000_c0000" for level in largest_first]
    table = catalogue.table.assign(tile=names, level=largest_first)
    info = replace(catalogue.info, footprint=shapely.box(0.0, 0.0, 1.0, 1.0))
    write_catalogue(Catalogue.from_table(table, info), path / CRATERS, overwrite=True)
    write_manifest(replace(read_manifest(path), input=mosaic), path)
    return path


@pytest.fixture
def runs(tmp_path):
    """A run, and one of another mosaic with pixels twice as large."""
    return [
        write_searched(tmp_path / "fine", CRATERS_HERE, [0, 0], step=0.01, mosaic="fine"),
        write_searched(tmp_path / "coarse", CRATERS_THERE, [0, 0, 1], step=0.02, mosaic="coarse"),
    ]


def rows(run):
    """Tile and octave of each crater by its diameter."""
    table = read_run(run).table
    places = zip(table["tile"], table["level"].tolist(), strict=True)
    return dict(zip(table["diameter_km"].tolist(), places, strict=True))


def test_a_run_that_is_made_meanwhile_is_not_replaced_unasked(runs, tmp_path, monkeypatch):
    out = tmp_path / "merged"
    fuse = fusion._fuse

    def fuse_slowly(opened):
        with monkeypatch.context() as patched:
            patched.setattr(fusion, "_fuse", fuse)
            merge_runs(runs[::-1], out)
        return fuse(opened)

    monkeypatch.setattr(fusion, "_fuse", fuse_slowly)
    with pytest.raises(OutputError, match="merged exists: give another --output"):
        merge_runs(runs, out)
    assert rows(out)[6.0] == ("", -1)


def test_a_run_is_not_replaced_by_a_merge_of_runs_in_it(runs, tmp_path):
    out = tmp_path / "merged"
    merge_runs(runs, out)
    inside = [shutil.copytree(run, out / run.name) for run in runs]
    with pytest.raises(OutputError, match=r"coarse lies in .*merged, which --overwrite removes"):
        merge_runs(inside, out, overwrite=True)
    assert len(read_run(inside[0])) == len(CRATERS_HERE)


def test_only_craters_of_the_first_run_are_in_its_tiles(runs, tmp_path):
    merge_runs(runs, tmp_path / "a")
    other = {8.0: ("", 1), 30.0: ("", 2)}
    assert rows(tmp_path / "a") == {5.0: (TILE, 0), 6.0: (TILE, 0)} | other
    merge_runs(runs[::-1], tmp_path / "b")
    assert rows(tmp_path / "b")[6.0] == ("", -1)
    assert rows(tmp_path / "b")[8.0][0] == TILE
    # A run of the same tiles, for example with another model, names the same ground.
    same = write_searched(tmp_path / "same", CRATERS_THERE, [0, 0, 0], step=0.01, mosaic="fine")
    merge_runs([runs[0], same], tmp_path / "c")
    assert rows(tmp_path / "c") == {size: (TILE, 0) for size in (5.0, 6.0, 8.0, 30.0)}


def test_merged_runs_merged_again_keep_the_tiles_of_the_first(runs, tmp_path):
    merge_runs(runs, tmp_path / "a")
    third = write_searched(
        tmp_path / "third", [[0.2, 0.8, 4.0, 0.9]], [0], step=0.04, mosaic="third"
    )
    merge_runs([tmp_path / "a", third], tmp_path / "b")
    assert rows(tmp_path / "b") == rows(tmp_path / "a") | {4.0: ("", 2)}
    merge_runs([third, tmp_path / "a"], tmp_path / "c")
    assert rows(tmp_path / "c")[30.0] == ("", 0)
    assert rows(tmp_path / "c")[4.0] == (TILE, 0)


def test_suggested_tiles_of_a_merged_run_hold_their_craters(runs, tmp_path):
    merge_runs(runs, tmp_path / "a")
    lc.export(tmp_path / "a", tmp_path / "a.gpkg", min_score=0.0)
    told = lc.review(tmp_path / "a", tmp_path / "a.gpkg", suggest=4)
    assert [(tile.tile, tile.unseen) for tile in told.suggested_tiles] == [(TILE, 2)]
    assert len(told.suggested) == 4


def test_a_merge_that_was_interrupted_is_to_be_merged_again(runs, tmp_path):
    merge_runs(runs, tmp_path / "a")
    (tmp_path / "a" / RESULT).unlink()
    for read in (read_run, read_result):
        with pytest.raises(RunError, match="merge its runs again, with craters merge --overwrite"):
            read(tmp_path / "a")
    merge_runs(runs, tmp_path / "a", overwrite=True)
    assert len(read_run(tmp_path / "a")) == 4
    (runs[0] / RESULT).unlink()
    with pytest.raises(RunError, match="run the same craters detect again"):
        read_run(runs[0])


@pytest.mark.parametrize("count", range(1, 3))
def test_a_merge_that_was_killed_while_it_replaced_another_is_made_again(
    runs, tmp_path, monkeypatch, count
):
    merge_runs(runs, tmp_path / "a")
    left, unlink = [None] * count, Path.unlink

    def be_killed(path, missing_ok=False):
        if path.parent == tmp_path / "a" and not path.name.startswith("."):
            if not left:
                raise KeyboardInterrupt
            left.pop()
        unlink(path, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", be_killed)
        with pytest.raises(KeyboardInterrupt):
            merge_runs(runs, tmp_path / "a", overwrite=True)
    with pytest.raises(RunError, match="merge its runs again, with craters merge --overwrite"):
        read_run(tmp_path / "a")
    merge_runs(runs, tmp_path / "a", overwrite=True)
    assert len(read_run(tmp_path / "a")) == 4


def rewrite_catalogue(run, **changes):
    """Write the catalogue of a run again with another description."""
    catalogue = read_run(run)
    info = replace(catalogue.info, **changes)
    write_catalogue(Catalogue.from_table(catalogue.table, info), run / CRATERS, overwrite=True)


def test_operating_points_are_means_of_those_that_all_runs_have(runs, tmp_path):
    rewrite_catalogue(runs[0], thresholds={"balanced": 0.4, "sure": 0.9})
    rewrite_catalogue(runs[1], thresholds={"balanced": 0.7})
    assert merge_runs(runs, tmp_path / "a").info.thresholds == {"balanced": 0.55}


def test_craters_off_the_ground_of_the_first_run_are_left_out(runs, tmp_path):
    beyond = [[0.3, 0.2, 8.0, 0.6], [1.4, 0.5, 9.0, 0.9]]
    other = write_searched(tmp_path / "other", beyond, [0, 0], step=0.02, mosaic="other")
    merge_runs([runs[0], other], tmp_path / "a")
    assert sorted(rows(tmp_path / "a")) == [5.0, 6.0, 8.0]


def test_runs_of_bodies_of_other_radii_are_refused(runs, tmp_path):
    rewrite_catalogue(runs[1], crs=sphere.geographic_crs(1_560_800.0))
    with pytest.raises(OptionError, match=r"fine and .*coarse are runs of bodies of other radii"):
        merge_runs(runs, tmp_path / "a")


def test_the_mask_has_nodata_where_the_first_run_has_it_alone(runs, tmp_path):
    """Between stripes of the greatest probability and of none, the kernel overshoots."""
    searched = np.ones((100, 100), bool)
    searched[40:, :30] = False
    write_mask(runs[0] / MASK, DEGREES, degrees(0.0, 1.0, 0.01), searched)
    stripes = np.zeros((50, 50), np.uint8)
    stripes[:, ::10] = stripes[:, 1::10] = SCALE
    affine = degrees(0.0, 1.0, 0.02)
    write_raster(runs[1] / MASK, stripes, DEGREES, affine, nodata=NODATA)
    merge_runs(runs, tmp_path / "a")
    with rasterio.open(tmp_path / "a" / MASK) as raster:
        values = raster.read(1)
    np.testing.assert_array_equal(values != NODATA, searched)
    assert values[searched].max() == SCALE
    assert values[searched].min() == 7


def test_a_run_that_is_named_twice_is_refused(runs, tmp_path):
    with pytest.raises(OptionError, match="named twice"):
        merge_runs([*runs, runs[0].parent / "coarse" / ".." / "fine"], tmp_path / "a")


def test_unread_tiles_of_all_runs_are_named(runs, tmp_path):
    for run, why in zip(runs, ("block 7 is damaged", "block 8 is damaged"), strict=True):
        write_result(replace(read_result(run), unread_tiles={TILE: why}), run)
    merge_runs(runs, tmp_path / "a")
    assert read_result(tmp_path / "a").unread_tiles == {
        f"{runs[0]}/{TILE}": "block 7 is damaged",
        f"{runs[1]}/{TILE}": "block 8 is damaged",
    }


@pytest.mark.parametrize("levels", [1, 3])
def test_a_run_of_few_octaves_does_not_lower_the_scores_of_large_craters(runs, tmp_path, levels):
    fine = replace(
        read_manifest(runs[0]),
        tiling_settings=TilingSettings(1024, 64, levels),
        diameters_px=(8.0, 40.0),
    )
    write_manifest(fine, runs[0])
    table = merge_runs(runs, tmp_path / "merged").read().table
    score = table.set_index("diameter_km")["score"][30.0]  # 99 pixels of the fine mosaic
    assert score == pytest.approx(0.6) if levels == 1 else score < 0.3


def test_a_merged_run_names_the_mosaic_that_its_pictures_show(runs, tmp_path):
    for run in runs:
        write_manifest(replace(read_manifest(run), input_name=f"{run}.tif"), run)
    merged = merge_runs(runs, tmp_path / "merged")
    wanted = {"input": f"{runs[0]}.tif", "merged": f"{runs[0]}.tif + {runs[1]}.tif"}
    assert merged.info.properties.items() >= wanted.items()
    former = merged.info.properties | {"input": wanted["merged"]}
    info = replace(merged.info, properties=former)
    write_catalogue(Catalogue.from_table(merged.read().table, info), merged.path, overwrite=True)
    assert read_run(tmp_path / "merged").properties["input"] == wanted["input"]
