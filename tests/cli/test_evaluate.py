import json
import sys
from io import BytesIO, TextIOWrapper

import pytest
from click.testing import CliRunner

from lunarcraters.cli.evaluate import RULE_NAMES, command
from lunarcraters.cli.main import main
from lunarcraters.errors import CatalogueError, RunError
from lunarcraters.evaluation.rules import RULES

# Four craters of 10 km; the catalogue finds two of them, one 2 km to the north, and one that is
# not there. A fifth reference crater is of 2 km.
REFERENCE = "lon,lat,diam_km\n0,0,10\n1,0,10\n2,0,10\n3,0,10\n4,0,2\n"
CATALOGUE = "lon,lat,diameter_km,score\n0,0,10,0.9\n1,0.06595,10,0.8\n9,9,10,0.7\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "found.csv").write_text(CATALOGUE)
    (tmp_path / "known.csv").write_text(REFERENCE)
    return [str(tmp_path / "found.csv"), str(tmp_path / "known.csv")]


def evaluate(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_scores_by_hand_with_the_thresholds_beside_them(files):
    result = evaluate(*files, "--min-diameter", 5)
    assert result.exit_code == 0, result.output
    assert "match: circle IoU >= 0.5; diameters from 5 km" in result.output
    assert "references: 4 counted, 1 ignored; detections: 3 counted, 0 ignored" in result.output
    assert "average precision 0.5000 (circle IoU >= 0.5, all detections)" in result.output
    assert (
        "best F1: precision 1.0000, recall 0.5000, F1 0.6667 (circle IoU >= 0.5, score >= 0.800)"
        in result.output
    )


def test_characters_that_a_terminal_lacks_are_question_marks(files, monkeypatch):
    stdout = TextIOWrapper(BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(sys, "argv", ["craters", "evaluate", *files, "--rule", "deepmoon"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code
    stdout.flush()
    assert "|?r|/min(r) < 1;" in stdout.buffer.getvalue().decode("cp1252")


def test_json_holds_the_same_numbers(files):
    result = json.loads(evaluate(*files, "--json", "--min-score", 0.7).output)
    assert result["match"] == "circle IoU >= 0.5"
    assert result["chosen"]["threshold"] == 0.7
    assert result["chosen"]["recall"] == pytest.approx(2 / 5)
    assert result["chosen"]["precision"] == pytest.approx(2 / 3)
    assert result["offset"]["high"] == pytest.approx(0.15, rel=1e-3)
    assert sum(row["references"] for row in result["bins"]) == 5


def test_bins_as_asked_for(files):
    result = json.loads(evaluate(*files, "--json", "--bins", "1,5,10").output)
    assert [row["low"] for row in result["bins"]] == [1, 5, 10]
    assert [row["references"] for row in result["bins"]] == [1, 0, 4]


@pytest.mark.parametrize("bins", ["", "5,1", "a", "0,1", "1,1"])
def test_bins_that_do_not_rise_are_refused(files, bins):
    result = evaluate(*files, "--bins", bins)
    assert result.exit_code == 2
    assert "such as 11,16,24" in result.output


def test_a_gallery_needs_the_mosaic(files, tmp_path):
    result = evaluate(*files, "--gallery", tmp_path / "gallery")
    assert isinstance(result.exception, RunError)
    assert "--mosaic" in str(result.exception)


@pytest.mark.parametrize(
    ("options", "match", "true"),
    [
        (["--rule", "box", "--iou", "0.7"], "box IoU >= 0.7", 1),
        (["--rule", "box", "--iou", "0.66"], "box IoU >= 0.66", 2),
        (["--rule", "deepmoon"], "d²/min(r)² < 1.8, |Δr|/min(r) < 1", 2),
        (["--rule", "deepmoon-strict"], "d²/min(r)² < 0.5, |Δr|/min(r) < 0.25", 2),
        (
            ["--rule", "offset", "--max-offset", "0.1"],
            "offset <= 0.1 D, diameter ratio <= 1.5",
            1,
        ),
    ],
)
def test_rules_and_their_thresholds_are_options(files, options, match, true):
    result = json.loads(evaluate(*files, *options, "--json").output)
    assert result["match"] == match
    assert result["best"]["true"] == true


def test_the_rules_of_the_command_are_those_of_the_library():
    assert tuple(RULES) == RULE_NAMES


@pytest.mark.parametrize(
    "options",
    [
        ["--rule", "deepmoon", "--iou", "0.5"],
        ["--max-ratio", "2"],
        ["--rule", "box", "--max-offset", "1"],
        ["--iou", "0"],
        ["--min-pixels", "11"],
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(files, options):
    assert evaluate(*files, *options).exit_code == 2


def test_labels_are_a_reference_and_edges_are_left_out(tmp_path):
    # One whole crater of 0.1 tile (4.16 km), and one cut by the western edge.
    labels = tmp_path / "split" / "labels"
    labels.mkdir(parents=True)
    (labels / "0.0,1.3718808,0.0,1.3718808.txt").write_text(
        "0 0.5 0.5 0.1 0.1\n0 0.05 0.5 0.1 0.1\n0 0.3 0.8 0.02 0.02\n"
    )
    centre, km = 1.3718808 / 2, 1.3718808 * 30.3234 * 0.1
    (tmp_path / "found.csv").write_text(
        "lon,lat,diameter_km,score\n"
        f"{centre},{centre},{km},0.9\n"  # true
        f"{centre},1.32,{km * 0.9},0.8\n"  # crosses the northern edge: ignored
        f"{centre * 1.4},{centre * 1.4},{km},0.7\n"  # false
        "50,50,5,0.6\n"  # off the tiles: ignored
    )
    result = json.loads(
        evaluate(tmp_path / "found.csv", tmp_path / "split", "--min-pixels", 11, "--json").output
    )
    assert result["min_diameter"] == pytest.approx(1.1, rel=1e-3)
    assert (result["references"], result["references_ignored"]) == (1, 2)
    assert (result["detections"], result["detections_ignored"]) == (2, 2)
    assert result["best"]["f1"] == 1.0


@pytest.mark.slow
def test_figures_are_written(files, tmp_path):
    assert evaluate(*files, "--figures", tmp_path / "figures").exit_code == 0
    assert len(list((tmp_path / "figures").glob("*.png"))) == 4


def test_problems_are_errors_of_ours(files, tmp_path):
    assert isinstance(evaluate(tmp_path / "no.csv", files[1]).exception, CatalogueError)
    assert isinstance(evaluate(tmp_path, files[1]).exception, RunError)
    nothing = evaluate(*files, "--min-diameter", 500).exception
    assert "no reference crater" in str(nothing)
    assert isinstance(evaluate(*files, "--min-score", "best").exception, CatalogueError)


def test_help_has_an_example():
    result = evaluate("--help")
    assert result.exit_code == 0
    assert "craters evaluate run reference.csv" in result.output


def test_classes_that_are_left_out_are_named_beside_the_scores(files, tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "classes.txt").write_text("Boulder\nCrater\n")
    lines = "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1 0.1\n"
    (tmp_path / "labels" / "0,2,0,2.txt").write_text(lines)
    result = evaluate(files[0], tmp_path, "--json")
    assert json.loads(result.stdout)["references"] == 1
    assert result.stderr == (
        f"{tmp_path}: left out, because they are no craters: Boulder (1 labels)\n"
    )
    chosen = evaluate(files[0], tmp_path, "--json", "--classes", "boulder,crater")
    assert json.loads(chosen.stdout)["references"] == 2


def test_a_count_without_positions_is_compared_by_size(files, tmp_path):
    (tmp_path / "count.diam").write_text("area = 100\ncrater = {diameter\n10\n11\n2\n}\n")
    result = evaluate(files[0], tmp_path / "count.diam", "--min-diameter", 5)
    assert result.exit_code == 0, result.output
    assert "compared by size, for want of positions; diameters from 5 km" in result.output
    assert "references: 2 on 100 km2; detections: 3 on an unknown area" in result.output
    record = json.loads(evaluate(files[0], tmp_path / "count.diam", "--json").output)
    assert record["references"] == 3.0
    assert sum(row["detections"] for row in record["bins"]) == 3.0


@pytest.mark.parametrize("options", [["--rule", "circle"], ["--iou", "0.3"], ["--figures", "f"]])
def test_matching_a_count_without_positions_is_one_sentence(files, tmp_path, options):
    (tmp_path / "count.diam").write_text("area = 100\ncrater = {diameter\n10\n}\n")
    result = evaluate(files[0], tmp_path / "count.diam", *options)
    assert isinstance(result.exception, CatalogueError)
    assert "does not say where its craters are" in str(result.exception)
    assert "column" not in str(result.exception)


@pytest.mark.parametrize("name", ["known.txt", "known.tsv"])
def test_a_reference_may_be_a_table_in_a_text_file(files, tmp_path, name):
    (tmp_path / name).write_text(REFERENCE.replace(",", "\t"))
    result = json.loads(evaluate(files[0], tmp_path / name, "--json").output)
    assert result["references"] == 5
