"""Catalogue files and tables: one module per format, chosen by the name of the file."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

from lunarcraters.catalogue.format_names import FormatName
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
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError
from lunarcraters.files import is_database, replacing

# Each module has `write(info, parts, path)`, as `write_catalogue_parts`, and `read(path)`. A format
# of several files lists the suffixes of the others in `SIDECARS`.
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
        catalogue: Catalogue to write.
        path: File with one of the suffixes `.gpkg`, `.geojson`, `.parquet`, `.csv`, `.csv.gz`,
            `.scc`, `.diam`, `.shp`; or address of a PostGIS database, `postgresql://...`.
        overwrite: True to replace a file that is there.

    Raises:
        OutputError: The file exists, or cannot be written, or its suffix is not known.
        CatalogueError: The format needs what the catalogue does not have.
    """
    write_catalogue_parts(catalogue.info, catalogue.parts(), path, overwrite=overwrite)


def write_catalogue_parts(
    info: CatalogueInfo,
    parts: Iterable[Catalogue],
    path: Path | str,
    *,
    form: FormatName | None = None,
    overwrite: bool = False,
) -> None:
    """Write a catalogue that is too large for memory part by part, as `write_catalogue` does.

    Args:
        info: Description of the catalogue.
        parts: Craters, largest first; at least one part, which may be empty.
        path: File to write, or address of a PostGIS database.
        form: Format, whatever the name says; None for the one that the name says.
        overwrite: True to replace a file that is there.

    Raises:
        OutputError: The file exists, or cannot be written, or its suffix is not known.
        CatalogueError: The format needs what the catalogue does not have.
    """
    if is_database(path):
        postgis.write(info, parts, str(path), overwrite=overwrite)
        return
    path = Path(path)
    suffix = _suffix(path) if form is None else f".{form}"
    if suffix not in _FORMATS:
        raise OutputError(
            f"{path}: a catalogue is written as {_suffixes()}: give one of these names, or --format"
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
        module.write(info, parts, temporary)


def read_catalogue(path: Path | str) -> Catalogue:
    """Read a catalogue of this program, or a table with the usual column names.

    Args:
        path: File, or address of a PostGIS database.

    Raises:
        CatalogueError: The file is missing, damaged, of an unknown format, or not a catalogue.
    """
    if is_database(path):
        return postgis.read(str(path))
    path = Path(path)
    if not path.is_file():
        fault = "is a directory, not a catalogue" if path.is_dir() else "does not exist"
        raise CatalogueError(f"{path} {fault}: give a file named {_suffixes()}")
    suffix = _suffix(path)
    if suffix is None:
        raise CatalogueError(f"{path}: catalogues are read from {_suffixes()}")
    try:
        catalogue: Catalogue = _FORMATS[suffix].read(path)
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}") from error
    return catalogue


def _suffix(path: Path) -> str | None:
    fitting = [suffix for suffix in _FORMATS if path.name.lower().endswith(suffix)]
    return max(fitting, key=len, default=None)


def _suffixes() -> str:
    return ", ".join(f"*{suffix}" for suffix in _FORMATS)
