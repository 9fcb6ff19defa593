import inspect
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click
import geopandas as gpd
import pytest

import lunarcraters as lc
from lunarcraters import api, errors
from lunarcraters.cli.main import COMMANDS
from lunarcraters.cli.recipe import find_command
from lunarcraters.errors import CatalogueError


@pytest.fixture
def found(three):
    craters = three.craters.assign(diameter_km=10 * three.craters["diameter_km"])
    return lc.Catalogue(craters, three.crs, thresholds=three.thresholds)


def test_a_catalogue_is_a_geodataframe_and_a_file(found, tmp_path):
    assert isinstance(found.geodataframe, gpd.GeoDataFrame)
    assert found.geodataframe.geom_type.eq("Polygon").all()
    found.filter().to_file(tmp_path / "a.gpkg")
    again = lc.read_catalogue(tmp_path / "a.gpkg")
    assert isinstance(again, lc.Catalogue)
    assert again.craters["diameter_km"].tolist() == [30.0, 20.0]


@pytest.mark.parametrize("name", ["s3://bucket/a.csv", "/vsimem/a.gpkg"])
def test_a_catalogue_is_not_written_where_no_local_path_leads(found, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.OutputError, match=f"{name} is not a local path"):
        found.to_file(name)
    assert not list(tmp_path.iterdir())


def test_craters_are_chosen_by_score_size_and_place(found):
    assert len(found.filter(0)) == 3
    assert len(found.filter(0, max_diameter=20.0)) == 2
    assert found.filter(0, area=(1.5, -1, 9, 1)).craters["lon"].tolist() == [2.0, 3.0]
    assert isinstance(found.filter(0), lc.Catalogue)
    with pytest.raises(CatalogueError):
        found.filter("best")


def test_a_catalogue_is_scored_against_another_or_a_file(found, tmp_path):
    found.to_file(tmp_path / "reference.csv")
    for reference in (found, tmp_path / "reference.csv"):
        scores = found.evaluate(reference)
        assert (scores.chosen.precision, scores.chosen.recall) == (1.0, pytest.approx(2 / 3))
        assert found.evaluate(reference, "offset", min_score=0).chosen.recall == 1.0


@pytest.mark.slow
def test_a_scene_is_searched_and_drawn(scene, tmp_path):
    found = lc.detect(scene, tmp_path / "run", workers=1, levels=1)
    assert len(found.filter()) > 100
    assert len(lc.read_run(tmp_path / "run")) == len(found)
    found.filter("pure").plot(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 100_000


def test_the_import_is_light():
    code = (
        "import sys, lunarcraters as lc; lc.read_catalogue; lc.train; "
        "heavy = {'tensorflow', 'keras', 'matplotlib', 'rasterio', 'geopandas', 'dask'}; "
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


VERBS = {
    "tile": lc.tile,
    "info": lc.info,
    "detect": lc.detect,
    "merge": lc.merge,
    "export": lc.export,
    "measure": lc.measure,
    "completeness": lc.measure_completeness,
    "purity": lc.measure_purity,
    "review": lc.review,
    "evaluate": lc.evaluate,
    "csfd": lc.csfd,
    "randomness": lc.measure_randomness,
    "date": lc.date,
    "report": lc.write_report,
    "stac": lc.write_stac_item,
    "train": lc.train,
    "calibrate": lc.calibrate,
    "plot map": lc.plot_map,
    "plot csfd": lc.plot_csfd,
    "plot errors": lc.plot_errors,
    "plot tiles": lc.plot_tiles,
    "plot hazard": lc.plot_hazard,
    "plot training": lc.plot_training,
    "dataset check": lc.check_dataset,
    "dataset clean": lc.clean_dataset,
    "dataset split": lc.split_dataset,
    "run": lc.run_recipe,
}
ELSEWHERE = {
    "quiet", "as_json",  # how a command prints
    "crs", "nodata",  # of `open_mosaic`, where a verb takes a mosaic
    "iou", "max_offset", "max_ratio",  # of the matching rules
    "classes",  # of `read_reference`, where a verb takes a reference
}  # fmt: skip
OTHER_NAMES = {
    "run": "catalogue", "out": "run", "rule_name": "rule", "area_file": "area", "bbox": "area",
    "block": "block_deg", "at_random": "block_deg", "tiles_per_call": "batch",
    "valid": "fractions", "test": "fractions", "calibrate": "calibrated", "back": "dry_run",
}  # fmt: skip


def parameters_of(verb):
    """Parameters of a function, and the fields of the options that it takes."""
    names = set(inspect.signature(verb).parameters)
    if "options" in names:
        options = lc.TrainingOptions if verb is lc.train else lc.SourceOptions
        names |= {field.name for field in fields(options)}
    return names


@pytest.mark.parametrize("command", VERBS)
def test_every_option_of_a_command_is_a_parameter_of_its_function(command):
    parameters = parameters_of(VERBS[command])
    for option in find_command(command).params:
        name = option.name
        assert name in ELSEWHERE or {name, OTHER_NAMES.get(name)} & parameters, name


@pytest.mark.parametrize("command", [*VERBS, "dataset make"])
def test_options_that_have_another_name_in_python_are_listed(command, repository):
    text = (repository / "docs" / "python.md").read_text()
    listed = set(re.findall(r"`--([a-z-]+)`", text))
    parameters = parameters_of(VERBS.get(command, lc.make_dataset))
    for option in find_command(command).params:
        names = [name.removeprefix("--") for name in option.opts + option.secondary_opts]
        if isinstance(option, click.Option) and not option.hidden:
            known = any(name.replace("-", "_") in parameters for name in names)
            assert known or listed.intersection(names), names


def test_every_command_has_a_function():
    groups = {words.split()[0] for words in VERBS}
    assert groups == set(COMMANDS)


@pytest.mark.slow
def test_earlier_names_of_options_still_work(scene, tmp_path):
    options = {"workers": 1, "levels": 1, "size": 512, "mirrored": False, "at_once": 2}
    earlier = lc.detect(scene, tmp_path / "earlier", **options)
    now = lc.detect(scene, tmp_path / "now", workers=1, levels=1, size=512, tta=False, batch=2)
    assert earlier.craters.equals(now.craters)
    with pytest.raises(TypeError):
        lc.detect(scene, tmp_path / "other", never_an_option=1)


def test_names_are_completed():
    assert {"detect", "Catalogue", "plot_map", "__version__"} <= set(dir(lc))


@pytest.mark.parametrize("module", [lc, api])
def test_type_checkers_know_the_names_and_no_others(module):
    source = Path(module.__file__).read_text().replace("import TYPE_CHECKING, ", "import ")
    exec(source, names := {"TYPE_CHECKING": True, "__name__": module.__name__})
    assert set(api.__all__) <= set(names)
    assert "__getattr__" not in names, "they would take any name for one of the module"


def test_no_function_has_the_name_of_a_package():
    packages = {path.parent.name for path in Path(lc.__file__).parent.glob("*/__init__.py")}
    assert not packages & {name for name in dir(lc) if callable(getattr(lc, name))}


@pytest.mark.parametrize(
    ("option", "value"),
    [("workers", 0), ("batch", -1), ("size", 10), ("halo", -1), ("smallest_px", "4"),
     ("smallest_px", 20.0), ("precision", "int4"), ("levels", float("nan"))],
)  # fmt: skip
def test_an_option_outside_its_range_is_refused_in_python_too(tmp_path, option, value):
    with pytest.raises(errors.OptionError, match=f"{option} is {value!r}: give"):
        lc.detect("mosaic.tif", tmp_path / "run", **{option: value})
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "value"),
    [("size", 5), ("size", 500.5), ("halo", -5), ("levels", 0), ("levels", 1.5)],
)
def test_sizes_of_tiles_outside_their_range_are_refused(scene, tmp_path, option, value):
    with pytest.raises(errors.OptionError, match=f"{option} is {value!r}: give a whole number of"):
        lc.tile(scene, tmp_path / "tiles", **{option: value})
    if option != "levels":
        with pytest.raises(errors.OptionError, match=f"{option} is {value!r}: give a whole number"):
            lc.SourceOptions(**{option: value})


@pytest.mark.parametrize("value", [17, 23, 1000])
def test_more_octaves_than_any_mosaic_has_are_refused(scene, tmp_path, value):
    with pytest.raises(errors.OptionError, match=f"levels is {value}: give .* from 1 to 16"):
        lc.tile(scene, tmp_path / "tiles", levels=value)
    with pytest.raises(errors.OptionError, match=f"levels is {value}: give .* from 1 to 16"):
        lc.SourceOptions(levels=value)


@pytest.mark.parametrize("value", [0, 17, 1.5])
def test_the_message_about_octaves_tells_their_whole_range(value):
    message = f"levels is {value}: give a whole number of octaves from 1 to 16"
    with pytest.raises(errors.OptionError, match=message):
        lc.SourceOptions(levels=value)


@pytest.mark.parametrize("value", [0, -3, 20.0, float("nan")])
def test_smallest_craters_of_tiles_outside_their_range_are_refused(scene, tmp_path, value):
    with pytest.raises(errors.OptionError, match=f"smallest_px is {value!r}: give a number from"):
        lc.tile(scene, tmp_path / "tiles", smallest_px=value)
    assert not (tmp_path / "tiles").exists()


def test_a_stac_item_is_written_to_a_local_path_alone(tmp_path):
    with pytest.raises(errors.OutputError, match=r"s3://bucket/item\.json is not a local path"):
        lc.write_stac_item(tmp_path, "s3://bucket/item.json")


def test_the_message_about_an_option_has_its_name():
    with pytest.raises(errors.OptionError, match="tiles_per_call is 0: give a whole number"):
        lc.DetectOptions(tiles_per_call=0)


def test_a_sample_of_images_is_not_negative(tmp_path):
    with pytest.raises(errors.OptionError, match="sample is -2: give a whole number of 0 or more"):
        lc.check_dataset(tmp_path, sample=-2)


def test_one_run_cannot_be_merged(tmp_path):
    with pytest.raises(errors.OptionError, match="name two runs"):
        lc.merge(str(tmp_path), tmp_path / "out")


def test_a_matching_rule_that_does_not_exist_is_refused(scene):
    truth = scene.with_name("rendered_scene_craters.csv")
    with pytest.raises(errors.CatalogueError, match="no matching rule 'iou'"):
        lc.evaluate(truth, truth, "iou")


@pytest.mark.parametrize(
    "bins", [[], [4, 2], [1, 1], [-1, 2], [0, 1], [1, float("nan")], [1, float("inf")], "12"]
)
def test_bins_are_diameters_that_rise(found, bins):
    with pytest.raises(errors.OptionError, match=r"bins is .*: give diameters above 0"):
        lc.evaluate(found, found, bins=bins)


def test_an_export_in_no_format_or_domain_names_the_option(found, tmp_path):
    found.to_file(tmp_path / "a.gpkg")
    for option in ({"form": "nosuch"}, {"lon_domain": 90}):
        ((name, value),) = option.items()
        with pytest.raises(errors.OptionError, match=f"{name} is {value!r}: give"):
            lc.export(tmp_path / "a.gpkg", tmp_path / "x.gpkg", **option)
    assert not (tmp_path / "x.gpkg").exists()


def test_an_area_has_four_edges(scene):
    craters = lc.read_catalogue(scene.with_name("rendered_scene_craters.csv"))
    with pytest.raises(errors.AreaError, match="four edges, not 3"):
        craters.filter(area=(30, 1, 31))


def test_a_catalogue_without_a_mosaic_is_not_drawn_on_another(scene, tmp_path):
    craters = lc.read_catalogue(scene.with_name("rendered_scene_craters.csv"))
    with pytest.raises(errors.CatalogueError, match="does not name its mosaic"):
        lc.plot_map(craters, tmp_path / "map.png")


@pytest.mark.slow
def test_an_image_without_coordinates_is_drawn_with_its_mask(scene, tmp_path):
    run, picture = tmp_path / "run", scene.with_name("moon.png")
    found = lc.detect(picture, run, workers=1)
    assert lc.plot_tiles(run, tmp_path / "tiles.png") > 0
    assert lc.write_report(run, tmp_path / "run.html") == len(found)
    done = lc.export(run, tmp_path / "some.csv", area=(0, 0, 300, 300))
    assert 0 < done.written < len(found)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min_score": float("nan")}, "scores are numbers from 0 to 1"),
        ({"min_score": 3}, "scores are numbers from 0 to 1"),
        ({"min_diameter": 5, "max_diameter": 2}, "the smaller one first"),
        ({"min_diameter": float("nan")}, "the smaller one first"),
        ({"fractions": True}, "give an area too"),
    ],
)
def test_conditions_that_leave_nothing_are_refused(found, options, words):
    with pytest.raises(errors.OptionError, match=words):
        found.filter(**options)
