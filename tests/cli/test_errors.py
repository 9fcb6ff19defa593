"""Bad input: one clear line on stderr, exit code 1, no traceback, nothing half-written."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from lunarcraters.cli.main import main

from .. import rasters

LUNAR = "IAU_2015:30110"


NOISE = np.random.default_rng(0).integers(80, 101, (512, 512)).astype(np.uint8)


def write_raster(path, *, crs=LUNAR, values=NOISE, **options):
    return rasters.write_raster(path, values, crs, **options)


@pytest.fixture
def craters(tmp_path, monkeypatch, capsys):
    """Run the command line in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["craters", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        return stopped.value.code or 0, captured.out, captured.err

    return run


def refused(result, *words):
    code, out, err = result
    assert code == 1, err
    assert out == ""
    lines = [line for line in err.splitlines() if line]
    assert len(lines) == 1, err
    assert lines[0].startswith("Error: ")
    for word in words:
        assert word in lines[0]


@pytest.fixture(params=["tile", "detect"])
def search(request, craters, tmp_path):
    """`craters tile` and `craters detect` of a mosaic; whatever is wrong, there is no output."""

    def run(*arguments, out="out"):
        result = craters(request.param, *arguments, "-o", out)
        assert not (tmp_path / out).exists()
        assert not list(tmp_path.glob(".*")), "no temporary files are left"
        return result

    return run


def test_no_coordinate_system(search, tmp_path):
    refused(search(write_raster(tmp_path / "m.tif", crs=None)), "m.tif", "--crs")


def test_a_coordinate_system_of_the_earth(search, tmp_path):
    refused(search(write_raster(tmp_path / "m.tif", crs="EPSG:32633")), "m.tif", "WGS 84", "--crs")


@pytest.mark.filterwarnings("default::lunarcraters.errors.CratersWarning")
def test_the_band_that_is_searched_is_one_line_on_stderr(craters, tmp_path):
    bands = np.random.default_rng(0).integers(1, 255, (3, 300, 300), np.uint8)
    write_raster(tmp_path / "m.tif", values=bands, photometric="MINISBLACK")
    code, out, err = craters("info", tmp_path / "m.tif", "--plan-only")
    assert (code, "300 x 300" in out) == (0, True)
    note = "Warning: of 3 bands the first is searched: choose another one with gdal_translate -b"
    assert err.splitlines() == [note]
    write_raster(tmp_path / "second.tif", values=bands[1])
    assert craters("info", tmp_path / "second.tif", "--plan-only")[2] == ""


def test_a_truncated_tiff(search, tmp_path):
    noise = np.random.default_rng(0).integers(1, 255, (512, 512), np.uint8)
    path = write_raster(
        tmp_path / "m.tif", values=noise, tiled=True, blockxsize=256, blockysize=256
    )
    path.write_bytes(path.read_bytes()[:150_000])
    refused(search(path), "m.tif", "truncated")


def test_nothing_but_nodata(search, tmp_path):
    values = np.zeros((512, 512), np.uint8)
    refused(search(write_raster(tmp_path / "m.tif", values=values, nodata=0)), "m.tif", "nodata")


def test_nothing_but_nan(search, tmp_path):
    values = np.full((512, 512), np.nan, np.float32)
    refused(search(write_raster(tmp_path / "m.tif", values=values)), "m.tif", "nodata")


def test_a_text_file_called_tif(search, tmp_path):
    (tmp_path / "m.tif").write_text("not a raster")
    refused(search(tmp_path / "m.tif"), "m.tif", "raster")


def test_an_empty_directory(search, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(search(tmp_path / "empty"), "empty")


def test_a_missing_file(search, tmp_path):
    refused(search(tmp_path / "missing.tif"), "missing.tif")


def test_an_output_that_cannot_be_written(craters, tmp_path):
    write_raster(tmp_path / "m.tif")
    (tmp_path / "file").write_text("")
    for command in ("tile", "detect"):
        refused(craters(command, "m.tif", "-o", "file/out"), "file")


def test_an_output_that_exists(craters, tmp_path):
    write_raster(tmp_path / "m.tif")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    for command in ("tile", "detect"):
        refused(craters(command, "m.tif", "-o", "out"), "out")
    assert (tmp_path / "out" / "thesis.txt").read_text() == "years of work"


def test_weights_that_are_none(craters, tmp_path):
    write_raster(tmp_path / "m.tif")
    (tmp_path / "model.keras").write_text("not a model")
    refused(craters("detect", "m.tif", "-o", "out", "--model", "model.keras"), "model.keras")
    refused(craters("detect", "m.tif", "-o", "out", "--model", "none.keras"), "none.keras")
    assert not (tmp_path / "out").exists()


def dataset(tmp_path):
    for split in ("train", "valid"):
        for folder in ("images", "labels"):
            (tmp_path / "data" / split / folder).mkdir(parents=True)
        image = np.full((64, 64), 90, np.uint8)
        cv2.imwrite(str(tmp_path / "data" / split / "images" / "a.png"), image)
        (tmp_path / "data" / split / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    return tmp_path / "data"


def test_a_label_out_of_range(craters, tmp_path):
    label = dataset(tmp_path) / "train" / "labels" / "a.txt"
    label.write_text("0 0.5 1.7 0.2 0.2\n")
    refused(craters("train", "data", "-o", "out"), "a.txt", "1.7")
    assert not (tmp_path / "out").exists()


def test_images_without_labels(craters, tmp_path):
    (dataset(tmp_path) / "train" / "labels" / "a.txt").unlink()
    refused(craters("train", "data", "-o", "out"), "a.txt", "no image in")
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_none(craters, tmp_path):
    refused(craters("export", "missing", "craters.gpkg"), "missing", "craters detect")
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_with_a_slip_suggests_what_was_meant(craters, tmp_path):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("steps:\n  - detct: {source: m.tif}\n")
    refused(craters("run", recipe), "'detct'", "'detect'")
    recipe.write_text("steps:\n  - detect: {source: m.tif, output: out, modle: x}\n")
    refused(craters("run", recipe), "'modle'", "'model'")
    recipe.write_text("steps:\n  - detect: {source: m.tif, output: out, workers: many}\n")
    refused(craters("run", recipe), "many")
    recipe.write_text("steps:\n  - detect: {output: out}\n")
    refused(craters("run", recipe), "SOURCE")


def test_a_slip_on_the_command_line_is_a_matter_of_usage(craters):
    code, _, err = craters("detect", "m.tif", "--outptu", "x")
    assert code == 2
    assert "--output" in err


@pytest.mark.filterwarnings("always::lunarcraters.errors.CratersWarning")
def test_what_is_left_out_is_said_in_one_line_and_the_option_that_is_named_keeps_it(craters, noise):
    values = noise.astype(np.int16)
    values[:60] = -32768
    write_raster("a.tif", values=values)
    code, _, said = craters("tile", "a.tif", "-o", "tiles", "-q")
    assert code == 0
    assert said.startswith("Warning: a.tif declares no nodata value")
    assert said.count("\n") == 1
    assert "(give --nodata nan to search it)" in said
    code, _, said = craters("tile", "a.tif", "-o", "all", "-q", "--nodata", "nan")
    assert (code, said) == (0, "")
    shares = [
        json.loads(Path(folder, "tiles.json").read_text())["tiles"][0]["valid_fraction"]
        for folder in ("tiles", "all")
    ]
    assert shares[0] == pytest.approx(shares[1] * 240 / 300)
    for folder in ("tiles", "all"):
        assert craters("info", folder, "--plan-only")[0] == 0


def test_a_mosaic_of_one_value_is_refused_in_one_line(craters):
    write_raster("a.tif", values=np.full((512, 512), 90, np.uint8))
    for command in (
        ["info", "a.tif"],
        ["tile", "a.tif", "-o", "t"],
        ["detect", "a.tif", "-o", "r"],
    ):
        code, _, said = craters(*command)
        assert code == 1
        assert said.count("\n") == 1
        assert "every valid pixel of a.tif is 90" in said
    assert not Path("r").exists()
    assert not Path("t").exists()


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("crater_id,lon,lat,diameter_km,score\n1,0.4,-0.4,9,0.9\n2,0.9,-0.9,6,0.8\n")
    return path


@pytest.mark.parametrize("name", ["a.scc", "a.diam", "a_CRATER.shp"])
def test_measures_are_not_written_where_they_have_no_place(craters, table, name):
    result = craters("measure", table, "--elevation", "not_yet_read.tif", "-o", name)
    refused(
        result,
        name,
        "a crater count without a place for measures: give *.gpkg,",
        "*.shp (no *_CRATER.shp)",
    )
    assert [path.name for path in Path().iterdir()] == [table.name]


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
@pytest.mark.parametrize("name", ["a.scc", "a_CRATER.shp"])
def test_a_count_without_ground_is_sent_to_the_command_that_takes_it(craters, table, name):
    refused(craters("review", table, table, "-o", name), "(craters export --area)")
    (table.parent / "area.geojson").write_text(
        '{"type": "Polygon", "coordinates": [[[0, -2], [2, -2], [2, 0], [0, 0], [0, -2]]]}'
    )
    assert craters("export", table, name, "--area", "area.geojson")[0] == 0


@pytest.mark.parametrize(
    "command", [["measure", "--elevation", "a.tif"], ["review", "table.csv"], ["export"]]
)
def test_names_of_no_format_are_refused_with_those_of_formats(craters, table, command):
    verb, *others = command
    result = craters(verb, table, *others, *([] if verb == "export" else ["-o"]), "a.docx")
    refused(result, "a.docx: a catalogue is written as *.gpkg, ")
    assert result[2].endswith(": give one of these\n")


def test_a_gallery_on_a_mosaic_without_a_coordinate_system_takes_the_one_that_is_named(
    craters, table
):
    write_raster("m.tif", crs=None)
    gallery = ["evaluate", table, table, "--gallery", "gallery", "--mosaic", "m.tif"]
    refused(craters(*gallery), "m.tif has no coordinate system: name it with --crs")
    assert craters(*gallery, "--crs", LUNAR)[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "https://host/a.gpkg", "a.csv"),
        ("csfd", "a.csv", "--area", "https://host/a.gpkg"),
        ("evaluate", "a.csv", "https://host/a.gpkg"),
        ("report", "https://host/a.gpkg", "-o", "a.html"),
        ("completeness", "https://host/a.gpkg"),
        ("detect", "a.tif", "-o", "run", "--model", "https://host/a.gpkg"),
        ("run", "https://host/a.gpkg"),
    ],
)
def test_what_is_read_from_local_files_alone_is_said_of_an_address(craters, tmp_path, arguments):
    write_raster(tmp_path / "a.tif")
    (tmp_path / "a.csv").write_text("lon,lat,diameter_km\n1,2,3\n")
    words = "https://host/a.gpkg is on the network, where only rasters are read: download it first"
    refused(craters(*arguments), words)
