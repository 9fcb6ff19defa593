"""What is wrong in a dataset, and moving the pairs without a crater out of the way and back."""

import hashlib
import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lunarcraters.datasets.yolo_labels import find_splits, images_in, label_of, read_labels
from lunarcraters.errors import DatasetError
from lunarcraters.progress import Progress, silent

LOG_NAME = "cleaning_log.json"
"""Lies in the dataset's directory while something is moved away."""


@dataclass(frozen=True)
class Problem:
    """Something wrong in a dataset.

    Attributes:
        kind: `no label`, `no image`, `bad label`, `unreadable image`, `size`, `duplicate`, or
            `empty`, which is worth knowing and not wrong.
        split: The split it is in.
        path: The file.
        detail: A sentence.
    """

    kind: str
    split: str
    path: Path
    detail: str

    @property
    def is_note(self) -> bool:
        """Whether this is no fault: a tile without craters teaches, too."""
        return self.kind == "empty"


@dataclass(frozen=True)
class Move:
    """A file's place before and after cleaning."""

    source: Path
    target: Path


def check(dataset: Path, progress: Progress = silent) -> list[Problem]:
    """Find what is wrong in a dataset: pairs, labels, images.

    Reports images without label file and the reverse, label files that are malformed or out of
    range, images that cannot be read, are not of the size that most have, or are the same to the
    pixel as another (in any split), and, as notes, empty label files.

    Args:
        dataset: The dataset's directory.
        progress: Called with the number of images read and in all.

    Returns:
        Problems in the order of splits and kinds.

    Raises:
        DatasetError: The directory is not a dataset.
    """
    problems = []
    owners: dict[Path, str] = {}
    for split, directory in find_splits(dataset).items():
        images = images_in(directory)
        owners.update(dict.fromkeys(images, split))
        problems += _check_names(split, directory, images)
        problems += _check_labels(split, directory)
    return problems + _check_images(owners, progress)


def _check_names(split: str, directory: Path, images: list[Path]) -> list[Problem]:
    expected = {label_of(image): image for image in images}
    labels = set((directory / "labels").glob("*.txt"))
    lonely = [
        Problem("no label", split, image, f"has no label file {label.name}")
        for label, image in expected.items()
        if label not in labels
    ]
    orphans = sorted(labels - expected.keys())
    return lonely + [Problem("no image", split, path, "has no image") for path in orphans]


def _check_labels(split: str, directory: Path) -> list[Problem]:
    problems = []
    for path in sorted((directory / "labels").glob("*.txt")):
        try:
            boxes = read_labels(path)
        except DatasetError as error:
            detail = str(error).removeprefix(str(path)).lstrip(", ")
            problems.append(Problem("bad label", split, path, detail))
        else:
            if len(boxes) == 0:
                problems.append(Problem("empty", split, path, "holds no crater"))
    return problems


def _check_images(owners: dict[Path, str], progress: Progress) -> list[Problem]:
    problems = []
    sizes: dict[Path, tuple[int, int]] = {}
    firsts: dict[str, Path] = {}
    for done, path in enumerate(owners, start=1):
        content = np.fromfile(path, np.uint8)
        pixels = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
        progress(done, len(owners))
        if pixels is None:
            problem = Problem("unreadable image", owners[path], path, "cannot be read as an image")
            problems.append(problem)
            continue
        sizes[path] = pixels.shape[1], pixels.shape[0]
        digest = hashlib.sha256(repr(sizes[path]).encode() + pixels.tobytes()).hexdigest()
        first = firsts.setdefault(digest, path)
        if first != path:
            detail = f"is the same image as {owners[first]}/images/{first.name}"
            problems.append(Problem("duplicate", owners[path], path, detail))
    usual = Counter(sizes.values()).most_common(1)
    for path, (width, height) in sizes.items():
        if (width, height) != usual[0][0]:
            detail = f"is {width}x{height} px, most are {usual[0][0][0]}x{usual[0][0][1]}"
            problems.append(Problem("size", owners[path], path, detail))
    return problems


def clean(dataset: Path, *, dry_run: bool = False) -> list[Move]:
    """Move pairs whose label file is empty to `empty/` inside their split.

    Images go to `empty/empty_images`, label files to `empty/empty_labels`, each pair by its name.
    The log `cleaning_log.json` in the dataset's directory is what `undo` reads.

    Args:
        dataset: The dataset's directory.
        dry_run: Only tell what would move.

    Returns:
        What was moved, or would be.

    Raises:
        DatasetError: The directory is not a dataset, or a file of that name was moved before.
    """
    moves = [
        move
        for directory in find_splits(dataset).values()
        for image in images_in(directory)
        if label_of(image).is_file() and not label_of(image).read_bytes().strip()
        for move in _moves_of(directory, image)
    ]
    taken = next((move.target for move in moves if move.target.exists()), None)
    if taken is not None:
        raise DatasetError(f"{taken} exists already: move it elsewhere, then clean again")
    if moves and not dry_run:
        # The log comes first: a clean that was interrupted can be undone, too.
        _write_log(dataset, _read_log(dataset) + moves)
        for move in moves:
            move.target.parent.mkdir(parents=True, exist_ok=True)
            move.source.rename(move.target)
    return moves


def undo(dataset: Path) -> list[Move]:
    """Put back everything that `clean` has moved, and remove what it had made.

    Returns:
        What was moved back: `target` to `source`.

    Raises:
        DatasetError: There is nothing to undo, or a file is in the way or gone.
    """
    log = _read_log(dataset)
    if not log:
        raise DatasetError(f"{dataset} has no {LOG_NAME}: nothing was cleaned here")
    # Not moved yet when clean was interrupted: nothing to do for these.
    moved = [move for move in log if move.target.exists() or not move.source.exists()]
    for move in moved:
        if not move.target.exists():
            raise DatasetError(f"{move.target} is gone: put it back, then undo again")
        if move.source.exists():
            raise DatasetError(f"{move.source} is in the way: move it elsewhere, then undo again")
    for move in moved:
        move.target.rename(move.source)
    for folder in {move.target.parent for move in log}:
        for directory in (folder, folder.parent):
            if directory.is_dir() and not any(directory.iterdir()):
                directory.rmdir()
    (dataset / LOG_NAME).unlink()
    return moved


def _moves_of(directory: Path, image: Path) -> list[Move]:
    label = label_of(image)
    empty = directory / "empty"
    return [
        Move(image, empty / "empty_images" / image.name),
        Move(label, empty / "empty_labels" / label.name),
    ]


def _write_log(dataset: Path, moves: list[Move]) -> None:
    # Relative, so that the dataset can be moved between clean and undo.
    distinct = dict.fromkeys(moves)
    entries = [
        {key: os.path.relpath(path, dataset) for key, path in vars(move).items()}
        for move in distinct
    ]
    temporary = dataset / f"{LOG_NAME}.tmp"
    temporary.write_text(json.dumps({"moves": entries}, indent=1), encoding="utf-8")
    temporary.replace(dataset / LOG_NAME)


def _read_log(dataset: Path) -> list[Move]:
    path = dataset / LOG_NAME
    if not path.is_file():
        return []
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["moves"]
        return [Move(dataset / entry["source"], dataset / entry["target"]) for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path} is not a log of `craters dataset clean`: mend it") from error
