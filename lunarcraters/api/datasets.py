"""Verbs on training datasets: check, clean, split (`craters dataset`)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText
from lunarcraters.files import local_output
from lunarcraters.progress import Progress, no_progress

if TYPE_CHECKING:
    from lunarcraters.datasets.check import Move, Problem


def check_dataset(
    dataset: PathOrText, progress: Progress = no_progress, classes: Sequence[str] = ()
) -> "list[Problem]":
    """Find the faults of a dataset in the layout of LU3M6TGT, or of YOLO's tools.

    Args:
        dataset: Directory of the dataset, or its `data.yaml`.
        progress: Function of the number of images read and in all.
        classes: Names or numbers of the classes that are craters; empty to go by their names.

    Returns:
        Problems and notes, in the order of splits and kinds.

    Raises:
        DatasetError: The directory is not a dataset.
    """
    from lunarcraters.datasets.check import check_dataset

    return check_dataset(Path(dataset), progress, classes)


def count_pairs(dataset: PathOrText) -> dict[str, int]:
    """Count the pairs of image and label file in each split of a dataset.

    Args:
        dataset: Directory of the dataset, or its `data.yaml`.

    Raises:
        DatasetError: The directory is not a dataset.
    """
    from lunarcraters.datasets.folders import label_path
    from lunarcraters.datasets.layout import find_splits

    splits = find_splits(Path(dataset))
    return {
        name: sum(label_path(image).is_file() for image in split.images)
        for name, split in splits.items()
    }


def clean_dataset(dataset: PathOrText, *, dry_run: bool = False) -> "list[Move]":
    """Move images without a crater and their label files to `empty/` inside their split.

    Args:
        dataset: Directory of the dataset.
        dry_run: True to move nothing.

    Returns:
        Files that were moved, or would be.

    Raises:
        DatasetError: The directory is not a dataset, or a file of that name was moved before.
    """
    from lunarcraters.datasets.check import clean_dataset

    return clean_dataset(Path(dataset), dry_run=dry_run)


def undo_cleaning(dataset: PathOrText) -> "list[Move]":
    """Put back everything that `clean_dataset` has moved.

    Args:
        dataset: Directory of the dataset.

    Raises:
        DatasetError: There is nothing to undo, or a file is in the way or gone.
    """
    from lunarcraters.datasets.check import undo_cleaning

    return undo_cleaning(Path(dataset))


def split_dataset(
    dataset: PathOrText,
    out: PathOrText,
    *,
    fractions: Mapping[str, float],
    block_deg: float | None = 15.0,
    seed: int = 0,
    link: bool = False,
) -> dict[str, int]:
    """Write a new dataset whose splits are made of whole blocks of the Moon, or at random.

    Args:
        dataset: Directory of the dataset; its images are named by their edges.
        out: Directory to write, which must not exist.
        fractions: Share of the tiles for "train", "valid" and "test"; they add up to 1.
        block_deg: Side of a block, degrees; None to split at random, whatever the images are named.
        seed: Seed of the order in which blocks are dealt out.
        link: True for hard links instead of copies.

    Returns:
        Number of images in each split.

    Raises:
        DatasetError: The names tell no place, a tile occurs twice, or there are too few blocks.
        OutputError: `out` exists or cannot be written.
    """
    from lunarcraters.datasets.split import split_dataset

    return split_dataset(
        Path(dataset),
        local_output(out),
        fractions=fractions,
        block_deg=block_deg,
        seed=seed,
        link=link,
    )
