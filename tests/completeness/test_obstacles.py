"""Runs whose completeness cannot be measured, and what every command says of them."""

import pandas as pd
import pytest
import shapely

from lunarcraters import api
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import Manifest, write_manifest
from lunarcraters.detection.run import CRATERS, RunResult, write_result
from lunarcraters.errors import RunError
from lunarcraters.geometry import sphere


def make_run(path, settings):
    path.mkdir()
    ground = shapely.box(-5, -5, 5, 5)
    craters = pd.DataFrame({"lon": [0.5, 1.5], "lat": 0.0, "diameter_km": [1.0, 2.0], "score": 0.9})
    Catalogue(craters, sphere.geographic_crs(), ground, sphere.area_km2(ground)).to_file(
        path / CRATERS
    )
    write_manifest(Manifest("0", "pic.tif", "0", "wac.keras + relief.keras", settings), path)
    write_result(RunResult(craters=2, tiles=1, unread_tiles={}, seconds=1.0), path)
    return path


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"looks": 4}, "searched an elevation model, whose completeness cannot be measured yet"),
        (
            {"merged": "pic.tif + dem.tif"},
            "is a merged run, whose completeness cannot be measured; measure that of the run of "
            "the picture",
        ),
        (
            {"looks": 4, "merged": "dem.tif + pic.tif"},
            "is a merged run, whose completeness cannot be measured; measure that of the run of "
            "the picture",
        ),
    ],
)
def test_no_command_sends_to_a_measurement_that_cannot_be_made(tmp_path, settings, reason):
    run = make_run(tmp_path / "run", settings)
    with pytest.raises(RunError) as refused:
        api.measure_completeness(run)
    with pytest.raises(RunError) as undrawn:
        api.plot_errors(run, tmp_path / "errors.png")
    for told in (str(refused.value), str(undrawn.value), api.csfd(run).note):
        assert f"{run} {reason}" in told
        assert "craters completeness" not in told
        assert "--model" not in told


def test_of_the_run_of_a_picture_the_command_that_measures_is_named(tmp_path):
    run = make_run(tmp_path / "run", {})
    assert f"craters completeness {run} does" in api.csfd(run).note
    with pytest.raises(RunError, match=f"measure it with craters completeness {run}"):
        api.plot_errors(run, tmp_path / "errors.png")
