"""Pairs without craters moved aside and back.

`Move` and `CleaningLog` are the records of `cleaning_log.json`.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lunarcraters.datasets.folders import label_path, list_companions, place_aside
from lunarcraters.datasets.layout import Split, find_splits
from lunarcraters.errors import DatasetError, OutputError
from lunarcraters.files import replacing
from lunarcraters.records import RecordError, from_json, to_json

LOG_NAME = "cleaning_log.json"
"""Log file in the directory of a dataset, present while something is moved aside."""


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


def clean_dataset(dataset: Path, *, dry_run: bool = False) -> list[Move]:
    """Move pairs whose label file is empty to `empty/` inside their split, or to `empty/SPLIT`.

    Images go to `empty/empty_images`, with their masks (`.msk`, `.aux.xml`), world files and `.prj`
    files, and label files to `empty/empty_labels`. The log `cleaning_log.json` in the directory of
    the dataset lets `undo_cleaning` move them back.

    Args:
        dataset: Directory of the dataset, or its description (`data.yaml`).
        dry_run: True to move nothing.

    Returns:
        Files that were moved, or would be.

    Raises:
        DatasetError: The directory is not a dataset, a file of that name was moved before, or an
            image without craters is named by a text file that lists images.
        OutputError: A file cannot be read or moved.
    """
    directory = dataset.parent if dataset.is_file() else dataset
    with _naming_faults():
        moves = list(dict.fromkeys(_plan_all(find_splits(dataset))))
        taken = next((move.target for move in moves if os.path.lexists(move.target)), None)
        if taken is not None:
            raise DatasetError(f"{taken} exists already: move it elsewhere, then clean again")
        if moves and not dry_run:
            for folder in dict.fromkeys(move.target.parent for move in moves):
                folder.mkdir(parents=True, exist_ok=True)
            # The log comes first, so that an interrupted cleaning can be undone too.
            _write_log(directory, _read_log(directory) + moves)
            for move in moves:
                _move(move.source, move.target)
    return moves


def undo_cleaning(dataset: Path) -> list[Move]:
    """Move back all files that `clean_dataset` has moved, and remove its directories.

    Args:
        dataset: Directory of the dataset, or its description (`data.yaml`).

    Returns:
        Files that were moved back, from `target` to `source`.

    Raises:
        DatasetError: There is nothing to undo, or a file is in the way or gone.
        OutputError: A file cannot be read or moved.
    """
    directory = dataset.parent if dataset.is_file() else dataset
    log = _read_log(directory)
    if not log:
        raise DatasetError(f"{directory} has no {LOG_NAME}: nothing was cleaned here")
    # Files that an interrupted cleaning had not moved yet stay where they are.
    there = os.path.lexists  # links to missing files are there too
    moved = [move for move in log if there(move.target) or not there(move.source)]
    for move in moved:
        if not there(move.target):
            raise DatasetError(f"{move.target} is gone: put it back, then undo again")
        if there(move.source):
            raise DatasetError(f"{move.source} is in the way: move it elsewhere, then undo again")
    with _naming_faults():
        for move in moved:
            _move(move.target, move.source)
        for folder in {move.target.parent for move in log}:
            for above in (folder, *folder.parents):
                if above == directory or (above.is_dir() and any(above.iterdir())):
                    break
                if above.is_dir():
                    above.rmdir()
        (directory / LOG_NAME).unlink()
    return moved


def _move(source: Path, target: Path) -> None:
    """Move a file, or a symbolic link, which names the same file as before."""
    if source.is_symlink() and not source.readlink().is_absolute():
        target.symlink_to(os.path.relpath(source.resolve(), target.parent.resolve()))
        source.unlink()
    else:
        source.rename(target)


@contextmanager
def _naming_faults() -> Iterator[None]:
    """Say in one sentence which file cannot be read or moved."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{error.filename} cannot be read, made or moved: {error.strerror or error}: mend "
            "this, then run the command again"
        ) from error


def _plan_all(splits: Mapping[str, Split]) -> Iterator[Move]:
    """Plan the moves of all images whose label file is empty, some of them twice.

    Raises:
        DatasetError: A text file lists one of them.
    """
    listed = {
        image
        for split in splits.values()
        for image in split.images
        if not any(image.is_relative_to(folder) for folder in split.folders)
    }
    for split in splits.values():
        for image in split.images:
            label = label_path(image)
            if not label.is_file() or label.read_bytes().strip():
                continue
            if image in listed:
                raise DatasetError(
                    f"{image} shows no crater and is listed in a text file, which would name it "
                    "still: take it off the list, or leave it as background"
                )
            yield from _plan_moves(split, image)


def _plan_moves(split: Split, image: Path) -> list[Move]:
    """Plan the moves of an image of a split, its companions and its label file."""
    folder = next(folder for folder in split.folders if image.is_relative_to(folder))
    aside, below = place_aside(folder), image.parent.relative_to(folder)
    label = label_path(image)
    images = (image, *list_companions(image))
    return [
        *(Move(path, aside / "empty_images" / below / path.name) for path in images),
        Move(label, aside / "empty_labels" / below / label.name),
    ]


def _write_log(directory: Path, moves: list[Move]) -> None:
    """Write the log of moves, each of them once."""
    # Paths are relative, so that the dataset can be moved between cleaning and undoing.
    log = CleaningLog(
        tuple(
            Move(*(Path(os.path.relpath(path, directory)) for path in (move.source, move.target)))
            for move in dict.fromkeys(moves)
        )
    )
    with replacing(directory / LOG_NAME) as temporary:
        temporary.write_text(to_json(log), encoding="utf-8")


def _read_log(directory: Path) -> list[Move]:
    """Read the moves of the log; none without a log."""
    path = directory / LOG_NAME
    if not path.is_file():
        return []
    try:
        log = from_json(CleaningLog, path.read_bytes())
    except RecordError as error:
        raise DatasetError(f"{path} is not a log of `craters dataset clean`: mend it") from error
    return [Move(directory / move.source, directory / move.target) for move in log.moves]
