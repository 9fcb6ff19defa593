"""Catalogue files and tables: one module per format, chosen by the name of the file."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.format_names import FORMAT_NAMES, FormatName
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError, check_choice, refuse_address
from lunarcraters.files import LFS_POINTER, check_apart, is_database, new_mark, replacing


@dataclass(frozen=True)
class _Format:
    """A format, and what it needs.

    Attributes:
        name: Name of its module.
        is_written: False for a format that is only read.
        needs_positions: False for a format that may hold diameters alone.
        needs_moon: True for a format that has no place for the radius of another body.
        has_ids: False for a format whose craters are numbered as they are read.
        has_measures: False for a format of counts, which has no place for measures.
    """

    name: str
    is_written: bool = True
    needs_positions: bool = True
    needs_moon: bool = False
    has_ids: bool = True
    has_measures: bool = True

    @property
    def module(self) -> ModuleType:
        """Its module, which is imported when it is needed.

        It has `read(path)` and, where the format is written, `write(info, parts, path)`, with the
        arguments of `write_catalogue_parts`. A format of several files has `companions(path)`, the
        paths of the others; one that others index `indexes(path)`, the paths of what holds for a
        former file alone; and one that may be open elsewhere `require_closed(path)`, which refuses
        it.
        """
        return import_module(f"{__name__}.{self.name}")


_CSV = _Format("csv", needs_moon=True)
_TEXT = _Format("text_table", is_written=False)
_SHEET = _Format("spreadsheet", is_written=False)
_SHAPEFILE = _Format("shapefile")
_PAIR = _Format("shapefile_pair", has_ids=False, has_measures=False)
# By suffix; `catalogue.format_names` names those that `craters export --format` takes.
_FORMATS = {
    ".gpkg": _Format("geopackage"),
    ".geojson": _Format("geojson", needs_moon=True),
    ".fgb": _Format("flatgeobuf"),
    ".parquet": _Format("parquet"),
    ".csv": _CSV,
    ".csv.gz": _CSV,
    ".scc": _Format("scc", has_ids=False, has_measures=False),
    ".diam": _Format("diam", needs_positions=False, has_ids=False, has_measures=False),
    ".shp": _SHAPEFILE,
    ".json": _Format("geojson", is_written=False),
    ".txt": _TEXT,
    ".tsv": _TEXT,
    ".tab": _TEXT,
    ".dat": _TEXT,
    ".txt.gz": _TEXT,
    ".tsv.gz": _TEXT,
    ".xlsx": _SHEET,
    ".xlsm": _SHEET,
    ".ods": _SHEET,
}
_OTHERS = {
    ".xls": "save it as .xlsx: ",
    ".zip": "unpack it and give the file inside: ",
}
_KML = (
    "KML has no body but the Earth, so every program would draw the Moon's craters there: give "
    "the name of a .gpkg or .geojson"
)


def write_catalogue(catalogue: Catalogue, path: Path | str, *, overwrite: bool = False) -> None:
    """Write a catalogue in the format that the name of the file says.

    The file appears whole or not at all.

    Args:
        catalogue: Catalogue to write.
        path: File with one of the suffixes `.gpkg`, `.geojson`, `.fgb`, `.parquet`, `.csv`,
            `.csv.gz`, `.scc`, `.diam`, `.shp` (a pair if it is `NAME_CRATER.shp`); or address of a
            PostGIS database, `postgresql://...`.
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
        OptionError: There is no such format.
        OutputError: The file exists, or cannot be written, or its suffix is not known.
        CatalogueError: The format needs what the catalogue does not have.
    """
    if is_database(path):
        from lunarcraters.catalogue.formats import postgis

        info.require_positions()
        postgis.write(info, parts, str(path), overwrite=overwrite)
        return
    path = Path(path)
    kind, companions = _check_file(info, path, form, overwrite)
    module, mark = kind.module, new_mark()
    with ExitStack() as stack:
        temporary = stack.enter_context(replacing(path, mark))
        for companion in companions:
            stack.enter_context(replacing(companion, mark))
        module.write(info, parts, temporary)
        if hasattr(module, "require_closed"):  # it may have been opened meanwhile
            module.require_closed(path)
        for index in module.indexes(path) if hasattr(module, "indexes") else ():
            index.unlink(missing_ok=True)


def check_output(
    info: CatalogueInfo,
    path: Path | str,
    *,
    form: FormatName | None = None,
    measured: bool = False,
    inputs: Iterable[object] = (),
    overwrite: bool = False,
) -> None:
    """Refuse, before long work, a file that `write_catalogue_parts` would refuse after it.

    Args:
        info: Description of the catalogue.
        path: File to write, or address of a PostGIS database, whose tables are not looked up.
        form: Format, whatever the name says; None for the one that the name says.
        measured: True where measures are to be kept, for which a crater count has no place.
        inputs: Files, and other things than files, whose place the catalogue must not take.
        overwrite: True to replace a file that is there.

    Raises:
        OptionError: There is no such format.
        OutputError: The file exists, its directory does not, its suffix is not known, it takes the
            place of an input, or it has no place for measures.
        CatalogueError: The format needs what the catalogue does not have.
    """
    if is_database(path):
        info.require_positions()
        return
    kind, companions = _check_file(info, Path(path), form, overwrite)
    for file in (Path(path), *companions):
        check_apart(file, inputs)
    if measured and not kind.has_measures:
        names = _suffixes(s for s, one in _FORMATS.items() if one.is_written and one.has_measures)
        raise OutputError(
            f"{path} is a crater count without a place for measures: give {names} (no *_CRATER.shp)"
        )


def _check_file(
    info: CatalogueInfo, path: Path, form: FormatName | None, overwrite: bool
) -> tuple[_Format, list[Path]]:
    """Refuse a file that cannot be written; gives its format, and its companions."""
    if form is not None:
        check_choice("form", form, FORMAT_NAMES)
    kind = _find_format(path) if form is None else _FORMATS[f".{form}"]
    if kind is None or not kind.is_written:
        suffixes = _suffixes(suffix for suffix, one in _FORMATS.items() if one.is_written)
        names = f"a catalogue is written as {suffixes}: give one of these"
        raise OutputError(f"{path}: {_KML if _is_kml(path) else names}")
    if kind in (_SHAPEFILE, _PAIR) and _PAIR.module.is_area(path):
        raise OutputError(
            f"{path} is the name of the area of a pair, not of craters: give "
            f"{_PAIR.module.crater_path(path)} for the pair, or another name"
        )
    if kind.needs_positions:
        info.require_positions()
    if kind.needs_moon:
        info.require_moon()
    if path.is_dir():
        raise OutputError(f"{path} is a directory: give the name of a file")
    module = kind.module
    companions: list[Path] = module.companions(path) if hasattr(module, "companions") else []
    there = [one for one in (path, *companions) if one.exists()]
    if there and not overwrite:
        raise OutputError(f"{there[0]} exists: give another name, or --overwrite to replace it")
    if hasattr(module, "require_closed"):
        module.require_closed(path)
    if not path.parent.is_dir():
        raise OutputError(f"the directory {path.parent} does not exist: create it first")
    return kind, companions


def read_catalogue(path: Path | str) -> Catalogue:
    """Read a catalogue of this program, or a table with the usual column names.

    Of an edited catalogue, rejected craters are left out and added ones are in.

    Args:
        path: File, or address of a PostGIS database.

    Raises:
        CatalogueError: The file is missing, damaged, of an unknown format, or not a catalogue.
    """
    return read_edited(path).to_catalogue()


def read_edited(path: Path | str) -> EditedCatalogue:
    """Read a catalogue with all that a person changed in it.

    Args:
        path: File, or address of a PostGIS database.

    Raises:
        CatalogueError: The file is missing, damaged, of an unknown format, or not a catalogue.
    """
    content = _read(path)
    if isinstance(content, EditedCatalogue):
        return content
    kind = None if is_database(path) else _find_format(Path(path))
    has_ids = kind is None or kind.has_ids
    return EditedCatalogue.from_catalogue(content, str(path), has_ids=has_ids)


def _read(path: Path | str) -> Catalogue | EditedCatalogue:
    if is_database(path):
        from lunarcraters.catalogue.formats import postgis

        return postgis.read(str(path))
    path = Path(path)
    names = _suffixes(_FORMATS)
    refuse_address(path, CatalogueError)
    if not path.is_file():
        fault = "is a directory, not a catalogue" if path.is_dir() else "does not exist"
        raise CatalogueError(f"{path} {fault}: give a file named {names}")
    kind = _find_format(path)
    if kind is None:
        advice = _OTHERS.get(path.suffix.lower(), "")
        reason = _KML if _is_kml(path) else f"{advice}catalogues are read from {names}"
        raise CatalogueError(f"{path}: {reason}")
    try:
        with path.open("rb") as file:
            if file.read(len(LFS_POINTER)) == LFS_POINTER:
                raise CatalogueError(f"{path} is a pointer of Git LFS: run git lfs pull")
        catalogue: Catalogue | EditedCatalogue = kind.module.read(path)
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}") from error
    except CatalogueError as error:
        if str(path) in str(error):
            raise
        raise CatalogueError(f"{path}: {error}") from error
    return catalogue


def is_catalogue_name(path: Path) -> bool:
    """Tell whether a name is that of a catalogue, be it one that is refused with advice."""
    return _find_format(path) is not None or _is_kml(path) or path.suffix.lower() in _OTHERS


def _is_kml(path: Path) -> bool:
    return path.suffix.lower() in (".kml", ".kmz")


def _find_format(path: Path) -> _Format | None:
    """Find the format that the name of a file says; None where it says none."""
    fitting = [suffix for suffix in _FORMATS if path.name.lower().endswith(suffix)]
    kind = _FORMATS.get(max(fitting, key=len, default=""))
    return _PAIR if kind is _SHAPEFILE and _PAIR.module.is_pair(path) else kind


def _suffixes(formats: Iterable[str]) -> str:
    return ", ".join(f"*{suffix}" for suffix in formats)
