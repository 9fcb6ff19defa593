"""The plugin in QGIS, headless: Debian's packages of .ci/peers."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def environment(plugin_folder, craters_program, tmp_path_factory):
    """The environment of QGIS, with a profile of its own and Python's own paths."""
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return {
        **kept, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "QT_QPA_PLATFORM": "offscreen",
        "QGIS_PLUGINPATH": str(plugin_folder), "CRATERS_PROGRAM": str(craters_program),
    }  # fmt: skip


@pytest.fixture(scope="session")
def qgis(environment):
    """A function that runs an algorithm of the plugin by `qgis_process`."""
    # Debian's script gives the program an option that it does not know.
    process = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if process is None:
        pytest.skip("needs qgis_process: see .ci/peers")

    def run(algorithm, program=None, **parameters):
        given = [f"--{name}={value}" for name, value in parameters.items()]
        there = environment if program is None else {**environment, "CRATERS_PROGRAM": program}
        return subprocess.run(
            [process, "run", f"craters:{algorithm}", *given],
            env=there, capture_output=True, text=True, timeout=300,
        )  # fmt: skip

    enable = [process, "plugins", "enable", "craters_processing"]
    subprocess.run(enable, env=environment, check=True, capture_output=True)
    return run


@pytest.fixture(scope="session")
def detected(qgis, scene, tmp_path_factory):
    """What `craters:detect` writes of the sample scene, and what it says."""
    out = tmp_path_factory.mktemp("detected")
    done = qgis("detect", INPUT=scene, RUN=out / "run", OUTPUT=out / "a.gpkg")
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def craters(program, *arguments):
    subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)


def read_layers(path):
    return {name: pyogrio.read_dataframe(path, layer=name) for name, _ in pyogrio.list_layers(path)}


def test_the_geopackage_is_that_of_the_command_line(detected, craters_program, scene, tmp_path):
    out, said = detected
    craters(craters_program, "detect", scene, "-o", tmp_path / "run")
    craters(craters_program, "export", tmp_path / "run", tmp_path / "a.gpkg")
    ours, others = read_layers(out / "a.gpkg"), read_layers(tmp_path / "a.gpkg")
    assert ours.keys() == others.keys() >= {"craters", "added_craters", "layer_styles"}
    for name, layer in others.items():
        pd.testing.assert_frame_equal(pd.DataFrame(ours[name]), pd.DataFrame(layer))
    assert f"COUNT:\t{len(others['craters'])}" in said
    assert "detecting: 7 of 7 tiles" in said
    assert (out / "run" / "mask.tif").read_bytes() == (tmp_path / "run" / "mask.tif").read_bytes()


def test_the_other_algorithms_run_on_what_was_detected(qgis, detected, scene, tmp_path):
    out, _ = detected
    layer = f"{out / 'a.gpkg'}|layername=craters"
    reference = scene.with_name("rendered_scene_craters.csv")
    done = qgis("evaluate", CATALOGUE_PATH=out / "run", REFERENCE=reference, MIN_DIAMETER=0.8,
                OUTPUT=tmp_path / "scores.json")  # fmt: skip
    scores = json.loads((tmp_path / "scores.json").read_text())
    shown = re.search(r"^F1:\t(.+)$", done.stdout, re.MULTILINE)
    assert float(shown[1]) == pytest.approx(scores["chosen"]["f1"])
    assert scores["min_diameter"] == 0.8
    qgis("export", CATALOGUE=layer, POINT="pure", OUTPUT=tmp_path / "a.scc")
    assert (tmp_path / "a.scc").is_file()
    qgis("plot_csfd", CATALOGUE_PATH=tmp_path / "a.scc", OUTPUT=tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    qgis("review", RUN=out / "run", EDITED=layer, OUTPUT=tmp_path / "review.json")
    assert json.loads((tmp_path / "review.json").read_text())["counts"]["deleted"] == 0
    qgis("dataset_make", INPUT=scene, CATALOGUE=layer, TEST=0, OUTPUT=tmp_path / "dataset")
    names = {path.name for path in (tmp_path / "dataset").iterdir()}
    assert names == {"data.yaml", "index.gpkg", "train", "valid"}


def test_the_layer_that_was_chosen_is_read_and_no_other_of_its_file(qgis, detected, tmp_path):
    out, _ = detected
    run, file = out / "run", tmp_path / "two.gpkg"
    craters_ = pyogrio.read_dataframe(out / "a.gpkg", layer="craters")
    ground = pyogrio.read_dataframe(out / "a.gpkg", layer="footprint")
    some = craters_[craters_["lon"] < craters_["lon"].median()].head(200)
    west = ground.assign(geometry=ground.geometry.clip_by_rect(-180, -90, some["lon"].max(), 90))
    for name, layer in {"big": ground, "reference": craters_, "craters": some}.items():
        pyogrio.write_dataframe(layer[["geometry"]] if name == "big" else layer, file, layer=name)
    pyogrio.write_dataframe(west[["geometry"]], file, layer="mare")
    for number, layer in enumerate(("layername=craters", "layerid=2")):
        table = tmp_path / f"{number}.csv"
        done = qgis("export", CATALOGUE=f"{file}|{layer}", OUTPUT=table)
        assert len(pd.read_csv(table)) == 200, done.stdout
    counts = []
    for layer in ("layername=big", "layerid=0", "layername=mare", "layerid=3"):
        done = qgis("export", CATALOGUE_PATH=run, AREA=f"{file}|{layer}",
                    OUTPUT=tmp_path / "area.csv")  # fmt: skip
        counts.append(int(re.search(r"^COUNT:\t(\d+)", done.stdout, re.MULTILINE)[1]))
    assert counts[0] == counts[1] > counts[2] == counts[3]


def test_a_filter_loses_nothing_of_a_reviewed_file(qgis, detected, tmp_path):
    out, _ = detected
    layer = f'{out / "a.gpkg"}|layername=craters|subset="diameter_km" > 0'
    done = qgis("review", RUN=out / "run", EDITED=layer, OUTPUT=tmp_path / "review.json")
    assert "has a filter, and its file is read as a whole: remove the filter" in done.stderr
    assert not (tmp_path / "review.json").exists()


def test_notes_of_a_review_are_told(qgis, detected, tmp_path):
    out, _ = detected
    output, table = tmp_path / "review.json", tmp_path / "a.csv"
    qgis("export", CATALOGUE_PATH=out / "run", OUTPUT=table)
    done = qgis("review", RUN=out / "run", EDITED_PATH=table, OUTPUT=output)
    notes = json.loads(output.read_text())["notes"]
    assert notes
    assert all(note in done.stdout + done.stderr for note in notes)


def test_errors_are_one_sentence(qgis, scene, tmp_path):
    out = {"RUN": tmp_path / "run", "OUTPUT": tmp_path / "a.gpkg"}
    done = qgis("detect", INPUT=scene, CRS="EPSG:4326", **out)
    assert done.returncode != 0
    assert "'WGS 84', not of the Moon" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    done = qgis("export", OUTPUT=tmp_path / "a.gpkg")
    assert "Give the catalogue either as a layer or as a path" in done.stderr
    done = qgis("detect", "/nowhere/craters", INPUT=scene, **out)
    assert "/nowhere/craters is not a program: install it" in done.stderr
    assert not (tmp_path / "run").exists()
    for name, value in {"evaluate": "REFERENCE_PATH", "review": "RUN"}.items():
        given = {value: scene, "CATALOGUE_PATH" if name == "evaluate" else "EDITED_PATH": scene}
        done = qgis(name, OUTPUT=tmp_path / "nowhere" / "a.json", **given)
        assert f"there is no directory {tmp_path / 'nowhere'}: create it" in done.stderr
    other = tmp_path / "craters"
    other.write_text("#!/bin/sh\necho craters, version 9.1.0\n")
    other.chmod(0o755)
    done = qgis("detect", str(other), INPUT=scene, **out)
    assert "has version 9.1.0, and this plugin is for version" in done.stderr


def test_a_cancelled_run_goes_on_and_is_loaded_with_its_style(
    environment, plugin_folder, scene, tmp_path
):
    python = Path("/usr/bin/python3")
    there = [python, "-c", "import qgis.core"]
    if not python.exists() or subprocess.run(there, capture_output=True).returncode:
        pytest.skip("needs QGIS for Python: see .ci/peers")
    session = Path(__file__).with_name("session.py")
    done = subprocess.run(
        [python, session, plugin_folder, scene, tmp_path],
        env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout.splitlines()[-1])
    assert record["cancelled"] == "The program was stopped."
    assert record["parts"] > 0
    assert record["progress"][0] > 0.0, "it went on with what was there"
    assert record["progress"][-1] == 100.0
    layers = record["layers"]
    assert list(sorted(layers)) == ["Craters", "added_craters", "footprint"]
    assert all(layer["crs"] for layer in layers.values())
    assert layers["Craters"]["features"] == record["results"]["COUNT"] > 1000
    assert layers["Craters"]["renderer"] == "graduatedSymbol"
    assert layers["Craters"]["review"] == "ValueMap"
    assert layers["added_craters"]["features"] == 0
