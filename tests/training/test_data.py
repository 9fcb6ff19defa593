"""The data of a training: a resumed one knows them again."""

import json
import shutil
from dataclasses import replace

import pytest

from lunarcraters.datasets.layout import find_pairs
from lunarcraters.errors import RunError
from lunarcraters.training.data import (
    DATA,
    compare_data,
    describe_relief,
    describe_tiles,
    write_data,
)
from lunarcraters.training.scenes import ElevationSource


def describe(dataset, elevation=(), scenes=100):
    pairs = [find_pairs(dataset, split) for split in ("train", "valid")]
    return describe_tiles(dataset, pairs, elevation, scenes)


@pytest.fixture
def copy(dataset, tmp_path):
    return shutil.copytree(dataset, tmp_path / "copy")


@pytest.fixture
def models(tmp_path):
    """Three elevation models with their catalogues, of which only names and contents count."""
    sources = []
    for name in "abc":
        raster, catalogue = tmp_path / f"{name}.tif", tmp_path / f"{name}_craters.csv"
        raster.write_bytes(b"heights")
        catalogue.write_text("lon,lat,diam_km\n1,2,3\n")
        sources.append(ElevationSource(raster, catalogue, 5))
    return sources


def test_a_dataset_that_was_moved_is_the_same(dataset, copy, tmp_path):
    write_data(describe(dataset), tmp_path)
    assert compare_data(describe(copy), tmp_path) == []


def test_a_dataset_that_its_description_names_has_the_name_of_its_directory(dataset, copy):
    (copy / "data.yaml").write_text("train: train/images\nval: valid/images\nnames: [crater]\n")
    pairs = [find_pairs(copy, split) for split in ("train", "valid")]
    described = describe_tiles(copy / "data.yaml", pairs, (), 100)
    assert described == describe_tiles(copy, pairs, (), 100)
    assert described.dataset == "copy"


def change_label(copy):
    label = next((copy / "train" / "labels").iterdir())
    label.write_text(label.read_text().replace("0.", "0.0", 1))


def change_image(copy):
    next((copy / "valid" / "images").iterdir()).write_bytes(b"another")


def rename_pair(copy):
    for path in (copy / "train").rglob("-100.*"):
        path.rename(path.with_name(f"b{path.name}"))


def remove_image(copy):
    next((copy / "valid" / "images").iterdir()).unlink()


@pytest.mark.parametrize("change", [change_label, change_image, rename_pair, remove_image])
def test_another_dataset_is_told(dataset, copy, tmp_path, change):
    write_data(describe(dataset), tmp_path)
    change(copy)
    assert compare_data(describe(copy), tmp_path) == ["dataset"]


def test_other_elevation_models_are_told(dataset, models, tmp_path):
    data = describe(dataset, models)
    write_data(data, tmp_path)
    assert compare_data(describe(dataset, models[::-1]), tmp_path) == []
    assert compare_data(describe(dataset, models[:2]), tmp_path) == ["elevation"]
    assert compare_data(describe(dataset, models, 7), tmp_path) == ["elevation_scenes"]
    assert compare_data(describe(dataset), tmp_path) == ["elevation", "elevation_scenes"]
    models[0].catalogue.write_text("lon,lat,diam_km\n")
    assert compare_data(describe(dataset, models), tmp_path) == ["elevation"]


def test_another_model_that_is_left_out_is_told(models, tmp_path):
    data = describe_relief(tmp_path, models[:2], models[2], 5)
    write_data(data, tmp_path)
    assert compare_data(data, tmp_path) == []
    assert compare_data(describe_relief(tmp_path, models[1:], models[0], 5), tmp_path) == [
        "left_out"
    ]


def test_a_directory_of_an_earlier_version_tells_nothing(dataset, tmp_path):
    assert compare_data(describe(dataset), tmp_path) == []


def test_a_damaged_description_is_named(dataset, tmp_path):
    (tmp_path / DATA).write_text(json.dumps({"dataset": 3}))
    with pytest.raises(RunError, match=r"data\.json does not describe the data .* --overwrite"):
        compare_data(describe(dataset), tmp_path)


def test_data_of_which_no_hash_is_known_are_written_and_compared(dataset, tmp_path):
    data = replace(describe(dataset), dataset_hash=None)
    write_data(data, tmp_path)
    assert compare_data(data, tmp_path) == []
