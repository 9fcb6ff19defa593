import shutil

import pytest

from lunarcraters.datasets.clean import LOG_NAME, clean_dataset, undo_cleaning
from lunarcraters.errors import DatasetError, OutputError

from .conftest import BOX, add


def snapshot(dataset):
    return {
        str(path.relative_to(dataset)): path.read_bytes() if path.is_file() else None
        for path in dataset.rglob("*")
    }


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


@pytest.mark.parametrize("given", [".", "data.yaml"])
def test_a_dataset_is_cleaned_by_its_description_too(dataset, given):
    (dataset / "data.yaml").write_text("train: train/images\nval: valid/images\n")
    before = snapshot(dataset)
    assert len(clean_dataset(dataset / "data.yaml")) == 6
    assert (dataset / LOG_NAME).is_file()
    assert len(undo_cleaning(dataset / given)) == 6
    assert snapshot(dataset) == before


def test_a_file_of_two_splits_or_of_two_images_is_moved_once(dataset):
    (dataset / "data.yaml").write_text("train: train/images\nval: train/images\n")
    shutil.copy(dataset / "train/images/b.png", dataset / "train/images/b.jpg")
    before = snapshot(dataset)
    assert len(clean_dataset(dataset)) == 5
    undo_cleaning(dataset)
    assert snapshot(dataset) == before


def test_masks_go_with_their_images(dataset):
    for suffix in (".msk", ".aux.xml"):
        (dataset / f"train/images/b.png{suffix}").write_bytes(b"mask")
    before = snapshot(dataset)
    assert len(clean_dataset(dataset)) == 8
    assert (dataset / "train/empty/empty_images/b.png.msk").is_file()
    undo_cleaning(dataset)
    assert snapshot(dataset) == before


def test_files_that_place_images_go_with_them(dataset):
    (dataset / "train/images/b.png").rename(dataset / "train/images/b.TIFF")
    names = ["b.wld", "b.tiffw", "b.TFW", "b.prj"]
    for name in (*names, "c.prj"):
        (dataset / "train/images" / name).write_text("place")
    before = snapshot(dataset)
    assert len(clean_dataset(dataset)) == 10
    assert all((dataset / "train/empty/empty_images" / name).is_file() for name in names)
    undo_cleaning(dataset)
    assert snapshot(dataset) == before


def test_what_cannot_be_moved_is_said_and_nothing_is_moved(dataset):
    (dataset / "valid/empty").write_text("")
    files = {path for path in dataset.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=r"valid/empty.* cannot be read, made or moved: .*again"):
        clean_dataset(dataset)
    assert {path for path in dataset.rglob("*") if path.is_file()} == files


def test_images_that_a_text_file_lists_are_not_moved(dataset):
    names = [f"train/images/{name}.png\n" for name in "abc"]
    (dataset / "train.txt").write_text("".join(names))
    (dataset / "data.yaml").write_text("train: train.txt\nval: valid/images\n")
    before = snapshot(dataset)
    with pytest.raises(DatasetError, match=r"b\.png shows no crater and is listed in a text file"):
        clean_dataset(dataset)
    assert snapshot(dataset) == before
    (dataset / "train.txt").write_text(names[0] + names[2])
    assert len(clean_dataset(dataset)) == 2


@pytest.mark.parametrize("relative", [True, False])
def test_images_that_are_links_name_the_same_files_aside_and_back(dataset, relative):
    image, pool = dataset / "train/images/b.png", dataset / "pool"
    pool.mkdir()
    image.rename(pool / "b.png")
    image.symlink_to("../../pool/b.png" if relative else pool / "b.png")
    link, before = image.readlink(), snapshot(dataset)
    clean_dataset(dataset)
    assert (dataset / "train/empty/empty_images/b.png").resolve() == pool / "b.png"
    (pool / "b.png").rename(pool / "c.png")  # a link to a missing file is moved back too
    undo_cleaning(dataset)
    (pool / "c.png").rename(pool / "b.png")
    assert image.readlink() == link
    assert snapshot(dataset) == before
