"""Catalogue files and tables, one module a format; the name says which."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

from lunarcraters.catalogue.formats import (
    csv,
    diam,
    geojson,
    geopackage,
    parquet,
    postgis,
    scc,
    shapefile,
)
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError
from lunarcraters.files import is_database, replacing

# Each module has `write(about, parts, path)`, as `write_parts`, and `read(path)`.
_FORMATS: dict[str, ModuleType] = {
    ".gpkg": geopackage,
    ".geojson": geojson,
    ".parquet": parquet,
    ".csv": csv,
    ".csv.gz": csv,
    ".scc": scc,
    ".diam": diam,
    ".shp": shapefile,
}


def write_catalogue(catalogue: Catalogue, path: Path | str, *, overwrite: bool = False) -> None:
    """Write a catalogue in the format that the name of the file says.

    The file appears whole or not at all.

    Args:
        catalogue: What to write.
        path: Where to; its suffix is one of `.gpkg`, `.geojson`, `.parquet`, `.csv`, `.csv.gz`,
            `.scc`, `.diam`, `.shp`; or the address of a PostGIS database, `postgresql://...`.
        overwrite: Replace a file that is there.

    Raises:
        OutputError: The file exists, or cannot be written, or its suffix is not known.
        CatalogueError: The format needs what the catalogue does not have.
    """
    write_parts(catalogue.about, catalogue.parts(), path, overwrite=overwrite)


def write_parts(
    about: Catalogue,
    parts: Iterable[Catalogue],
    path: Path | str,
    *,
    form: str | None = None,
    overwrite: bool = False,
) -> None:
    """Write a catalogue that is too large to be held, part by part; else as `write_catalogue`.

    Args:
        about: Everything but the craters.
        parts: The craters, largest first; at least one part, which may be empty.
        path: Where to.
        form: Format, as a suffix without its dot, whatever the name of the file says.
        overwrite: Replace a file that is there.

    Raises:
        OutputError: As of `write_catalogue`.
        CatalogueError: As of `write_catalogue`.
    """
    if is_database(path):
        postgis.write(about, parts, str(path), overwrite=overwrite)
        return
    path = Path(path)
    suffix = _suffix(path) if form is None else f".{form}"
    if suffix not in _FORMATS:
        raise OutputError(
            f"{path}: a catalogue is written as {_known()}: give one of these names, or --format"
        )
    if path.is_dir():
        raise OutputError(f"{path} is a directory: give the name of a file")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists: give another name, or --overwrite to replace it")
    if not path.parent.is_dir():
        raise OutputError(f"the directory {path.parent} does not exist: create it first")
    module = _FORMATS[suffix]
    with ExitStack() as stack:
        temporary = stack.enter_context(replacing(path))
        for sidecar in getattr(module, "SIDECARS", ()):
            stack.enter_context(replacing(path.with_suffix(sidecar)))
        module.write(about, parts, temporary)


def read_catalogue(path: Path | str) -> Catalogue:
    """Read a catalogue: one of this program, or a table with the usual column names.

    Raises:
        CatalogueError: The file is missing, damaged, of an unknown format, or not a catalogue.
    """
    if is_database(path):
        return postgis.read(str(path))
    path = Path(path)
    if not path.is_file():
        what = "is a directory, not a catalogue" if path.is_dir() else "does not exist"
        raise CatalogueError(f"{path} {what}: give a file named {_known()}")
    suffix = _suffix(path)
    if suffix is None:
        raise CatalogueError(f"{path}: catalogues are read from {_known()}")
    try:
        catalogue: Catalogue = _FORMATS[suffix].read(path)
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}") from error
    return catalogue


def _suffix(path: Path) -> str | None:
    fitting = [suffix for suffix in _FORMATS if path.name.lower().endswith(suffix)]
    return max(fitting, key=len, default=None)


def _known() -> str:
    return ", ".join(f"*{suffix}" for suffix in _FORMATS)
