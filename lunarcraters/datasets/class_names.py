"""Names of the classes of a dataset, from the descriptions and lists that lie in it."""

from collections.abc import Iterable
from pathlib import Path

from lunarcraters.datasets.description import read_description
from lunarcraters.errors import DatasetError


def find_class_names(directories: Iterable[Path], top: Path) -> dict[int, str]:
    """Find the names of classes in directories or in those above them.

    Args:
        directories: Directories of label files.
        top: Highest directory to look into.

    Returns:
        Names by number; empty where none are found.

    Raises:
        DatasetError: `data.yaml` is not YAML, or a class has one name in one directory and
            another in the next.
    """
    names: dict[int, str] = {}
    places: dict[int, Path] = {}
    for directory in directories:
        place, found = _find_names(directory, top)
        for number, name in found.items():
            if names.setdefault(number, name).lower() != name.lower():
                raise DatasetError(
                    f"class {number} is {names[number]!r} in {places[number]} and {name!r} in "
                    f"{place}: number the classes alike in all directories, or give one of them"
                )
            places.setdefault(number, place)
    return names


def is_described_below(directories: Iterable[Path], top: Path) -> bool:
    """Tell whether a dataset further down, with a `data.yaml` of its own, holds some directories.

    Args:
        directories: Directories of label files.
        top: Directory above them, whose own description does not count.
    """
    top = top.absolute()
    folders = (folder.absolute() for folder in directories)
    inside = (place for folder in folders for place in (folder, *folder.parents))
    return any(top in place.parents and (place / "data.yaml").is_file() for place in inside)


def _find_names(directory: Path, top: Path) -> tuple[Path, dict[int, str]]:
    """Find the names of classes in a directory or in those above it, and the directory they are in.

    Args:
        directory: Directory of label files.
        top: Highest directory to look into.
    """
    directory, top = directory.absolute(), top.absolute()
    for folder in (directory, *directory.parents[:4]):
        names = read_description(folder).names
        if names or folder == top:
            return folder, names
    return directory, {}
