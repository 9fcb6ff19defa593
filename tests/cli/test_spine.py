"""The commands one after another, as a user would give them."""

import json

import cv2
import pyogrio
import pytest
from click.testing import CliRunner

from lunarcraters.cli.main import cli

from ..rasters import write_part

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory, scene):
    """A corner of the sample scene."""
    root = tmp_path_factory.mktemp("spine")
    write_part(root / "corner.tif", scene, (200, 100, 480, 448))
    return root


def craters(*arguments):
    found = CliRunner().invoke(cli, [str(word) for word in arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_what_a_run_would_cost_is_known_before(folder):
    said = json.loads(craters("info", folder / "corner.tif", "--json", "--workers", 1))
    assert said["levels"][0]["diameters"] == pytest.approx([0.8, 7.2])
    assert [level["level"] for level in said["levels"]] == [0, 1]
    assert said["cost"]["empty_share"] == 0
    pixels = sum(level["pixels"] for level in said["levels"])
    searching = pixels / said["cost"]["pixels_per_s"]
    assert searching < said["cost"]["seconds"] < searching + 5  # and stitching of the masks
    assert 0.2e9 < said["cost"]["memory_bytes"] < 8e9
    assert 0 < said["cost"]["disk_bytes"] < 4 * pixels
    assert "0.8 - 7.2" in craters("info", folder / "corner.tif", "--plan-only")


def test_from_mosaic_to_scores(folder, repository):
    craters("tile", folder / "corner.tif", "-o", folder / "tiles", "-q")
    said = json.loads(craters("detect", folder / "tiles", "-o", folder / "run", "--json"))
    assert said["craters"] > said["balanced"] > 50
    assert said["searched_km2"] == pytest.approx(480 * 448 * 0.01, rel=1e-3)

    for name in ("craters.gpkg", "craters.geojson", "craters.csv", "craters.parquet"):
        craters("export", folder / "run", folder / name)
        assert (folder / name).exists()
    layers = dict(pyogrio.list_layers(folder / "craters.gpkg"))
    assert {"craters", "centres", "bounding_boxes", "footprint"} <= set(layers)
    info = pyogrio.read_info(folder / "craters.gpkg", layer="craters")
    assert "Moon" in info["crs"] or "30100" in info["crs"]
    assert info["features"] == said["balanced"]
    assert "craters (score >= 0)" in craters("export", folder / "run", folder / "all.csv",
                                             "--min-score", 0)  # fmt: skip

    truth = repository / "sample_tiles" / "rendered_scene_craters.csv"
    scores = json.loads(
        craters("evaluate", folder / "run", truth, "--min-diameter", 1, "--json",
                "--figures", folder / "figures")
    )  # fmt: skip
    assert scores["rule"] == "circle"
    assert scores["best"]["f1"] > 0.6
    assert list((folder / "figures").glob("*.png"))

    craters("plot", "map", folder / "run", folder / "map.png")
    assert cv2.imread(str(folder / "map.png")).shape[:2] == (448 + 60, 480 + 160)


def test_an_export_is_not_overwritten_unasked(folder):
    out = folder / "twice.csv"
    craters("export", folder / "run", out)
    before = out.read_bytes()
    found = CliRunner().invoke(cli, ["export", str(folder / "run"), str(out)])
    assert found.exit_code == 1
    assert "--overwrite" in str(found.exception)
    assert out.read_bytes() == before
    craters("export", folder / "run", out, "--overwrite", "--min-score", "pure")
    assert len(out.read_bytes()) < len(before)
