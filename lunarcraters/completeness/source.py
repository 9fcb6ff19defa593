"""The source of a run that is there: its mosaic, tiled again as the run tiled it, and its model."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

from lunarcraters.completeness.record import find_obstacle
from lunarcraters.detection.manifest import Manifest, read_manifest
from lunarcraters.detection.run import read_result
from lunarcraters.detection.searched import open_as_searched, searched_mosaic
from lunarcraters.detection.source import choose_halo_px, choose_size_px, hash_tiling
from lunarcraters.errors import RunError
from lunarcraters.mosaic.damage import leave_out_damage
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.mosaic import Mosaic, Name
from lunarcraters.network.model_file import hash_model, read_info, shipped_model
from lunarcraters.network.startup import Precision
from lunarcraters.tiling.source import MosaicTiles


def open_run_source(
    run: Path, model: Path, mosaic: Name | None, crs: GivenCrs | None
) -> MosaicTiles:
    """Tile the mosaic of a run again.

    Args:
        run: Directory of the run.
        model: Model of the run.
        mosaic: Mosaic, where it is not where the run found it; None for the one that was searched.
        crs: Coordinate system in place of that by which the run searched the mosaic.

    Raises:
        RunError: The directory is not a run, its mosaic has changed, or an earlier version of the
            program made it with tiling options that it did not note.
        MosaicError: The mosaic cannot be used.
    """
    manifest = read_manifest(run)
    if manifest.mosaic is None:
        raise RunError(
            f"{run} was made by an earlier version of the program, which did not note the identity "
            "of its mosaic: run craters detect again with --overwrite"
        )
    if mosaic is None:
        searched = searched_mosaic(run, crs=crs, warns=False)
    else:
        searched = open_as_searched(mosaic, run, crs=crs)
    if manifest.mosaic != searched.fingerprint():
        raise RunError(
            f"{searched.name} is not the mosaic that {run} searched, or has changed since: name "
            "that with --mosaic (with --crs, if it was given), or run craters detect again"
        )
    if manifest.tiling_settings is not None:
        return MosaicTiles.plan_again(searched, manifest.tiling_settings)
    source = _plan_by_defaults(searched, manifest, model)
    if manifest.tiling not in (None, hash_tiling(source)):
        raise RunError(
            f"{run} was made by an earlier version of the program, which did not note the options "
            "of its tiles (--size, --halo, --levels): run craters detect again with --overwrite"
        )
    return source


def _plan_by_defaults(mosaic: Mosaic, manifest: Manifest, model: Path) -> MosaicTiles:
    """Tile a mosaic as a run does that is given no option of tiles but the smallest crater."""
    info = read_info(model)
    size = choose_size_px(mosaic, info, int8=manifest.settings["precision"] == "int8")
    smallest_px = manifest.settings.get("smallest_px")
    return MosaicTiles.plan(
        mosaic,
        max_size=size,
        halo=choose_halo_px(size),
        smallest_px=None if smallest_px is None else float(smallest_px),
        min_detectable_px=info.diameters_px[0],
        elevation=False,
    )


def leave_out_unread(source: MosaicTiles, run: Path) -> MosaicTiles:
    """Return the source of a run without the ground that could not be read."""
    unread = read_result(run).unread_tiles
    tiles = tuple(tile for tile in source.tiles if tile.level != 0 or tile.name not in unread)
    return replace(source, mosaic=leave_out_damage(source.mosaic), tiles=tiles)


def find_precision(manifest: Manifest) -> Precision:
    """Find the arithmetic of a run.

    Raises:
        RunError: The run does not tell it.
    """
    noted = manifest.settings.get("precision")
    named: Precision
    for named in get_args(Precision):
        if named == noted:
            return named
    raise RunError(
        f"the run notes the precision {noted!r}, which is not {', '.join(get_args(Precision))}: "
        "run craters detect again with --overwrite"
    )


def find_run_model(run: Path, model: Path | None) -> Path:
    """Find the model file of a run whose completeness can be measured.

    Args:
        run: Directory of the run.
        model: Model file that the user names; None to look where the run found it.

    Raises:
        RunError: The directory is not a run, the run is a merged one or one of an elevation model,
            or the model is not there or another one.
    """
    manifest: Manifest = read_manifest(run)
    if obstacle := find_obstacle(run):
        raise RunError(obstacle)
    if model is not None:
        if hash_model(model) != manifest.model:
            raise RunError(f"{model} is not the model that {run} was made with: give that one")
        return model
    for path in (Path(manifest.model_name), shipped_model()):
        if path.is_file() and hash_model(path) == manifest.model:
            return path
    raise RunError(
        f"{run} was made with {manifest.model_name}, which is not there any more or has changed: "
        "name the model with --model"
    )
