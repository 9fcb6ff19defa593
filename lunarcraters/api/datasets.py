"""Verbs on training datasets: make, check, clean, split (`craters dataset`)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.paths import Ground, PathOrText, read_ground
from lunarcraters.errors import check_range
from lunarcraters.files import local_output
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.nodata import GivenNodata
from lunarcraters.progress import Progress, ProgressDisplay, no_progress, no_progress_of

if TYPE_CHECKING:
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.datasets.check import Problem
    from lunarcraters.datasets.clean import Move
    from lunarcraters.labelling.make import MadeDataset

_SHARES = {"train": 0.7, "valid": 0.15, "test": 0.15}


def make_dataset(
    mosaic: PathOrText | Sequence[PathOrText],
    catalogue: "Catalogue | PathOrText",
    out: PathOrText,
    *,
    area: Ground | None = None,
    min_score: float | str | None = None,
    min_diameter: float = 0.0,
    size: int = 416,
    fractions: Mapping[str, float] | None = None,
    seed: int = 0,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
    progress: Progress = no_progress,
) -> "MadeDataset":
    """Make a dataset of a mosaic and a catalogue of its craters (`craters dataset make`).

    Args:
        mosaic: Raster, several as one mosaic, or a directory of rasters.
        catalogue: Catalogue, its file, or the directory of a run.
        out: Directory to write, which must not exist.
        area: File of polygons, or west, south, east and north in degrees: the ground on which
            craters were counted. None for the footprint of the catalogue, or all ground.
        min_score: Lowest score, or operating point; None for "balanced" where there is one.
        min_diameter: Smallest crater to teach, km (pixels without a coordinate system). Smaller
            ones are taught neither as crater nor as background.
        size: Largest side of a tile, pixels.
        fractions: Share of the tiles for "train", "valid" and "test"; they add up to 1. None for
            0.7, 0.15 and 0.15.
        seed: Seed of the order in which blocks are dealt to splits.
        crs: Coordinate system in place of the mosaic's own, or of that by which the run searched
            the mosaic.
        nodata: Value, or values, that mean "no data" in place of the mosaic's own.
        progress: Function of the number of tiles done and in all.

    Returns:
        Numbers of images and craters in each split, and notes.

    Raises:
        CratersError: The dataset cannot be made; the message says why.
    """
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.run import read_detections
    from lunarcraters.detection.searched import open_in_crs_of
    from lunarcraters.labelling.make import make_dataset

    craters = catalogue if isinstance(catalogue, Catalogue) else read_detections(catalogue)
    picture = open_in_crs_of(craters.info.run, mosaic, crs=crs, nodata=nodata)
    ground = None if area is None else read_ground(area, craters.info)
    return make_dataset(
        picture,
        craters.filter(min_score),
        local_output(out),
        area=ground,
        min_diameter=min_diameter,
        size=size,
        fractions=_SHARES if fractions is None else fractions,
        seed=seed,
        progress=progress,
    )


def check_dataset(
    dataset: PathOrText,
    progress: Progress = no_progress,
    classes: Sequence[str | int] = (),
    *,
    sample: int = 12,
    model: PathOrText | None = None,
    search_progress: ProgressDisplay = no_progress_of,
) -> "list[Problem]":
    """Find the faults of a dataset in the layout of LU3M6TGT, or of YOLO's tools.

    Craters are detected in a sample of the images, which shows whether labels are shifted.

    Args:
        dataset: Directory of the dataset, or its `data.yaml`.
        progress: Function of the number of images read and in all.
        classes: Names or numbers of the classes that are craters; empty to go by their names.
        sample: Number of images in which craters are detected, to compare their positions and
            sizes with the labels; 0 for none.
        model: Model file that detects them; None for the shipped weights.
        search_progress: Function of the name of a search; its context manager gives a `Progress`.

    Returns:
        Problems and notes, in the order of splits and kinds.

    Raises:
        DatasetError: The directory is not a dataset.
        OptionError: The number of images is not a whole one of 0 or more.
    """
    from lunarcraters.datasets.check import check_dataset

    check_range("sample", sample, 0, whole=True)
    problems = check_dataset(Path(dataset), progress, classes)
    if not sample:
        return problems
    from lunarcraters.calibration.label_offsets import check_label_offset

    return problems + check_label_offset(
        Path(dataset),
        classes,
        sample=sample,
        model=None if model is None else Path(model),
        left_out={problem.path for problem in problems if not problem.is_note},
        progress=search_progress,
    )


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
        DatasetError: The directory is not a dataset, a file of that name was moved before, or an
            image without craters is named by a text file that lists images.
        OutputError: A file cannot be read or moved.
    """
    from lunarcraters.datasets.clean import clean_dataset

    return clean_dataset(Path(dataset), dry_run=dry_run)


def undo_cleaning(dataset: PathOrText) -> "list[Move]":
    """Put back everything that `clean_dataset` has moved.

    Args:
        dataset: Directory of the dataset.

    Raises:
        DatasetError: There is nothing to undo, or a file is in the way or gone.
        OutputError: A file cannot be read or moved.
    """
    from lunarcraters.datasets.clean import undo_cleaning

    return undo_cleaning(Path(dataset))


def split_dataset(
    dataset: PathOrText,
    out: PathOrText,
    *,
    fractions: Mapping[str, float],
    block_deg: float | None = 15.0,
    disjoint: bool = False,
    seed: int = 0,
    link: bool = False,
) -> dict[str, int]:
    """Write a new dataset whose splits are made of whole blocks of the Moon, or at random.

    A warning tells how much ground splits share, where tiles overlap.

    Args:
        dataset: Directory of the dataset; its images are named by their edges.
        out: Directory to write, which must not exist.
        fractions: Share of the tiles for "train", "valid" and "test"; they add up to 1.
        block_deg: Side of a block, degrees; None to split at random, whatever the images are named.
        disjoint: True to leave tiles of `train` and `valid` out that share ground with tiles of
            `test`, and tiles of `train` that share ground with tiles of `valid`.
        seed: Seed of the order in which blocks are dealt out.
        link: True for hard links instead of copies.

    Returns:
        Number of images in each split.

    Raises:
        DatasetError: The names tell no place, a tile occurs twice, there are too few blocks, no
            tile of a split is left, the shares do not add up to 1, or splits at random are to be
            disjoint.
        OptionError: There is no such split, or a share, the seed or the side of a block is outside
            its range.
        OutputError: `out` exists or cannot be written.
    """
    from lunarcraters.datasets.split import split_dataset

    return split_dataset(
        Path(dataset),
        local_output(out),
        fractions=fractions,
        block_deg=block_deg,
        disjoint=disjoint,
        seed=seed,
        link=link,
    )
