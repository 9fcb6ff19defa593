"""The data of a training: their description, by which a resumed training knows them again."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lunarcraters.datasets.pairs import Pair
from lunarcraters.errors import DatasetError, RunError
from lunarcraters.records import RecordError, read_record, write_record
from lunarcraters.training.scenes import ElevationSource

DATA = "data.json"
"""File of the description of the data in the directory of a training."""

_COMPARED = {
    "dataset_hash": "dataset",
    "elevation_hash": "elevation",
    "elevation_scenes": "elevation_scenes",
    "left_out": "left_out",
}  # the option that each field tells of; names of directories may change


@dataclass(frozen=True)
class TrainingData:
    """The file `data.json`, and the data of a training in the description of the model.

    Attributes:
        dataset: Name of the directory of the dataset.
        train: Number of training tiles.
        valid: Number of validation tiles.
        elevation: File names of elevation rasters.
        elevation_scenes: Number of scenes of each elevation raster per epoch; 0 without rasters.
        left_out: File name of the elevation raster for validation; null for tiles.
        dataset_hash: SHA-256 of the names and sizes of the images and the contents of the labels;
            null for elevation rasters alone, and where it was not computed.
        elevation_hash: SHA-256 of the names and sizes of the rasters, that for validation too, and
            the contents of their catalogues; null without rasters, and where it was not computed.
    """

    dataset: str
    train: int
    valid: int
    elevation: tuple[str, ...] = ()
    elevation_scenes: int = 0
    left_out: str | None = None
    dataset_hash: str | None = None
    elevation_hash: str | None = None


def describe_tiles(
    dataset: Path,
    pairs: Sequence[Sequence[Pair]],
    elevation: Sequence[ElevationSource],
    elevation_scenes: int,
) -> TrainingData:
    """Describe a training on images, and perhaps on elevation rasters beside them.

    Args:
        dataset: Directory of the dataset, or its description (`data.yaml`).
        pairs: Pairs of the splits `train` and `valid`.
        elevation: Elevation rasters.
        elevation_scenes: Number of scenes of each elevation raster per epoch.

    Raises:
        DatasetError: A file cannot be read.
    """
    train, valid = pairs
    folder = dataset.parent if dataset.is_file() else dataset
    return TrainingData(
        dataset=folder.resolve().name,
        train=len(train),
        valid=len(valid),
        elevation=tuple(source.elevation.name for source in elevation),
        elevation_scenes=elevation_scenes if elevation else 0,
        dataset_hash=_hash_tiles(pairs),
        elevation_hash=_hash_elevation(elevation) if elevation else None,
    )


def describe_relief(
    dataset: Path, train: Sequence[ElevationSource], valid: ElevationSource, scenes: int
) -> TrainingData:
    """Describe a training on elevation models alone.

    Args:
        dataset: Directory of the elevation models.
        train: Elevation models to train on.
        valid: Elevation model that is left out.
        scenes: Number of scenes of each model per epoch.

    Raises:
        DatasetError: A file cannot be read.
    """
    return TrainingData(
        dataset=dataset.resolve().name,
        train=len(train),
        valid=1,
        elevation=tuple(source.elevation.name for source in train),
        elevation_scenes=scenes,
        left_out=valid.elevation.name,
        elevation_hash=_hash_elevation([*train, valid]),
    )


def write_data(data: TrainingData, out: Path) -> None:
    """Write `data.json` in the directory of a training.

    Raises:
        OutputError: The file cannot be written.
    """
    write_record(data, out / DATA)


def compare_data(data: TrainingData, out: Path) -> list[str]:
    """Compare data with those that the training in a directory began with.

    Returns:
        Names of the options that differ, such as `elevation`; none where an earlier version of the
        program began the training, which did not write the file.

    Raises:
        RunError: The file does not hold the description of the data.
    """
    path = out / DATA
    if not path.is_file():
        return []
    try:
        before = read_record(TrainingData, path)
    except RecordError as error:
        raise RunError(
            f"{path} does not describe the data of a training ({error}): begin it again with "
            "--overwrite"
        ) from error
    return [
        name for field, name in _COMPARED.items() if getattr(before, field) != getattr(data, field)
    ]


def _hash_tiles(pairs: Sequence[Sequence[Pair]]) -> str:
    """SHA-256 of the splits `train` and `valid`, with the classes that are taken of them."""
    return _hash_files(
        (f"{number} {sorted(pair.classes or ())} {sorted(pair.ignored)}", pair.image, pair.label)
        for number, split in enumerate(pairs)
        for pair in split
    )


def _hash_elevation(sources: Sequence[ElevationSource]) -> str:
    """SHA-256 of elevation rasters with their catalogues."""
    return _hash_files(("", source.elevation, source.catalogue) for source in sources)


def _hash_files(files: Iterable[tuple[str, Path, Path | None]]) -> str:
    """SHA-256 of files in the order of their names, wherever they lie.

    Args:
        files: Text, file whose name and size count, and file whose content counts, if there is one.
    """
    digest = hashlib.sha256()
    try:
        for text, file, described in sorted(files, key=lambda item: (item[0], item[1].name)):
            content = b"" if described is None else described.read_bytes()
            digest.update(repr((text, file.name, file.stat().st_size, content)).encode())
    except OSError as error:
        raise DatasetError(f"{error.filename} cannot be read: {error.strerror}") from error
    return digest.hexdigest()
