import pytest
from click.testing import CliRunner

import lunarcraters as lc
from lunarcraters.cli.recipe import arguments_of, read_steps
from lunarcraters.cli.run import command
from lunarcraters.errors import RecipeError


@pytest.fixture
def words(tmp_path):
    """The words of a command line that the only step of a recipe stands for."""

    def write(step):
        recipe = tmp_path / "recipe.yaml"
        recipe.write_text(f"steps:\n  - {step}\n")
        ((name, step_command, given),) = read_steps(recipe)
        return arguments_of(recipe, name, step_command, given)

    return write


@pytest.mark.parametrize(
    ("step", "option"),
    [
        ("detect: {source: m.tif, output: r, elevation: true}", "--elevation"),
        ("detect: {source: m.tif, output: r, elevation: false}", "--no-elevation"),
        ("detect: {source: m.tif, output: r, no-elevation: true}", "--no-elevation"),
        ("detect: {source: m.tif, output: r, no-elevation: false}", "--elevation"),
        ("train: {dataset: d, output: t, calibrate: false}", "--no-calibrate"),
        ("dataset split: {dataset: d, output: t, link: false}", "--copy"),
        ("dataset split: {dataset: d, output: t, copy: false}", "--link"),
        ("detect: {source: m.tif, output: r, overwrite: true}", "--overwrite"),
        ("detect: {source: m.tif, output: r, mirrored: false}", None),
    ],
)
def test_false_is_the_other_name_of_a_pair_and_no_flag_at_all(words, step, option):
    found = words(step)
    given = [word for word in found if word.startswith("--") and word != "--output"]
    assert given == ([] if option is None else [option])


def test_no_option_is_given_twice(words):
    with pytest.raises(RecipeError, match=r"recipe\.yaml is not YAML: 'nodata' .* in line 2"):
        words("detect: {source: m.tif, output: r, nodata: 0, nodata: 1}")


@pytest.mark.parametrize("value", ['"false"', '"no"', '"yes"', "0", "1", "null", "[true]"])
def test_a_flag_takes_true_or_false_alone(words, value):
    with pytest.raises(RecipeError, match=r"detect: 'overwrite' is .*: give true or false"):
        words(f"detect: {{source: m.tif, output: r, overwrite: {value}}}")


@pytest.mark.parametrize(
    ("step", "option", "value"),
    [
        ("detect: {source: m.tif, output: r, nodata: [100, 0]}", "--nodata", "100,0"),
        ("evaluate: {catalogue: r, reference: c.csv, bins: [11, 16, 24]}", "--bins", "11,16,24"),
        ("export: {run: r, out: c.csv, bbox: [-10, -5, 10, 5.5]}", "--bbox", "-10,-5,10,5.5"),
        ("train: {dataset: d, output: t, classes: [crater, pit]}", "--classes", "crater,pit"),
        ("date: {catalogue: r, range: [1.5, 6]}", "--range", "1.5,6"),
        ('detect: {source: m.tif, output: r, nodata: "100,0"}', "--nodata", "100,0"),
    ],
)
def test_a_list_is_the_whole_value_of_an_option_that_takes_commas(words, step, option, value):
    found = words(step)
    assert found.count(option) == 1
    assert found[found.index(option) + 1] == value


@pytest.mark.parametrize(
    ("step", "name"),
    [
        ("detect: {source: m.tif, output: [r, s]}", "output"),
        ("detect: {source: m.tif, output: r, workers: [1, 2]}", "workers"),
        ("export: {run: [r, s], out: c.csv}", "run"),
        ("export: {run: [r, c.csv]}", "run"),
    ],
)
def test_a_list_is_refused_where_one_value_is_taken(words, step, name):
    with pytest.raises(RecipeError, match=f"'{name}' has a list of values and takes one"):
        words(step)


def test_an_argument_that_takes_several_takes_a_list(words):
    assert words("detect: {source: [a.tif, b.tif], output: r}")[:2] == ["a.tif", "b.tif"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("null", "has no value"),
        ("[]", "has no value"),
        ("[crater, null]", "has no value"),
        ("yes", "is True, neither text nor a number"),
        ("{a: b}", ".*neither text nor a number"),
        ("[[1, 2]]", ".*neither text nor a number"),
    ],
)
def test_a_value_is_text_or_a_number(words, value, reason):
    with pytest.raises(RecipeError, match=f"'classes' {reason}"):
        words(f"train: {{dataset: d, output: t, classes: {value}}}")


@pytest.mark.parametrize(
    "text",
    ["010", "0123", "12:30", "2026_11_30", "2026-11-30T10:00:00Z", "1_5.0", "0x1f", "1.50"],
)
def test_numbers_and_dates_are_passed_as_they_are_written(words, text):
    found = words(f"detect: {{source: {text}, output: {text}}}")
    assert found == [text, "--output", text]


@pytest.mark.parametrize("text", [".inf", "-.Inf", ".nan"])
def test_what_yaml_has_for_no_number_is_passed_as_commands_have_it(words, text):
    found = words(f"detect: {{source: m.tif, output: o, nodata: {text}}}")
    assert found == ["m.tif", "--output", "o", "--nodata", text.replace(".", "")]


@pytest.mark.parametrize("key", ["bbox: -10,-10,10,10", "bbox: -10,-10,10,10, fractions: true"])
def test_commas_within_braces_need_quotes(words, key):
    with pytest.raises(RecipeError, match="'bbox' has a value with commas: put it in quotes"):
        words(f"export: {{run: run, out: c.csv, {key}}}")


def test_texts_with_commas_within_braces_need_quotes_too(words):
    with pytest.raises(RecipeError, match=r"'pit' is not known.* 'classes', put that in quotes"):
        words("train: {dataset: d, output: t, classes: crater,pit}")


@pytest.mark.parametrize(
    "text",
    [
        "steps: []\n1: x\n",
        "steps: []\nnull: x\n",
        "steps:\n  - 1: {source: m.tif}\n",
        "steps:\n  - detect: {1: m.tif}\n",
        "steps:\n  - detect: {true: m.tif}\n",
        "steps: []\ndescription: 2020-13-45\n",
    ],
)
def test_names_that_are_no_text_and_dates_that_are_none_are_refused(tmp_path, text):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(text)
    result = CliRunner().invoke(command, [str(recipe), "--dry-run"])
    assert isinstance(result.exception, RecipeError)


def test_a_name_that_begins_with_a_hyphen_is_no_option(words):
    found = words("detect: {source: -m.tif, output: r}")
    assert found == ["--output", "r", "--", "-m.tif"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("plot", "'plot' is not a command: plot has the commands plot map, plot csfd, "),
        ("plot mpa", "'plot mpa' is not a command: plot has the commands plot map, "),
        ("dataset", "'dataset' is not a command: dataset has the commands dataset make, "),
        ("run", "a recipe cannot run recipes"),
        ("rum", "'rum' is not known: known are tile, "),
        ("detct", "'detct' is not known: did you mean 'detect'?"),
    ],
)
def test_a_step_that_is_no_command_is_told_what_is(words, name, reason):
    with pytest.raises(RecipeError) as caught:
        words(f"{name}: {{run: run}}")
    assert f"step 1: {reason}" in str(caught.value)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("export: {run: r, out: c.csv, fractions: true}", "--fractions are of an area: give"),
        ("dataset clean: {dataset: d, undo: true, dry-run: true}", "--undo and --dry-run do not"),
    ],
)
def test_options_that_do_not_go_together_are_named_with_their_recipe(tmp_path, step, reason):
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"steps:\n  - {step}\n")
    with pytest.raises(RecipeError) as caught:
        lc.run_recipe(recipe)
    assert str(caught.value).startswith(f"{recipe}, {step.partition(':')[0]}: {reason}")


def test_passwords_of_databases_are_not_printed(tmp_path):
    recipe = tmp_path / "recipe.yaml"
    address = "postgresql://user:SECRET@127.0.0.1:1/db?table=c"
    recipe.write_text(f"steps:\n  - export: {{run: run, out: '{address}'}}\n")
    result = CliRunner().invoke(command, [str(recipe), "--dry-run"])
    assert "postgresql://user@127.0.0.1:1/db?table=c" in result.output
    assert "SECRET" not in result.output
