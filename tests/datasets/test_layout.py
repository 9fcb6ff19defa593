import cv2
import numpy as np
import pytest

from lunarcraters.datasets.folders import list_label_files
from lunarcraters.datasets.layout import find_pairs, find_splits
from lunarcraters.datasets.pairs import Pair, measure_smallest_label
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


def test_an_image_without_label_file_shows_no_crater(tmp_path):
    make(tmp_path, "train", ["a", "b"], labels=["b"])
    bare, labelled = find_pairs(tmp_path, "train")
    assert bare.label is None
    assert len(bare.read_boxes()) == 0
    assert len(labelled.read_boxes()) == 1


def test_label_files_in_capitals_are_read(tmp_path):
    make(tmp_path, "train", ["a", "b"], labels=["a"])
    labels = tmp_path / "train/labels"
    (labels / "b.TXT").write_text("0 0.5 0.5 0.1 0.1\n")
    (labels / "CLASSES.TXT").write_text("crater\n")
    assert [pair.label.name for pair in find_pairs(tmp_path, "train")] == ["a.txt", "b.TXT"]
    assert list_label_files(labels) == [labels / "a.txt", labels / "b.TXT"]


def test_the_smallest_labels_are_those_that_are_whole_by_their_extent_on_the_ground(tmp_path):
    # At 60 degrees north, 40 pixels along a row are as long as 20 along a column.
    image, label = tmp_path / "10,14,59,61.png", tmp_path / "10,14,59,61.txt"
    cv2.imwrite(str(image), np.ones((200, 400), np.uint8))
    lines = ["0 0.5 0.5 0.02 0.02"] + ["0 0.5 0.5 0.1 0.1"] * 9 + ["0 0.5 0.5 0.2 0.2"] * 30
    label.write_text("\n".join(lines + ["0 0.01 0.5 0.02 0.02"] * 9))
    assert measure_smallest_label([Pair(image, label)]) == pytest.approx(20.0)


def test_a_split_of_which_no_image_has_a_label_file_is_refused(tmp_path):
    make(tmp_path, "train", ["a"], labels=["b"])
    with pytest.raises(DatasetError, match=r"no image .* has a label file: .*labels/a\.txt"):
        find_pairs(tmp_path, "train")


def test_images_behind_links_to_directories_are_found_once(tmp_path):
    make(tmp_path, "train", ["a"])
    make(tmp_path, "pool", ["b"])
    images, labels = tmp_path / "train/images", tmp_path / "train/labels"
    for kind in (images, labels):
        (kind / "site").symlink_to(tmp_path / "pool" / kind.name)
    (images / "twice").symlink_to("site")
    (images / "loop").symlink_to("../images")
    (tmp_path / "pool/images/loop").symlink_to("../images")
    pairs = find_pairs(tmp_path, "train")
    assert [pair.label.name for pair in pairs] == ["a.txt", "b.txt"]
    assert list_label_files(labels) == [labels / "a.txt", labels / "site/b.txt"]


@pytest.mark.parametrize(("folder", "asked"), [("val", "valid"), ("valid", "val"), ("val", "val")])
def test_val_and_valid_are_the_same_split(tmp_path, folder, asked):
    make(make(tmp_path, folder, ["a"]), "train", ["b"])
    assert list(find_splits(tmp_path)) == ["train", "valid"]
    assert find_pairs(tmp_path, asked)[0].image.stem == "a"


def test_a_dataset_one_directory_down_is_found(tmp_path):
    make(tmp_path / "LU3M6TGT_yolo_format", "train", ["a"])
    (split,) = find_splits(tmp_path).values()
    assert split.directory == tmp_path / "LU3M6TGT_yolo_format" / "train"


@pytest.mark.parametrize("written", ["first/images", "../first/images", "./first/images"])
def test_data_yaml_names_splits(tmp_path, written):
    make(tmp_path, "first", ["a"])
    (tmp_path / "data.yaml").write_text(f"train: {written}\nval: nowhere\nnc: 1\n")
    found = find_splits(tmp_path)
    assert [split.directory.resolve() for split in found.values()] == [tmp_path / "first"]


def test_a_directory_of_images_and_labels_is_one_split_called_all(tmp_path):
    make(tmp_path, ".", ["a"])
    assert list(find_splits(tmp_path)) == ["all"]
    with pytest.raises(DatasetError, match="no split 'train': it has all"):
        find_pairs(tmp_path, "train")


def test_a_directory_that_is_no_dataset_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no dataset.*export those of COCO"):
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


LAYOUTS = {
    "kind before split": ("images/train", "labels/train", "images/val", "labels/val", ""),
    "split before kind": ("train/images", "train/labels", "valid/images", "valid/labels", ""),
    "labels beside": ("train", "train", "val", "val", ""),
    "path elsewhere": (
        "images/one", "labels/one", "images/two", "labels/two",
        "path: /data/elsewhere\ntrain: images/one\nval: images/two\n",
    ),
    "written on another machine": (
        "one/images", "one/labels", "two/images", "two/labels",
        "train: /content/moon-3/one/images\nval: C:\\Users\\me\\moon-3\\two\\images\n",
    ),
    "lists": (
        "images/all", "labels/all", "images/all", "labels/all",
        "train: train.txt\nval: [val.txt]\n",
    ),
    "lists of directories": (
        "a/images", "a/labels", "b/images", "b/labels", "train: [a/images]\nval: [b/images]\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_other_tools_are_read_alike(tmp_path, layout):
    *folders, text = LAYOUTS[layout]
    for folder, suffix, names in zip(
        folders, ("png", "txt") * 2, ("ab", "ab", "c", "c"), strict=True
    ):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for name in names:
            (tmp_path / folder / f"{name}.{suffix}").write_text("0 0.5 0.5 0.1 0.1\n")
    if text:
        (tmp_path / "data.yaml").write_text(text)
    (tmp_path / "train.txt").write_text("./images/all/a.png\n/elsewhere/images/all/b.png\n")
    (tmp_path / "val.txt").write_text("images/all/c.png\n")
    places = [tmp_path, tmp_path / "data.yaml"] if text else [tmp_path]
    for place in places:
        found = {name: find_pairs(place, name) for name in find_splits(place)}
        names = {name: [pair.image.stem for pair in pairs] for name, pairs in found.items()}
        assert names == {"train": ["a", "b"], "valid": ["c"]}
        assert all(len(pair.read_boxes()) == 1 for pairs in found.values() for pair in pairs)


def test_the_end_of_a_path_does_not_stand_for_two_splits(tmp_path):
    make(tmp_path, ".", ["a"])
    (tmp_path / "data.yaml").write_text("train: /x/train/images\nval: /x/val/images\n")
    assert list(find_splits(tmp_path)) == ["all"]


def test_a_description_of_images_that_are_not_here_is_refused(tmp_path):
    (tmp_path / "moon.yaml").write_text("train: a/images\nval: b/images\n")
    with pytest.raises(DatasetError, match="names no directory of images that is here"):
        find_splits(tmp_path / "moon.yaml")


def test_a_listed_image_that_is_missing_is_named(tmp_path):
    make(tmp_path, ".", ["a"])
    (tmp_path / "train.txt").write_text("images/a.png\nimages/b.png\n")
    (tmp_path / "data.yaml").write_text("train: train.txt\n")
    with pytest.raises(DatasetError, match=r"1 of 2 images listed for 'train' .*b\.png"):
        find_pairs(tmp_path, "train")


def test_a_list_may_be_empty_beside_another(tmp_path):
    make(tmp_path, ".", ["a"])
    (tmp_path / "train.txt").write_text("images/a.png\n")
    (tmp_path / "extra.txt").touch()
    (tmp_path / "data.yaml").write_text("train: [train.txt, extra.txt]\nval: extra.txt\n")
    assert list(find_splits(tmp_path)) == ["train"]
    assert [pair.image.stem for pair in find_pairs(tmp_path, "train")] == ["a"]


def test_a_dataset_as_cvat_writes_it_is_one_split(tmp_path):
    (tmp_path / "obj_train_data").mkdir()
    (tmp_path / "obj_train_data" / "a.png").write_bytes(b"")
    (tmp_path / "obj_train_data" / "a.txt").write_text("1 0.5 0.5 0.1 0.1\n0 0.5 0.5 0.1 0.1\n")
    (tmp_path / "obj.names").write_text("boulder\ncrater\n")
    (tmp_path / "train.txt").write_text("data/obj_train_data/a.png\n")
    (pair,) = find_pairs(tmp_path, "all")
    assert len(pair.read_boxes()) == 1


def test_directories_of_several_sites_are_one_split(tmp_path):
    make(make(tmp_path, "site_a", ["a"]), "site_b", ["b"])
    assert [pair.image.stem for pair in find_pairs(tmp_path, "all")] == ["a", "b"]


def test_splits_may_begin_with_a_capital(tmp_path):
    make(make(tmp_path, "Train", ["a"]), "Val", ["b"])
    assert list(find_splits(tmp_path)) == ["train", "valid"]


def test_data_yaml_decides_where_directories_are_named_as_splits(tmp_path):
    make(make(tmp_path, "train", ["a"]), "more", ["b"])
    make(tmp_path, "val", ["c"])
    yaml = tmp_path / "data.yaml"
    yaml.write_text("train: [train/images, more/images]\nval: train/images\n")
    for path in (tmp_path, yaml):
        names = {n: [i.stem for i in split.images] for n, split in find_splits(path).items()}
        assert names == {"train": ["a", "b"], "valid": ["a"]}


def test_a_split_that_lacks_its_labels_is_not_passed_over(tmp_path):
    make(tmp_path, "valid", ["a"])
    (tmp_path / "train" / "images").mkdir(parents=True)
    (tmp_path / "train" / "images" / "b.png").write_bytes(b"")
    assert list(find_splits(tmp_path)) == ["train", "valid"]
    with pytest.raises(DatasetError, match=r"no image .* has a label file"):
        find_pairs(tmp_path, "train")


def test_of_several_datasets_one_is_to_be_given(tmp_path):
    for name in ("one", "two"):
        make(tmp_path / name, "train", ["a"])
    with pytest.raises(DatasetError, match=r"2 datasets \(one, two\): give one of them"):
        find_splits(tmp_path)
    assert list(find_splits(tmp_path / "two")) == ["train"]


@pytest.mark.parametrize("base", ["{0}/new", "..\\new", " ../new"])
def test_the_path_of_a_description_comes_before_its_own_directory(tmp_path, base):
    make(tmp_path / "new", "train", ["a"])
    make(tmp_path / "old", "train", ["b"])
    text = f"path: {base.format(tmp_path)}\ntrain: train/images\n"
    (tmp_path / "old" / "data.yaml").write_text(text)
    assert [pair.image.stem for pair in find_pairs(tmp_path / "old", "train")] == ["a"]


@pytest.mark.parametrize("missing", ["piece/train/images", "piece.txt"])
def test_a_missing_piece_of_a_split_is_named(tmp_path, missing):
    make(tmp_path, "new", ["a"])
    (tmp_path / "data.yaml").write_text(f"train: [new/images, {missing}]\n")
    with pytest.raises(DatasetError, match=f"{missing}, which the description names, is missing"):
        find_splits(tmp_path)


def test_a_piece_without_label_files_shows_no_crater(tmp_path):
    make(make(tmp_path, "new", ["a"]), "bare", ["b"], labels=[])
    (tmp_path / "bare" / "labels").rmdir()
    (tmp_path / "data.yaml").write_text("train: [new/images, bare/images]\n")
    labels = {pair.image.stem: pair.label for pair in find_pairs(tmp_path, "train")}
    assert list(labels) == ["a", "b"]
    assert labels["b"] is None


def test_a_missing_split_is_not_replaced_by_a_directory_that_is_not_named(tmp_path):
    make(make(tmp_path, "train", ["a"]), "valid", ["b"])
    (tmp_path / "data.yaml").write_text("train: train/images\nval: vald/images\n")
    with pytest.raises(
        DatasetError, match=r"vald/images, .* is missing .*, or name .*valid/images"
    ):
        find_splits(tmp_path)


def test_an_image_that_is_missing_is_named_where_directories_are_named_too(tmp_path):
    make(tmp_path, "new", ["a"])
    (tmp_path / "more.txt").write_text("new/images/c.png\n")
    (tmp_path / "data.yaml").write_text("train: [new/images, more.txt]\n")
    with pytest.raises(DatasetError, match=r"1 of 2 images listed for 'train' .*c\.png"):
        find_pairs(tmp_path, "train")


def test_a_list_without_images_is_no_split(tmp_path):
    make(tmp_path, "train", ["a"])
    (tmp_path / "val.txt").write_text("\n")
    (tmp_path / "data.yaml").write_text("train: train/images\nval: val.txt\n")
    assert list(find_splits(tmp_path)) == ["train"]
    with pytest.raises(DatasetError, match="no split 'valid': it has train"):
        find_pairs(tmp_path, "valid")
    make(tmp_path, "valid", ["b"])
    with pytest.raises(DatasetError, match=r"val\.txt, .* is missing or empty, or has no"):
        find_splits(tmp_path)


def test_an_empty_directory_that_the_description_names_is_no_split(tmp_path):
    for kind in ("images", "labels"):
        (tmp_path / kind / "val").mkdir(parents=True)
    make(tmp_path, "train", ["a"])
    (tmp_path / "data.yaml").write_text("train: train/images\nval: images/val\n")
    assert list(find_splits(tmp_path)) == ["train"]


def test_hidden_directories_hold_no_images(tmp_path):
    make(make(tmp_path, "site_a", ["a"]), ".stversions", ["a"])
    assert [pair.image.parent.parent.name for pair in find_pairs(tmp_path, "all")] == ["site_a"]


def test_an_impossible_date_is_no_yaml(tmp_path):
    make(tmp_path, "train", ["a"])
    (tmp_path / "data.yaml").write_text("date: 2024-02-30\ntrain: train/images\n")
    with pytest.raises(DatasetError, match="not YAML: mend it"):
        find_splits(tmp_path)


def test_directories_may_be_named_by_numbers(tmp_path):
    for split in ("2019", "2020", "v"):
        make(tmp_path, split, [split])
    (tmp_path / "data.yaml").write_text("train: [2019, 2020]\nval: v\ntest: true\nnames: [a]\n")
    splits = find_splits(tmp_path)
    assert [len(split.images) for split in splits.values()] == [2, 1]
    (tmp_path / "data.yaml").write_text("train: 2019\nval: 2020\nnames: [a]\n")
    assert list(find_splits(tmp_path)) == ["train", "valid"]
