"""Problems of a dataset, and pairs without craters moved aside and back.

`Move` and `CleaningLog` are the records of `cleaning_log.json`.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lunarcraters.datasets.folders import label_path, list_label_files, mirror, place_aside
from lunarcraters.datasets.layout import Dataset, Split, find_splits, open_dataset
from lunarcraters.datasets.yolo_labels import read_labels, read_pixels
from lunarcraters.errors import DatasetError
from lunarcraters.progress import Progress, no_progress
from lunarcraters.records import RecordError, from_json, to_json

LOG_NAME = "cleaning_log.json"
"""Log file in the directory of a dataset, present while something is moved aside."""

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


@dataclass(frozen=True)
class Move:
    """A file that was moved aside.

    Attributes:
        source: Path before cleaning; in the log relative to the directory of the dataset.
        target: Path after cleaning, likewise.
    """

    source: Path
    target: Path


@dataclass(frozen=True)
class CleaningLog:
    """The file `cleaning_log.json`.

    Attributes:
        moves: Files that were moved aside, in order.
    """

    moves: tuple[Move, ...]


def check_dataset(
    dataset: Path, progress: Progress = no_progress, classes: Sequence[str] = ()
) -> list[Problem]:
    """Find the problems of a dataset: of its pairs, its labels and its images.

    Problems are splits without label files, label files without image, label files that are
    malformed or out of range, images that cannot be read or are damaged, that differ in size from
    most, or that are in two splits or equal in every pixel. Images without craters and classes are
    noted.

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
    expected = {label_path(image): image for image in split.images}
    labels = {label for label in expected if label.is_file()}
    problems = [
        Problem("background", name, image, f"has no label file {label.name}, so it shows no crater")
        if labels
        else Problem("no label", name, image, f"has no label file {label.name}")
        for label, image in expected.items()
        if label not in labels
    ]
    # In the directory of the images, other text files may lie beside them.
    folders = {path.parent for path in expected if split.folders}
    folders |= {mirror(folder, "images", "labels") or folder for folder in split.folders}
    others = folders - set(split.folders)
    orphans = {path for folder in others for path in list_label_files(folder)} - labels
    detail = "has no image (PNG, JPEG, TIFF or BMP)"
    return problems + [Problem("no image", name, path, detail) for path in sorted(orphans)]


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
        except DatasetError:
            detail = "is not an image that can be read, or is damaged"
            problems.append(Problem("unreadable image", owners[path], path, detail))
            continue
        sizes[path] = pixels.shape[1], pixels.shape[0]
        pixel_hash = hashlib.sha256(repr(sizes[path]).encode() + pixels.tobytes()).hexdigest()
        first = firsts.setdefault(pixel_hash, path)
        if first != path:
            detail = f"is the same image as {os.path.relpath(first, dataset)}"
            problems.append(Problem("duplicate", owners[path], path, detail))
    usual = Counter(sizes.values()).most_common(1)
    for path, (width, height) in sizes.items():
        if (width, height) != usual[0][0]:
            detail = f"is {width}x{height} px, most are {usual[0][0][0]}x{usual[0][0][1]}"
            problems.append(Problem("size", owners[path], path, detail))
    return problems


def clean_dataset(dataset: Path, *, dry_run: bool = False) -> list[Move]:
    """Move pairs whose label file is empty to `empty/` inside their split, or to `empty/SPLIT`.

    Images go to `empty/empty_images`, label files to `empty/empty_labels`. The log
    `cleaning_log.json` in the directory of the dataset lets `undo_cleaning` move them back.

    Args:
        dataset: Directory of the dataset.
        dry_run: True to move nothing.

    Returns:
        Files that were moved, or would be.

    Raises:
        DatasetError: The directory is not a dataset, or a file of that name was moved before.
    """
    moves = [
        move
        for split in find_splits(dataset).values()
        for image in split.images
        if label_path(image).is_file() and not label_path(image).read_bytes().strip()
        for move in _plan_moves(split, image)
    ]
    taken = next((move.target for move in moves if move.target.exists()), None)
    if taken is not None:
        raise DatasetError(f"{taken} exists already: move it elsewhere, then clean again")
    if moves and not dry_run:
        # The log comes first, so that an interrupted cleaning can be undone too.
        _write_log(dataset, _read_log(dataset) + moves)
        for move in moves:
            move.target.parent.mkdir(parents=True, exist_ok=True)
            move.source.rename(move.target)
    return moves


def undo_cleaning(dataset: Path) -> list[Move]:
    """Move back all files that `clean_dataset` has moved, and remove its directories.

    Args:
        dataset: Directory of the dataset.

    Returns:
        Files that were moved back, from `target` to `source`.

    Raises:
        DatasetError: There is nothing to undo, or a file is in the way or gone.
    """
    log = _read_log(dataset)
    if not log:
        raise DatasetError(f"{dataset} has no {LOG_NAME}: nothing was cleaned here")
    # Files that an interrupted cleaning had not moved yet stay where they are.
    moved = [move for move in log if move.target.exists() or not move.source.exists()]
    for move in moved:
        if not move.target.exists():
            raise DatasetError(f"{move.target} is gone: put it back, then undo again")
        if move.source.exists():
            raise DatasetError(f"{move.source} is in the way: move it elsewhere, then undo again")
    for move in moved:
        move.target.rename(move.source)
    for folder in {move.target.parent for move in log}:
        for directory in (folder, *folder.parents):
            if directory == dataset or (directory.is_dir() and any(directory.iterdir())):
                break
            if directory.is_dir():
                directory.rmdir()
    (dataset / LOG_NAME).unlink()
    return moved


def _plan_moves(split: Split, image: Path) -> list[Move]:
    """Plan the moves of an image of a split and its label file."""
    label = label_path(image)
    folders = [folder for folder in split.folders if image.is_relative_to(folder)]
    folder = folders[0] if folders else image.parent
    aside, below = place_aside(folder), image.parent.relative_to(folder)
    return [
        Move(image, aside / "empty_images" / below / image.name),
        Move(label, aside / "empty_labels" / below / label.name),
    ]


def _write_log(dataset: Path, moves: list[Move]) -> None:
    """Write the log of moves, each of them once."""
    # Paths are relative, so that the dataset can be moved between cleaning and undoing.
    log = CleaningLog(
        tuple(
            Move(*(Path(os.path.relpath(path, dataset)) for path in (move.source, move.target)))
            for move in dict.fromkeys(moves)
        )
    )
    temporary = dataset / f"{LOG_NAME}.tmp"
    temporary.write_text(to_json(log), encoding="utf-8")
    temporary.replace(dataset / LOG_NAME)


def _read_log(dataset: Path) -> list[Move]:
    """Read the moves of the log; none without a log."""
    path = dataset / LOG_NAME
    if not path.is_file():
        return []
    try:
        log = from_json(CleaningLog, path.read_bytes())
    except RecordError as error:
        raise DatasetError(f"{path} is not a log of `craters dataset clean`: mend it") from error
    return [Move(dataset / move.source, dataset / move.target) for move in log.moves]
