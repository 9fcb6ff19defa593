"""Directories: which of their files are the rasters of a mosaic."""

from pathlib import Path

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.labels.label import LABEL_SUFFIXES, is_raster_label, named_images

TILES_FILE = "tiles.json"
"""The file that marks a directory written by `craters tile`."""

PICTURES = {".png", ".jpg", ".jpeg", ".pgm"}
"""Suffixes of images that need no coordinates."""

_PLACED = {".tif", ".tiff", ".jp2", ".cub", ".vrt"}
"""Suffixes of rasters that have their own georeferencing and need no label."""

_SUFFIXES = PICTURES | LABEL_SUFFIXES | _PLACED | {".img", ".vic", ".vicar"}


def rasters_in(directory: Path) -> list[Path]:
    """List the raster files of a directory, without its subdirectories.

    A label stands for the image that it names, for GDAL opens the label. Where the image is a
    GeoTIFF or the like, it stands for itself. Other text files are passed over.

    Args:
        directory: Directory to list.

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
    rasters = _without_pairs([path for path in listing if _looks_like_raster(path)])
    if not rasters:
        below = next(filter(_holds_rasters, listing), None)
        hint = f"did you mean {below}?" if below else "name a raster, or a directory that has some"
        raise MosaicError(f"{directory} has no rasters in it: {hint}")
    return rasters


def has_raster_suffix(path: Path) -> bool:
    """Tell whether a file is a raster, or a label of one, by its name.

    Args:
        path: File, which need not be there.
    """
    name = path.name.lower()
    return (
        path.suffix.lower() in _SUFFIXES
        and not name.startswith(".")
        and not name.endswith(".aux.xml")
    )


def _without_pairs(paths: list[Path]) -> list[Path]:
    """Rasters, of each image and its label the one that GDAL is to open."""
    images = {path.name.lower(): path for path in paths if not _is_label(path)}
    left_out: set[Path] = set()
    for label in filter(_is_label, paths):
        named = {images[n.lower()] for n in named_images(label) if n.lower() in images}
        placed = any(image.suffix.lower() in _PLACED for image in named)
        left_out |= {label} if placed else named
    return [path for path in paths if path not in left_out]


def _is_label(path: Path) -> bool:
    return path.suffix.lower() in LABEL_SUFFIXES


def _holds_rasters(path: Path) -> bool:
    """Tell whether a path is a directory with rasters; one that cannot be read may have none."""
    try:
        return path.is_dir() and any(map(_looks_like_raster, path.iterdir()))
    except OSError:
        return False


def _looks_like_raster(path: Path) -> bool:
    is_file = has_raster_suffix(path) and path.is_file()
    return is_file and (not _is_label(path) or is_raster_label(path))
