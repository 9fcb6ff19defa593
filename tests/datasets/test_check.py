import numpy as np
import pytest
import rasterio
from PIL import Image

from lunarcraters.datasets.check import check_dataset
from lunarcraters.datasets.images import read_image

from .conftest import BOX, add
from .test_images import damage_jpeg, damage_tiff, write_tiff


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


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_images_that_are_turned_for_display_are_found(dataset, noise, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise).save(dataset / f"train/images/a{suffix}", exif=exif)
    (dataset / "train/images/a.png").unlink()
    (problem,) = (p for p in check_dataset(dataset) if not p.is_note)
    assert problem.kind == "unreadable image"
    assert problem.detail.startswith("is to be turned or mirrored for display (EXIF orientation 6)")


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


def test_images_in_two_splits_are_found(dataset):
    (dataset / "data.yaml").write_text("train: train/images\nval: train/images\n")
    copies = [("duplicate", "valid", f"{name}.png") for name in "abcd"]
    assert found(dataset) == copies


def test_images_of_one_label_file_are_found(dataset, noise):
    Image.fromarray(noise).save(dataset / "train/images/a.jpg")
    assert found(dataset) == [("duplicate", "train", "a.png")]
    detail = next(p.detail for p in check_dataset(dataset) if p.kind == "duplicate")
    assert detail == "has the label file of a.jpg: rename or remove one of them"


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


def test_label_files_without_image_are_found_beside_images(tmp_path):
    for name in ("a.png", "a.txt", "lost.txt"):
        (tmp_path / "train" / "more").mkdir(parents=True, exist_ok=True)
        (tmp_path / "train" / name).write_text(BOX)
        (tmp_path / "train" / "more" / f"b{name}").write_text(BOX)
        (tmp_path / "train" / "notes.txt").write_text("of 2011\n")
        (tmp_path / "train" / "more" / "notes.txt").write_text("of 2012\n")
    orphans = [name for kind, _, name in found(tmp_path) if kind == "no image"]
    assert orphans == ["lost.txt", "blost.txt"]
