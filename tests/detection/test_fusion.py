"""Runs of a picture and of an elevation model become one run, which every command reads."""

import cv2
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner

from benchmarks.elevation import RULE, count_twins, write
from lunarcraters import api
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.main import cli
from lunarcraters.detection.fusion import merge_runs
from lunarcraters.detection.manifest import read_manifest
from lunarcraters.detection.run import read_run
from lunarcraters.errors import OptionError, OutputError, RunError
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.geometry import sphere
from lunarcraters.rendering.scene import render_scene

from ..rasters import write_raster

SIDE, PIXEL_M = 512, 100.0
HALF_M = SIDE / 2 * PIXEL_M

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:.*elevation model")]


@pytest.fixture(scope="module")
def scene():
    return render_scene(SIDE, SIDE, pixel_size_m=PIXEL_M, seed=31, sun_elevation_deg=45.0)


@pytest.fixture(scope="module")
def craters(scene):
    x, y = scene.craters["x"] - SIDE / 2, SIDE / 2 - scene.craters["y"]
    lon, lat = (np.degrees(axis * PIXEL_M / sphere.RADIUS_M) for axis in (x, y))
    diameters = scene.craters["diameter_px"] * PIXEL_M / 1000.0
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameters})
    return Catalogue(table, sphere.geographic_crs())


@pytest.fixture(scope="module")
def runs(scene, tmp_path_factory):
    """A run of the picture, and one of heights in pixels twice as large, on its western half."""
    folder = tmp_path_factory.mktemp("runs")
    affine = Affine(PIXEL_M, 0, -HALF_M, 0, -PIXEL_M, HALF_M)
    write_raster(folder / "picture.tif", scene.image, affine=affine)
    heights = scene.elevation_m.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3))
    coarse = Affine(2 * PIXEL_M, 0, -HALF_M, 0, -2 * PIXEL_M, HALF_M)
    write(folder / "dem.tif", heights[:, : SIDE // 4], "IAU_2015:30110", coarse)
    for name in ("picture", "dem"):
        api.detect(folder / f"{name}.tif", folder / f"{name}_run", workers=1)
    return folder / "picture_run", folder / "dem_run"


@pytest.fixture(scope="module")
def merged(runs, tmp_path_factory):
    out = tmp_path_factory.mktemp("merged") / "run"
    merge_runs(runs, out)
    return out


def average_precision(detections, craters):
    matches = match_craters(detections, from_catalogue(craters), RULE, min_diameter=1.6)
    return compute_scores(matches).average_precision


def test_both_together_are_better_than_one(runs, merged, craters):
    alone = average_precision(read_run(runs[0]), craters)
    assert average_precision(read_run(merged), craters) > alone
    assert count_twins(read_run(merged)) == 0


def test_place_and_size_are_those_of_the_surer(runs, merged):
    columns = ["lon", "lat", "diameter_km", "diameter_sd_km"]
    before = pd.concat([read_run(run).table for run in runs])
    rows = set(map(tuple, before[columns].round(9).to_numpy().tolist()))
    fused = read_run(merged).table
    assert set(map(tuple, fused[columns].round(9).to_numpy().tolist())) <= rows
    assert fused["diameter_km"].is_monotonic_decreasing
    assert fused["crater_id"].is_unique


def test_a_run_that_could_not_see_a_crater_does_not_lower_its_score(runs, merged):
    """In the east there are no heights, and below 1.28 km their pixels are too large."""
    picture, fused = read_run(runs[0]).table, read_run(merged).table
    east = fused[fused["lon"] > np.degrees(HALF_M / 20 / sphere.RADIUS_M)]
    assert len(east) > 50
    both = east.merge(picture, on=["lon", "lat"], suffixes=("", "_before"))
    assert len(both) == len(east)
    np.testing.assert_allclose(both["score"], both["score_before"], rtol=1e-5)
    west = fused[fused["lon"] < 0].merge(picture, on=["lon", "lat"], suffixes=("", "_before"))
    large = west["diameter_km"] > 2.6
    assert not np.allclose(west["score"][large], west["score_before"][large], rtol=1e-3)


def test_the_mask_is_that_of_all_runs_on_the_ground_of_the_first(runs, merged):
    masks = []
    for run in (runs[0], merged):
        with rasterio.open(run / "mask.tif") as mask:
            masks.append((mask.read(1), mask.read_masks(1), mask.transform))
    assert masks[0][2] == masks[1][2]
    np.testing.assert_array_equal(masks[0][1], masks[1][1])
    assert (masks[1][0] >= masks[0][0]).all()
    assert (masks[1][0][:, : SIDE // 2] > masks[0][0][:, : SIDE // 2]).any()
    np.testing.assert_array_equal(masks[1][0][:, -200:], masks[0][0][:, -200:])


def test_every_command_reads_the_merged_run(runs, merged, craters, tmp_path):
    known = tmp_path / "known.csv"
    craters.table[["lon", "lat", "diameter_km"]].to_csv(known, index=False)
    for command in (
        ["export", merged, tmp_path / "craters.gpkg"],
        ["evaluate", merged, known],
        ["plot", "map", merged, tmp_path / "map.png"],
        ["plot", "map", tmp_path / "craters.gpkg", tmp_path / "map_of_file.png"],
        ["report", merged, "-o", tmp_path / "report.html"],
        ["stac", merged, "-o", tmp_path / "item.json"],
    ):
        result = CliRunner().invoke(cli, [str(part) for part in command])
        assert result.exit_code == 0, (command, result.output)
    manifest = read_manifest(merged)
    assert manifest.model_name == "wac.keras + relief.keras"
    assert manifest.input_name == read_manifest(runs[0]).input_name


def test_runs_that_cannot_be_merged_are_refused(runs, merged, tmp_path):
    with pytest.raises(OptionError, match="name two runs"):
        merge_runs(runs[:1], tmp_path / "out")
    with pytest.raises(OptionError, match="is one of the runs"):
        merge_runs(runs, runs[1], overwrite=True)
    with pytest.raises(RunError, match="not a run"):
        merge_runs([runs[0], tmp_path], tmp_path / "out")
    with pytest.raises(OutputError, match="--overwrite to replace it"):
        merge_runs(runs, merged)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="is not a run"):
        merge_runs(runs, tmp_path / "mine", overwrite=True)
    elsewhere = Affine(PIXEL_M, 0, 1e6, 0, -PIXEL_M, HALF_M)
    noise = np.random.default_rng(0).integers(1, 255, (64, 64)).astype(np.uint8)
    other = write_raster(tmp_path / "other.tif", noise, affine=elsewhere)
    api.detect(other, tmp_path / "other_run", workers=1)
    with pytest.raises(OptionError, match="share no ground"):
        merge_runs([runs[0], tmp_path / "other_run"], tmp_path / "out")
    cv2.imwrite(str(tmp_path / "plain.png"), noise)
    api.detect(tmp_path / "plain.png", tmp_path / "plain_run", workers=1)
    with pytest.raises(OptionError, match="image without coordinates"):
        merge_runs([runs[0], tmp_path / "plain_run"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
