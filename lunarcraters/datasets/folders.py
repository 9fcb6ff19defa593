"""Directories of images and of label files, and which belongs to which.

The label file of an image lies in `labels/` where the image lies in `images/`, and else beside it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from lunarcraters.datasets.description import NAME_LISTS
from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.tile_names import IMAGE_SUFFIXES

EMPTY = "empty"
"""Directory for pairs that were moved aside, which is not searched for images."""

_MASKS = (".msk", ".aux.xml")  # a mask; a nodata value, among others
_PLACES = (".wld", ".prj")  # a world file, which may be named by the suffix too; its system


def label_path(image: Path) -> Path:
    """Name the label file of an image: `.txt`, or `.TXT` where there is one of that name alone."""
    # The suffix is cut off by hand, because with_suffix fails for some names with dots.
    stem = image.name[: -len(image.suffix)]
    folder = mirror(image.parent, "images", "labels") or image.parent
    label, upper = folder / f"{stem}.txt", folder / f"{stem}.TXT"
    return upper if not label.is_file() and upper.is_file() else label


def find_image(label: Path) -> Path:
    """Find the image of a label file; a name beside it if there is none."""
    stem = label.name[: -len(label.suffix)]
    mirrored = mirror(label.parent, "labels", "images")
    for folder in [label.parent] if mirrored is None else [mirrored, label.parent]:
        for suffix in sorted(IMAGE_SUFFIXES):
            for image in (folder / f"{stem}{suffix}", folder / f"{stem}{suffix.upper()}"):
                if image.is_file():
                    return image
    return label.with_name(f"{stem}.png")


def read_image_size(image: Path) -> tuple[int, int] | None:
    """Read the size of an image.

    Returns:
        Width and height, pixels; None if there is no such file.

    Raises:
        DatasetError: The file is not an image.
    """
    if not image.is_file():
        return None
    height, width = read_grey(image).shape
    return width, height


def mirror(directory: Path, kind: str, other: str) -> Path | None:
    """Find the directory of labels of a directory of images, or the reverse.

    Args:
        directory: Directory with a part named `kind`.
        kind: "images" or "labels".
        other: Name in place of the last part named `kind`.

    Returns:
        Directory; None if there is no such part, or the directory is missing.
    """
    # A relative path that is short, such as `.`, may lie below that part.
    parts = list((directory if kind in directory.parts else directory.absolute()).parts)
    if kind not in parts:
        return None
    last = len(parts) - 1 - parts[::-1].index(kind)
    mirrored = Path(*parts[:last], other, *parts[last + 1 :])
    return mirrored if mirrored.is_dir() else None


def find_image_folder(directory: Path) -> Path | None:
    """Find the directory of images with labels: `images/` in a directory, or this itself.

    Args:
        directory: Directory, which may be missing.
    """
    for folder in (directory / "images", directory):
        if not folder.is_dir():
            continue
        if mirror(folder, "images", "labels") is not None:
            return folder
        images = (path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
        if any(label_path(image).is_file() for image in images):
            return folder
    return None


def list_images(folder: Path) -> list[Path]:
    """List the image files in a directory and below it, sorted."""
    return sorted(
        path
        for path in _walk(folder)
        if path.suffix.lower() in IMAGE_SUFFIXES and not _is_aside(path, folder)
    )


def list_companions(image: Path) -> list[Path]:
    """List the files of GDAL beside an image that tell where it lies, or where it has no data."""
    stem, suffix = image.name[: -len(image.suffix)], image.suffix.lower()
    places = (*_PLACES, f"{suffix}w", f"{suffix[:2]}{suffix[-1]}w")
    spellings: list[tuple[str, ...]] = [(image.name + mask,) for mask in _MASKS]
    spellings += [(stem + place, stem + place.upper()) for place in places]
    found = (next(filter(Path.is_file, map(image.with_name, names)), None) for names in spellings)
    return [path for path in found if path is not None]


def list_label_files(folder: Path) -> list[Path]:
    """List the label files in a directory and below it, sorted, without lists of class names."""
    return sorted(
        path
        for path in _walk(folder)
        if path.suffix.lower() == ".txt"
        and path.name.lower() not in NAME_LISTS
        and not _is_aside(path, folder)
    )


def place_aside(folder: Path) -> Path:
    """Directory for pairs that are moved aside: `empty/` in the split, or `empty/SPLIT`.

    Args:
        folder: Directory of images.
    """
    if folder.name == "images":
        return folder.parent / EMPTY
    if folder.parent.name == "images":
        return folder.parent.parent / EMPTY / folder.name
    return folder / EMPTY


def _walk(folder: Path) -> Iterator[Path]:
    """List the files in a directory and below it, and behind links to directories, each once."""
    starts, seen = [folder], set[str]()
    for start in starts:
        for directory, below, names in os.walk(start):
            real = os.path.realpath(directory)
            if real in seen:
                below.clear()
                continue
            seen.add(real)
            paths = [Path(directory, name) for name in sorted(below)]
            starts += [path for path in paths if path.is_symlink()]
            yield from (Path(directory, name) for name in names)


def _is_aside(path: Path, folder: Path) -> bool:
    """Test for a hidden file, or one that was moved aside, below a directory."""
    parts = path.relative_to(folder).parts
    return EMPTY in parts or any(part.startswith(".") for part in parts)
