"""Directories: which of their files are the rasters of a mosaic."""

from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.labels.label import (
    LABEL_SUFFIXES,
    images_in_text,
    is_raster_label,
    is_raster_text,
)

File = TypeVar("File", bound=PurePath)

TILES_FILE = "tiles.json"
"""The file that marks a directory written by `craters tile`."""

PICTURES = {".png", ".jpg", ".jpeg", ".pgm"}
"""Suffixes of images that need no coordinates."""

_PLACED = {".tif", ".tiff", ".jp2", ".cub", ".vrt"}
"""Suffixes of rasters that have their own georeferencing and need no label."""

_SUFFIXES = PICTURES | LABEL_SUFFIXES | _PLACED | {".img", ".vic", ".vicar"}


def list_rasters(directory: Path) -> list[Path]:
    """List the raster files of a directory, without its subdirectories.

    Raises:
        MosaicError: The directory cannot be read, has no rasters or is a directory of tiles.
    """
    if (directory / TILES_FILE).exists():
        raise MosaicError(
            f"{directory} is a directory of tiles, not a mosaic: give it to craters detect, or "
            "name the mosaic it was cut from"
        )
    try:
        listing = sorted(directory.iterdir())
    except OSError as error:
        raise MosaicError(f"{directory} cannot be read ({error}): check permissions") from error
    files = [path for path in listing if _has_raster_suffix(path) and path.is_file()]
    rasters = choose_rasters(files, _read_text)
    if not rasters:
        below = next(filter(_holds_rasters, listing), None)
        hint = f"did you mean {below}?" if below else "name a raster, or a directory that has some"
        raise MosaicError(f"{directory} has no rasters in it: {hint}")
    return rasters


def choose_rasters(files: Sequence[File], read: Callable[[File], bytes]) -> list[File]:
    """Choose the rasters among files.

    A label stands for the image that it names, for GDAL opens the label. Where the image is a
    GeoTIFF or the like, it stands for itself. Other text files are passed over.

    Args:
        files: Files of one or several directories.
        read: Function that reads a file, or nothing of one that cannot be read.

    Returns:
        Rasters in the same order.
    """
    rasters = [file for file in files if _has_raster_suffix(file)]
    texts = {
        file: text for file in filter(_is_label, rasters) if is_raster_text(text := read(file))
    }
    images = {(f.parent, f.name.lower()): f for f in rasters if not _is_label(f)}
    left_out = {file for file in filter(_is_label, rasters) if file not in texts}
    for label, text in texts.items():
        names = [(label.parent, name.lower()) for name in images_in_text(text)]
        named = {images[name] for name in names if name in images}
        placed = any(image.suffix.lower() in _PLACED for image in named)
        left_out |= {label} if placed else named
    return [file for file in rasters if file not in left_out]


def _read_text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _has_raster_suffix(path: PurePath) -> bool:
    name = path.name.lower()
    return (
        path.suffix.lower() in _SUFFIXES
        and not name.startswith(".")
        and not name.endswith(".aux.xml")
    )


def _is_label(path: PurePath) -> bool:
    return path.suffix.lower() in LABEL_SUFFIXES


def _holds_rasters(path: Path) -> bool:
    """Tell whether a path is a directory with rasters; one that cannot be read may have none."""
    try:
        return path.is_dir() and any(map(_looks_like_raster, path.iterdir()))
    except OSError:
        return False


def _looks_like_raster(path: Path) -> bool:
    is_file = _has_raster_suffix(path) and path.is_file()
    return is_file and (not _is_label(path) or is_raster_label(path))
