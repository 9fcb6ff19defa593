"""Directories: which of their files are the rasters of a mosaic."""

from pathlib import Path

from lunarcraters.errors import MosaicError

TILES_FILE = "tiles.json"
"""The file that marks a directory written by `craters tile`."""

PICTURES = {".png", ".jpg", ".jpeg"}
"""Suffixes of images that need no coordinates."""

_LABELS = {".lbl", ".xml"}
_SUFFIXES = PICTURES | _LABELS | {".tif", ".tiff", ".jp2", ".cub", ".vrt", ".img"}


def rasters_in(directory: Path) -> list[Path]:
    """List the raster files of a directory, without its subdirectories.

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
    rasters = [path for path in listing if _looks_like_raster(path)]
    # A detached label stands for its image: GDAL opens the label.
    labelled = {path.stem for path in rasters if path.suffix.lower() in _LABELS}
    rasters = [p for p in rasters if p.suffix.lower() != ".img" or p.stem not in labelled]
    if not rasters:
        below = next(
            (p for p in listing if p.is_dir() and any(map(_looks_like_raster, p.iterdir()))), None
        )
        hint = f"did you mean {below}?" if below else "name a raster, or a directory that has some"
        raise MosaicError(f"{directory} has no rasters in it: {hint}")
    return rasters


def _looks_like_raster(path: Path) -> bool:
    name = path.name.lower()
    return (
        path.suffix.lower() in _SUFFIXES
        and not name.startswith(".")
        and not name.endswith(".aux.xml")
        and path.is_file()
    )
