import cv2
import numpy as np
import pytest
import rasterio

from lunarcraters.datasets.check import LOG_NAME, check_dataset, clean_dataset, undo_cleaning
from lunarcraters.datasets.yolo_labels import read_image
from lunarcraters.errors import DatasetError

from .test_yolo_labels import damage_jpeg, damage_tiff, write_tiff

BOX = "0 0.5 0.5 0.1 0.1\n"


def add(dataset, split, name, label=BOX, size=16, seed=None):
    for kind in ("images", "labels"):
        (dataset / split / kind).mkdir(parents=True, exist_ok=True)
    seed = abs(hash((split, name))) % 2**32 if seed is None else seed
    pixels = np.random.default_rng(seed).integers(1, 255, (size, size), np.uint8)
    cv2.imwrite(str(dataset / split / "images" / f"{name}.png"), pixels)
    if label is not None:
        (dataset / split / "labels" / f"{name}.txt").write_text(label)


@pytest.fixture
def dataset(tmp_path):
    for split, names in (("train", "abcd"), ("valid", "efg")):
        for name in names:
            add(tmp_path, split, name, "" if name in "bdf" else BOX)
    return tmp_path


def snapshot(dataset):
    return {
        str(path.relative_to(dataset)): path.read_bytes() if path.is_file() else None
        for path in dataset.rglob("*")
    }


def found(dataset):
    return [(p.kind, p.split, p.path.name) for p in check_dataset(dataset) if not p.is_note]


def test_a_sound_dataset_has_no_problems_and_empty_label_files_are_notes(dataset):
    assert found(dataset) == []
    assert [p.path.name for p in check_dataset(dataset)] == ["b.txt", "d.txt", "f.txt"]


def test_files_that_do_not_pair_are_found_both_ways(dataset):
    (dataset / "train/labels/a.txt").unlink()
    (dataset / "valid/images/g.png").unlink()
    assert found(dataset) == [("no image", "valid", "g.txt")]
    notes = [(p.kind, p.path.name) for p in check_dataset(dataset) if p.is_note]
    assert ("background", "a.png") in notes


def test_a_split_without_any_label_file_is_a_fault(dataset):
    for path in (dataset / "valid/labels").iterdir():
        path.unlink()
    assert found(dataset) == [("no label", "valid", f"{name}.png") for name in "efg"]


def test_lists_of_class_names_are_no_label_files(dataset):
    (dataset / "train/labels/classes.txt").write_text("crater\n")
    assert found(dataset) == []


def test_empty_pairs_are_moved_aside_in_any_layout_and_back(tmp_path):
    for split, name in (("train", "a"), ("train", "b"), ("val", "c")):
        for kind, suffix in (("images", "png"), ("labels", "txt")):
            (tmp_path / kind / split).mkdir(parents=True, exist_ok=True)
            (tmp_path / kind / split / f"{name}.{suffix}").write_text(BOX if name == "a" else "")
    before = snapshot(tmp_path)
    assert len(clean_dataset(tmp_path)) == 4
    assert (tmp_path / "empty/train/empty_images/b.png").is_file()
    assert (tmp_path / "empty/val/empty_labels/c.txt").is_file()
    assert clean_dataset(tmp_path) == []
    undo_cleaning(tmp_path)
    assert snapshot(tmp_path) == before


def test_bad_labels_are_found_with_line_and_value(dataset):
    (dataset / "train/labels/a.txt").write_text(BOX + "0 1.7 0.5 0.1 0.1\n")
    (problem,) = (p for p in check_dataset(dataset) if not p.is_note)
    assert (problem.kind, problem.path) == ("bad label", dataset / "train/labels/a.txt")
    assert problem.detail.startswith("line 2: x_centre is 1.7")


def test_odd_sizes_duplicates_and_unreadable_images_are_found(dataset):
    add(dataset, "train", "h", size=15)
    add(dataset, "train", "i", seed=1)
    add(dataset, "valid", "j", seed=1)
    (dataset / "train/images/a.png").write_bytes(b"")
    (dataset / "train/images/c.png").write_text("not an image")
    assert ("size", "train", dataset / "train/images/h.png") in {
        (problem.kind, problem.split, problem.path) for problem in check_dataset(dataset)
    }
    assert sorted(found(dataset)) == [
        ("duplicate", "valid", "j.png"),
        ("unreadable image", "train", "a.png"),
        ("unreadable image", "train", "c.png"),
    ]


@pytest.mark.parametrize(("name", "damage"), [("a.jpg", damage_jpeg), ("a.tif", damage_tiff)])
def test_damaged_images_are_found(dataset, noise, name, damage):
    damage(dataset / "train/images" / name, noise)
    (dataset / "train/images/a.png").unlink()
    assert found(dataset) == [("unreadable image", "train", name)]


@pytest.mark.parametrize(
    ("dtype", "bands", "compress"), [("float32", 1, "zstd"), ("uint16", 5, "lzw")]
)
def test_tiffs_that_a_training_reads_are_readable_unless_damaged(dataset, dtype, bands, compress):
    values = np.random.default_rng(1).integers(1, 5000, (bands, 16, 16)).astype(dtype)
    path = dataset / "train/images/a.tif"
    write_tiff(path, values, compress=compress, interleave="band")
    (dataset / "train/images/a.png").unlink()
    assert found(dataset) == []
    assert read_image(path)[1].all()
    with rasterio.open(path) as raster:
        offset = int(raster.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=bands))
    content = bytearray(path.read_bytes())
    content[offset : offset + 100] = bytes(100)
    path.write_bytes(content)
    assert found(dataset) == [("unreadable image", "train", "a.tif")]


def test_checking_tells_its_progress(dataset):
    said = []
    check_dataset(dataset, lambda done, total: said.append((done, total)))
    assert said == [(n, 7) for n in range(1, 8)]


def test_cleaning_moves_empty_pairs_by_name(dataset):
    # One missing file would shift every pair if they went by position.
    (dataset / "train/labels/a.txt").unlink()
    moves = clean_dataset(dataset)
    assert len(moves) == 6
    for name, split in (("b", "train"), ("d", "train"), ("f", "valid")):
        assert (dataset / split / "empty/empty_images" / f"{name}.png").is_file()
        assert (dataset / split / "empty/empty_labels" / f"{name}.txt").is_file()
        assert not (dataset / split / "images" / f"{name}.png").exists()
    assert {p.name for p in (dataset / "train/images").iterdir()} == {"a.png", "c.png"}


def test_a_dry_run_moves_nothing(dataset):
    before = snapshot(dataset)
    assert len(clean_dataset(dataset, dry_run=True)) == 6
    assert snapshot(dataset) == before


def test_undo_is_exact_even_after_two_cleanings(dataset):
    before = snapshot(dataset)
    clean_dataset(dataset)
    (dataset / "train/labels/a.txt").write_text("")
    assert len(clean_dataset(dataset)) == 2
    assert len(undo_cleaning(dataset)) == 8
    (dataset / "train/labels/a.txt").write_text(BOX)
    assert snapshot(dataset) == before


def test_undo_works_where_the_dataset_has_moved(dataset, tmp_path):
    before = snapshot(dataset)
    clean_dataset(dataset)
    elsewhere = tmp_path.rename(tmp_path.with_name("elsewhere"))
    undo_cleaning(elsewhere)
    assert snapshot(elsewhere) == before


def test_an_interrupted_cleaning_can_be_undone(dataset):
    before = snapshot(dataset)
    moves = clean_dataset(dataset)
    # As if the process had been killed before the last move.
    moves[-1].target.rename(moves[-1].source)
    assert len(undo_cleaning(dataset)) == 5
    assert snapshot(dataset) == before


def test_undo_touches_nothing_where_a_file_is_in_the_way_or_gone(dataset):
    clean_dataset(dataset)
    (dataset / "train/images/b.png").write_bytes(b"new")
    before = snapshot(dataset)
    with pytest.raises(DatasetError, match="in the way"):
        undo_cleaning(dataset)
    assert snapshot(dataset) == before
    (dataset / "train/images/b.png").unlink()
    (dataset / "train/empty/empty_images/b.png").unlink()
    with pytest.raises(DatasetError, match="is gone"):
        undo_cleaning(dataset)


def test_undo_without_cleaning_says_so(dataset):
    with pytest.raises(DatasetError, match="nothing was cleaned"):
        undo_cleaning(dataset)
    (dataset / LOG_NAME).write_text("[]")
    with pytest.raises(DatasetError, match="not a log"):
        undo_cleaning(dataset)


def test_cleaning_does_not_overwrite_what_was_moved_before(dataset):
    clean_dataset(dataset)
    add(dataset, "train", "b", label="")
    before = snapshot(dataset)
    with pytest.raises(DatasetError, match="exists already"):
        clean_dataset(dataset)
    assert snapshot(dataset) == before


def test_images_in_two_splits_are_found(dataset):
    (dataset / "data.yaml").write_text("train: train/images\nval: train/images\n")
    copies = [("duplicate", "valid", f"{name}.png") for name in "abcd"]
    assert found(dataset) == copies


def test_labels_whose_images_are_of_another_format_are_found(dataset):
    for image in (dataset / "train" / "images").iterdir():
        image.rename(image.with_suffix(".webp"))
    assert found(dataset) == [("no image", "train", f"{name}.txt") for name in "abcd"]


def test_a_class_without_a_name_is_noted_where_others_have_one(dataset):
    for label in dataset.glob("*/labels/*.txt"):
        label.write_text(label.read_text().replace("0 ", "9 ", 1))
    (dataset / "data.yaml").write_text("names: [crater]\n")
    notes = [p.detail for p in check_dataset(dataset) if p.kind == "class"]
    assert notes == ["class 9 has no name (named: 0 crater) and is taken as craters"]
