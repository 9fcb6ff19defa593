"""Problems of a dataset."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lunarcraters.datasets.folders import label_path, list_label_files, mirror
from lunarcraters.datasets.images import read_pixels
from lunarcraters.datasets.layout import Dataset, Split, open_dataset
from lunarcraters.datasets.yolo_labels import is_label_file, read_labels
from lunarcraters.errors import DatasetError
from lunarcraters.progress import Progress, no_progress

Kind = Literal[
    "no label", "no image", "bad label", "unreadable image", "size", "duplicate", "empty",
    "background", "class", "offset", "shift", "scale",
]  # fmt: skip
"""Kind of a problem."""
_NOTES = ("empty", "background", "class", "size", "offset", "scale")


@dataclass(frozen=True)
class Problem:
    """Something wrong in a dataset.

    Attributes:
        kind: Kind of problem. Notes and no faults are `empty` (no craters), `background` (no label
            file where other images have one), `size` (another size than most images), `class`
            (classes that are taken or left out), `offset` (labels compared with detections) and
            `scale` (labels larger or smaller than detections). `shift` (labels beside the craters)
            is a fault.
        split: Name of the split; `all` for classes and for labels compared with detections.
        path: Image or label file; the directory of the dataset where `split` is `all`.
        detail: Description, which continues a sentence that begins with the file.
    """

    kind: Kind
    split: str
    path: Path
    detail: str

    @property
    def is_note(self) -> bool:
        """True for what is no fault: images without craters, for example, are training data too."""
        return self.kind in _NOTES


def check_dataset(
    dataset: Path, progress: Progress = no_progress, classes: Sequence[str | int] = ()
) -> list[Problem]:
    """Find the problems of a dataset: of its pairs, its labels and its images.

    Problems are splits without label files, label files without image, label files that are
    malformed or out of range, images that cannot be read or are damaged, that differ in size from
    most, or that are in two splits, have one label file or are equal in every pixel. Images without
    craters and classes are noted.

    Args:
        dataset: Directory of the dataset.
        progress: Function of the number of images read and in all.
        classes: Names or numbers of the classes that are craters; empty to go by their names.

    Returns:
        Problems, by split and kind.

    Raises:
        DatasetError: The directory is not a dataset, or it is not clear which classes are craters.
    """
    opened = open_dataset(dataset, classes)
    problems = [Problem("class", "all", dataset, note) for note in opened.classes.notes]
    owners: dict[Path, str] = {}
    for name, split in opened.splits.items():
        problems += [
            Problem("duplicate", name, image, f"is in the split {owners[image]} too")
            for image in split.images
            if image in owners
        ]
        owners.update(dict.fromkeys(split.images, name))
        problems += _check_names(name, split)
        problems += _check_labels(name, split, opened)
    return problems + _check_images(owners, dataset, progress)


def _check_names(name: str, split: Split) -> list[Problem]:
    """Find images and label files of a split that do not pair."""
    expected: dict[Path, Path] = {}
    problems = []
    for image in split.images:
        first = expected.setdefault(label_path(image), image)
        if first != image:
            detail = f"has the label file of {first.name}: rename or remove one of them"
            problems.append(Problem("duplicate", name, image, detail))
    labels = {label for label in expected if label.is_file()}
    problems += [
        Problem("background", name, image, f"has no label file {label.name}, so it shows no crater")
        if labels
        else Problem("no label", name, image, f"has no label file {label.name}")
        for label, image in expected.items()
        if label not in labels
    ]
    folders = {path.parent for path in expected if split.folders}
    folders |= {mirror(folder, "images", "labels") or folder for folder in split.folders}
    with_images = {*split.folders, *(image.parent for image in split.images)}
    orphans = {
        path
        for folder in folders
        for path in list_label_files(folder)
        # In a directory of images, other text files may lie beside them.
        if folder not in with_images or is_label_file(path)
    }
    detail = "has no image (PNG, JPEG, TIFF or BMP)"
    return problems + [Problem("no image", name, path, detail) for path in sorted(orphans - labels)]


def _check_labels(name: str, split: Split, dataset: Dataset) -> list[Problem]:
    """Find label files of a split that are malformed or hold no crater."""
    problems = []
    for path in map(label_path, split.images):
        if not path.is_file():
            continue
        try:
            boxes = read_labels(path, dataset.classes.numbers)
        except DatasetError as error:
            detail = str(error).removeprefix(str(path)).lstrip(", ")
            problems.append(Problem("bad label", name, path, detail))
        else:
            if len(boxes) == 0:
                problems.append(Problem("empty", name, path, "holds no crater"))
    return problems


def _check_images(owners: dict[Path, str], dataset: Path, progress: Progress) -> list[Problem]:
    """Find images that cannot be read or are damaged, differ in size, or occur twice.

    Args:
        owners: Name of the split of each image.
        dataset: Directory of the dataset.
        progress: Function of the number of images read and in all.
    """
    problems = []
    sizes: dict[Path, tuple[int, int]] = {}
    firsts: dict[str, Path] = {}
    for done, path in enumerate(owners, start=1):
        progress(done, len(owners))
        try:
            pixels = read_pixels(path)
        except DatasetError as error:
            detail = str(error).removeprefix(f"{path} ")
            problems.append(Problem("unreadable image", owners[path], path, detail))
            continue
        sizes[path] = pixels.shape[1], pixels.shape[0]
        pixel_hash = hashlib.sha256(repr(sizes[path]).encode() + pixels.tobytes()).hexdigest()
        first = firsts.setdefault(pixel_hash, path)
        if first != path:
            detail = f"is the same image as {os.path.relpath(first, dataset)}"
            problems.append(Problem("duplicate", owners[path], path, detail))
    if not sizes:
        return problems
    usual, _ = Counter(sizes.values()).most_common(1)[0]
    for path, size in sizes.items():
        if size != usual:
            detail = "is {}x{} px, most are {}x{}".format(*size, *usual)
            problems.append(Problem("size", owners[path], path, detail))
    return problems
