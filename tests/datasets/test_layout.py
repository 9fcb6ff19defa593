import pytest

from lunarcraters.datasets.layout import find_pairs, find_splits
from lunarcraters.errors import DatasetError

NAME = "-0.8277454,0.5441354,-32.9251402,-31.5532593"


def make(directory, split, names, labels=None):
    for kind in ("images", "labels"):
        (directory / split / kind).mkdir(parents=True, exist_ok=True)
    for name in names:
        (directory / split / "images" / f"{name}.png").write_bytes(b"")
    for name in names if labels is None else labels:
        (directory / split / "labels" / f"{name}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    return directory


def test_pairs_go_by_name_even_where_files_are_missing(tmp_path):
    make(tmp_path, "train", ["a", NAME, "c.d"], labels=["a", "b", NAME, "c.d"])
    found = find_pairs(tmp_path, "train")
    assert [pair.image.stem for pair in found] == [NAME, "a", "c.d"]
    assert all(pair.image.stem == pair.label.stem and pair.label.is_file() for pair in found)


def test_an_image_without_label_file_is_refused_by_name(tmp_path):
    make(tmp_path, "train", ["a", "b"], labels=["b"])
    with pytest.raises(DatasetError, match=r"1 of 2 images .* first a\.png"):
        find_pairs(tmp_path, "train")


@pytest.mark.parametrize(("folder", "asked"), [("val", "valid"), ("valid", "val"), ("val", "val")])
def test_val_and_valid_are_the_same_split(tmp_path, folder, asked):
    make(make(tmp_path, folder, ["a"]), "train", ["b"])
    assert list(find_splits(tmp_path)) == ["train", "valid"]
    assert find_pairs(tmp_path, asked)[0].image.stem == "a"


def test_a_dataset_one_directory_down_is_found(tmp_path):
    make(tmp_path / "LU3M6TGT_yolo_format", "train", ["a"])
    assert find_splits(tmp_path) == {"train": tmp_path / "LU3M6TGT_yolo_format" / "train"}


@pytest.mark.parametrize("written", ["first/images", "../first/images", "./first/images"])
def test_data_yaml_names_splits(tmp_path, written):
    make(tmp_path, "first", ["a"])
    (tmp_path / "data.yaml").write_text(f"train: {written}\nval: nowhere\nnc: 1\n")
    assert [path.resolve() for path in find_splits(tmp_path).values()] == [tmp_path / "first"]


def test_a_directory_of_images_and_labels_is_one_split_called_all(tmp_path):
    make(tmp_path, ".", ["a"])
    assert find_splits(tmp_path) == {"all": tmp_path}
    with pytest.raises(DatasetError, match="no split 'train': it has all"):
        find_pairs(tmp_path, "train")


def test_a_directory_that_is_no_dataset_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="holds no dataset"):
        find_splits(tmp_path)
    with pytest.raises(DatasetError, match="not a directory"):
        find_splits(tmp_path / "missing")
    (tmp_path / "data.yaml").write_text("{")
    with pytest.raises(DatasetError, match="not YAML"):
        find_splits(tmp_path)


def test_a_split_without_images_is_refused(tmp_path):
    make(tmp_path, "train", [])
    with pytest.raises(DatasetError, match="has no images"):
        find_pairs(tmp_path, "train")
