import json

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from lunarcraters.cli.dataset import command
from lunarcraters.errors import DatasetError


@pytest.fixture
def dataset(tmp_path):
    root = tmp_path / "dataset"
    rng = np.random.default_rng(0)
    for kind in ("images", "labels"):
        (root / "train" / kind).mkdir(parents=True)
    for number in range(12):
        name = f"{number * 20},{number * 20 + 1},0,1"
        pixels = rng.integers(1, 255, (16, 16), np.uint8)
        cv2.imwrite(str(root / "train/images" / f"{name}.png"), pixels)
        label = "" if number == 3 else "0 0.5 0.5 0.1 0.1\n"
        (root / "train/labels" / f"{name}.txt").write_text(label)
    return root


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", ["check", "clean", "split"])
def test_help_shows_an_example(name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"craters dataset {name} LU3M6TGT_yolo_format" in result.output


def test_check_of_a_sound_dataset_counts_empty_label_files(dataset):
    result = run("check", dataset)
    assert result.exit_code == 0
    assert "1 label files hold no crater\n0 problems" in result.stdout


def test_check_counts_the_images_that_it_reads(dataset):
    assert "reading: 12 of 12 images" in run("check", dataset, "--sample", 0).output


def test_check_prints_problems_and_fails(dataset):
    (dataset / "train/labels/0,1,0,1.txt").write_text("0 1.7 0.5 0.1 0.1\n")
    result = run("check", dataset, "--quiet")
    assert isinstance(result.exception, DatasetError)
    assert "bad label" in result.stdout
    assert "line 1: x_centre is 1.7" in result.stdout


def test_check_prints_json(dataset):
    (entry,) = json.loads(run("check", dataset, "--json").stdout)
    assert entry["kind"] == "empty"
    assert entry["is_note"] is True
    assert entry["path"].endswith("60,61,0,1.txt")


def test_clean_and_undo(dataset):
    image = dataset / "train/images/60,61,0,1.png"
    dry = run("clean", dataset, "--dry-run")
    assert str(image) in dry.stdout
    assert "2 files would be moved" in dry.stdout
    assert image.exists()
    assert "2 files moved" in run("clean", dataset).stdout
    assert not image.exists()
    assert "2 files put back" in run("clean", dataset, "--undo").stdout
    assert image.exists()


def test_clean_does_not_take_undo_and_dry_run_together(dataset):
    assert run("clean", dataset, "--undo", "--dry-run").exit_code == 2


def test_split_tells_its_numbers(dataset, tmp_path):
    result = run("split", dataset, "-o", tmp_path / "out", "--json", "--valid", 0.25, "--test", 0)
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"train": 9, "valid": 3}


def test_split_needs_something_to_train_on(dataset, tmp_path):
    result = run("split", dataset, "-o", tmp_path / "out", "--valid", 0.5, "--test", 0.5)
    assert result.exit_code == 2


def test_check_counts_pairs_and_names_classes_and_background(dataset):
    (dataset / "train/labels/0,1,0,1.txt").unlink()
    (dataset / "train/labels/20,21,0,1.txt").write_text("1 0.5 0.5 0.1 0.1\n")
    (dataset / "data.yaml").write_text("names: [crater, boulder]\n")
    assert run("check", dataset).stdout.splitlines() == [
        "train: 11 pairs",
        "classes: left out, because they are no craters: boulder (1 labels)",
        "1 images without label file are background",
        "2 label files hold no crater",
        "0 problems",
    ]
    assert "taken as craters" in run("check", dataset, "--classes", "crater,1").stdout


def test_images_without_a_place_are_split_at_random(dataset, tmp_path):
    for path in (*(dataset / "train/images").iterdir(), *(dataset / "train/labels").iterdir()):
        path.rename(path.with_name(path.name.replace(",", "_")))
    result = run("split", dataset, "-o", tmp_path / "out")
    assert "--random" in str(result.exception)
    result = run("split", dataset, "-o", tmp_path / "out", "--random", "--json")
    assert sum(json.loads(result.stdout).values()) == 12
