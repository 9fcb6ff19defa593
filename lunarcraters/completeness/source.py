"""The source of a run that is there: its mosaic, tiled again as the run tiled it, and its model."""

from pathlib import Path

from lunarcraters.completeness.record import find_obstacle
from lunarcraters.detection.manifest import Manifest, read_manifest
from lunarcraters.detection.run import leave_out_nodata, searched_mosaic
from lunarcraters.detection.source import default_size_px
from lunarcraters.errors import RunError
from lunarcraters.mosaic.mosaic import Name
from lunarcraters.network.model_file import hash_model, read_info, shipped_model
from lunarcraters.tiling.plan import DEFAULT_HALO_PX
from lunarcraters.tiling.source import MosaicTiles


def open_run_source(run: Path, model: Path, mosaic: Name | None, crs: str | None) -> MosaicTiles:
    """Tile the mosaic of a run again.

    Args:
        run: Directory of the run.
        model: Model of the run.
        mosaic: Mosaic, where it is not where the run found it; None for the one that was searched.
        crs: Coordinate system in place of the mosaic's own.

    Raises:
        RunError: The directory is not a run, or its mosaic has changed.
        MosaicError: The mosaic cannot be used.
    """
    manifest, info = read_manifest(run), read_info(model)
    if manifest.mosaic is None:
        raise RunError(
            f"{run} was made by an earlier version of the program, which did not note the identity "
            "of its mosaic: run craters detect again with --overwrite"
        )
    searched = searched_mosaic(run, mosaic, crs=crs)
    if mosaic is not None:
        searched = leave_out_nodata(searched, manifest)
    if manifest.mosaic != searched.fingerprint():
        raise RunError(
            f"{searched.name} is not the mosaic that {run} searched, or has changed since: name "
            "that with --mosaic (with --crs, if it was given), or run craters detect again"
        )
    size = default_size_px(searched, info, int8=manifest.settings["precision"] == "int8")
    smallest_px = manifest.settings.get("smallest_px")
    return MosaicTiles.plan(
        searched,
        max_size=size,
        halo=min(DEFAULT_HALO_PX, size // 4),
        smallest_px=None if smallest_px is None else float(smallest_px),
        min_detectable_px=info.diameters_px[0],
        elevation=False,
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
