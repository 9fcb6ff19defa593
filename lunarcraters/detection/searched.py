"""The mosaic that a run searched, which is opened again as the run opened it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from pyproj import CRS

from lunarcraters.detection.manifest import read_manifest
from lunarcraters.detection.run import MASK
from lunarcraters.errors import CoordinateSystemError, CratersError, MosaicError, RunError, warn
from lunarcraters.geometry.grid import Grid
from lunarcraters.mask.cog import open_mask
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.mosaic import Mosaic, Name, open_mosaic
from lunarcraters.mosaic.names import parse_name
from lunarcraters.mosaic.nodata import GivenNodata, parse_values
from lunarcraters.mosaic.remote.faults import is_refusal


def searched_mosaic(
    run: Path,
    mosaic: Name | Sequence[Name] | None = None,
    *,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
    option: str = "--mosaic",
    warns: bool = True,
) -> Mosaic:
    """Open the mosaic that a run searched, or another in its place.

    Where another mosaic has its name now, a `CratersWarning` tells.

    Args:
        run: Directory of the run.
        mosaic: Mosaic to open instead; None for the one that was searched.
        crs: Coordinate system in place of that by which the run searched the mosaic, or of another
            mosaic's own.
        nodata: Value, or values, that mean "no data" in place of the run's or the mosaic's own.
        option: Option of the command that names another mosaic, for messages.
        warns: False where the caller refuses another mosaic.

    Raises:
        RunError: The directory is not a run, and no mosaic is given, or does not tell what was
            "no data".
        MosaicError: The mosaic cannot be used.
    """
    if mosaic is not None:
        return open_in_crs_of(run, mosaic, crs=crs, nodata=nodata)
    if run.is_file():
        raise RunError(f"{run} does not tell which mosaic was searched: give it with {option}")
    manifest = read_manifest(run)
    name = parse_name(manifest.input_name)
    if isinstance(name, Path) and not name.exists():
        raise RunError(
            f"{run} searched {name}, which is not there (seen from {Path.cwd()}): name the mosaic "
            f"with {option}"
        )
    try:
        opened = open_as_searched(manifest.input_name, run, crs=crs, nodata=nodata)
    except MosaicError as error:
        if not is_refusal(str(error)):
            raise
        raise MosaicError(
            f"{run} notes the address of its mosaic without user and query, and does not open it "
            f"so: give the whole address with {option} 'URL' ({error})"
        ) from error
    is_same_view = crs is None and nodata is None and opened.remote is None
    if warns and is_same_view and manifest.mosaic not in (None, opened.fingerprint()):
        warn(
            f"{opened.name} is not the mosaic that {run} searched, or has changed since: name that "
            f"with {option}, or run craters detect again"
        )
    return note_elevation(opened, run)


def note_elevation(mosaic: Mosaic, run: Path) -> Mosaic:
    """Note in a mosaic whether a run, which may be gone, searched its values as heights."""
    with suppress(RunError):
        return replace(mosaic, elevation=read_manifest(run).is_of_elevation)
    return mosaic


def open_as_searched(
    name: Name, run: Path, *, crs: GivenCrs | None = None, nodata: GivenNodata = None
) -> Mosaic:
    """Open the mosaic of a run with the same values as "no data", in the same coordinate system.

    Args:
        name: Mosaic that the run searched, wherever it lies now.
        run: Directory of the run.
        crs: Coordinate system in place of that by which the run searched it.
        nodata: Value, or values, that mean "no data" in place of the run's; None for those.

    Raises:
        RunError: The directory is not a run, or does not tell what was "no data".
        MosaicError: The mosaic cannot be used.
    """
    if nodata is None:
        return _open_in_crs_of_run(name, run, crs, lambda system: _open_noted(name, run, system))
    return open_in_crs_of(run, name, crs=crs, nodata=nodata)


def open_in_crs_of(
    run: Path | None,
    mosaic: Name | Sequence[Name],
    *,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
) -> Mosaic:
    """Open a mosaic in the coordinate system by which a run searched it, or else in its own.

    Args:
        run: Directory of the run, which may be gone; None for none.
        mosaic: Mosaic, which the run may not have searched.
        crs: Coordinate system in place of both.
        nodata: Value, or values, that mean "no data" in place of the mosaic's own.

    Raises:
        MosaicError: The mosaic cannot be used.
    """
    return _open_in_crs_of_run(
        mosaic, run, crs, lambda system: open_mosaic(mosaic, crs=system, nodata=nodata)
    )


def _open_in_crs_of_run(
    names: Name | Sequence[Name],
    run: Path | None,
    crs: GivenCrs | None,
    open_in: Callable[[GivenCrs | None], Mosaic],
) -> Mosaic:
    """Open a mosaic in a given coordinate system, that by which a run searched it, or its own."""
    if crs is not None or run is None:
        return open_in(crs)
    try:
        opened = open_in(None)
    except CoordinateSystemError:
        searched = _find_searched_crs(names, run, None)
        if searched is None:
            raise
        return open_in(searched)
    searched = _find_searched_crs(names, run, opened.grid)
    return opened if searched is None else open_in(searched)


def _find_searched_crs(names: Name | Sequence[Name], run: Path, own: Grid | None) -> CRS | None:
    """Find the coordinate system by which a run searched a mosaic.

    Args:
        names: Mosaic.
        run: Directory of the run, or whatever else was given as one.
        own: Grid of the mosaic in its own coordinate system; None where that is of no use.

    Returns:
        Coordinate system; None for the mosaic's own, and where the run searched another mosaic.
    """
    if not (run / MASK).is_file():
        return None
    with suppress(CratersError):
        manifest, mask = read_manifest(run), open_mask(run / MASK).grid
        searched = replace(mask, crs_wkt=manifest.crs_wkt or mask.crs_wkt)
        if own is not None:
            is_other = (own.width, own.height) != (searched.width, searched.height)
            if is_other or own.describe_crs() == searched.describe_crs():
                return None
        if _open_noted(names, run, searched.crs).fingerprint() == manifest.mosaic:
            return searched.crs
    return None


def _open_noted(names: Name | Sequence[Name], run: Path, crs: GivenCrs | None) -> Mosaic:
    """Open the mosaic of a run with the values that the run notes as "no data"."""
    settings = read_manifest(run).settings
    noted = settings.get("nodata")
    if noted is None:
        return open_mosaic(names, crs=crs)
    try:
        values = parse_values(str(noted))
    except ValueError as error:
        raise RunError(
            f"{run} notes the nodata value {noted!r}, which is no number: run craters detect again "
            "with --overwrite"
        ) from error
    undeclared = settings.get("nodata_undeclared")
    if undeclared is False or noted == "nan":
        return open_mosaic(names, crs=crs, nodata=values)
    left_out = open_mosaic(names, crs=crs).with_nodata(values)
    named = left_out if undeclared else open_mosaic(names, crs=crs, nodata=values)
    if not undeclared and replace(left_out, nodata_undeclared=False) != named:
        raise RunError(
            f"{run} was made by an earlier version of the program, which did not note whether "
            f"--nodata named {noted}: run craters detect again with --overwrite"
        )
    return left_out
