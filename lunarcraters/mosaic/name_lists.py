"""Names that stand for several: patterns, text files that list names, and archives."""

import os
import zipfile
from collections.abc import Iterator
from glob import escape, glob, has_magic
from pathlib import Path, PurePosixPath

from rasterio.errors import RasterioError

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.identity import containing_file
from lunarcraters.mosaic.listing import choose_rasters
from lunarcraters.mosaic.names import Named, RasterName, is_remote, parse_name
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.access import remote_environment
from lunarcraters.mosaic.remote.virtual_files import list_archive, read_file

_LISTS = {".txt", ".lst", ".list"}


def expand(name: str | os.PathLike[str], *, listed: bool = False) -> Iterator[Named]:
    """Yield the rasters and directories that a name stands for.

    Args:
        name: Name as a user writes it: a pattern that the shell did not open, a text file with one
            name a line, a ZIP archive of rasters, or one raster or directory.
        listed: True for a name in a text file, which must not be such a file.

    Raises:
        MosaicError: Nothing has that name.
    """
    parsed = parse_name(name)
    if isinstance(parsed, RasterName):
        yield from _rasters_of_served_archive(parsed) or [parsed]
    elif parsed.is_dir():
        yield parsed
    elif not parsed.exists():
        for path in _match(parsed):
            yield from _rasters_of_file(path)
    elif parsed.suffix.lower() in _LISTS and not listed and not _is_raster(parsed):
        yield from _read_list(parsed)
    else:
        yield from _rasters_of_file(parsed)


def _match(pattern: Path) -> list[Path]:
    """Files and directories of a pattern, in alphabetical order."""
    if not has_magic(str(pattern)):
        raise MosaicError(f"{pattern} does not exist: check the path of the mosaic")
    paths = sorted(glob(str(pattern), recursive=True))  # noqa: PTH207 (the pattern may be absolute)
    if not paths:
        raise MosaicError(f"no file matches {pattern}: check the pattern")
    return [Path(path) for path in paths]


def _is_raster(path: Path) -> bool:
    try:
        open_dataset(str(path)).close()
    except RasterioError:
        return False
    return True


def _read_list(path: Path) -> Iterator[Named]:
    """What a text file lists.

    Names and patterns are relative to its directory, or else to the current one.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MosaicError(
            f"{path} is not a list of rasters ({error}): write one name a line, in UTF-8"
        ) from error
    names = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if not names:
        raise MosaicError(f"{path} lists no raster: write one name a line")
    for name in names:
        try:
            yield from expand(_find_beside(path, name), listed=True)
        except MosaicError as error:
            raise MosaicError(
                f"{path} is not a raster that GDAL reads, and as a list of rasters it names what "
                f"is not there ({error})"
            ) from error


def _find_beside(path: Path, name: str) -> str:
    """Name relative to the directory of a file, if it is there."""
    if (path.parent / name).exists():
        return str(path.parent / name)
    pattern = str(Path(escape(str(path.parent))) / name)
    return pattern if glob(pattern, recursive=True) else name  # noqa: PTH207 (may be absolute)


def _rasters_of_file(path: Path) -> list[Named]:
    """Rasters of a ZIP archive; any other file, or a directory, itself."""
    is_archive = path.suffix.lower() == ".zip" and path.is_file()
    return _rasters_of_archive(path) if is_archive else [path]


def _rasters_of_archive(path: Path) -> list[Named]:
    """Rasters of a ZIP archive, in alphabetical order."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = sorted(archive.namelist())
    except (OSError, zipfile.BadZipFile) as error:
        raise MosaicError(f"{path} is damaged ({error}): copy or download it again") from error
    return _rasters_among(members, path, str(path.absolute()))


def _rasters_of_served_archive(name: RasterName) -> list[Named]:
    """Rasters of a ZIP archive on the network; none where the name is not one that can be read."""
    if name.suffix.lower() != ".zip" or not name.uri.startswith("/vsi") or not is_remote(name.uri):
        return []
    if containing_file(name.uri) != name.uri:
        return []  # a file in an archive
    with remote_environment(name.uri):
        members = sorted(list_archive(f"/vsizip/{{{name.uri}}}"))
        return _rasters_among(members, name, name.uri) if members else []


def _rasters_among(members: list[str], archive: Named, uri: str) -> list[Named]:
    """Rasters among the files of an archive.

    Raises:
        MosaicError: There are none.
    """
    files = [PurePosixPath(member) for member in members if not member.endswith("/")]
    rasters = choose_rasters(files, lambda file: read_file(f"/vsizip/{{{uri}}}/{file}"))
    if not rasters:
        raise MosaicError(
            f"{archive} has no rasters in it: name a raster, or an archive that has some"
        )
    return [RasterName(f"/vsizip/{{{uri}}}/{raster}") for raster in rasters]
