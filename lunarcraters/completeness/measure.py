"""The measurement of a run's completeness: it is planned, searched, judged and written."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from lunarcraters._version import __version__
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.completeness.azimuths import choose_azimuths
from lunarcraters.completeness.plan import Planned, choose_bins, plan_regions
from lunarcraters.completeness.planted_tiles import PlantedTiles
from lunarcraters.completeness.plants import Plants
from lunarcraters.completeness.record import (
    Completeness,
    Sun,
    read_completeness,
    write_completeness,
)
from lunarcraters.completeness.sampling import Detections
from lunarcraters.completeness.search import search_planted
from lunarcraters.completeness.source import find_precision, leave_out_unread
from lunarcraters.completeness.sunlight import find_sun
from lunarcraters.detection.manifest import Manifest, read_manifest
from lunarcraters.detection.measurements import COMPLETENESS
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.run import read_with_hash
from lunarcraters.detection.weights import choose_weights
from lunarcraters.errors import OutputError, RunError, check_range
from lunarcraters.files import empty_directory, locked, replacing
from lunarcraters.network.model_file import read_info
from lunarcraters.progress import Progress, no_progress
from lunarcraters.records import replace_numpy_scalars, to_plain
from lunarcraters.tiling.source import MosaicTiles, TileSource

FOLDER = "completeness"
"""Name of the directory, in that of a run, of what is searched; it is removed when all is done."""

_PLAN = "plan.txt"


@dataclass(frozen=True)
class CompletenessOptions:
    """Options of the measurement of a run's completeness.

    Attributes:
        sun_azimuth_deg: Azimuth of the sun, degrees clockwise from north (without a coordinate
            system, from the top of the image); default: estimated from the detected craters.
        sun_altitude_deg: Height of the sun above the horizon, degrees; default: the label's, or
            estimated from the detected craters.
        budget: Largest number of pixels to search, as a share of those of the run; a planted crater
            counts as 15,000.
        seed: Seed of all random choices.
    """

    sun_azimuth_deg: float | None = None
    sun_altitude_deg: float | None = None
    budget: float = 0.25
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            OptionError: A value is outside its range.
        """
        replace_numpy_scalars(self)
        check_range("sun_azimuth", self.sun_azimuth_deg, -360.0, 360.0)
        check_range("sun_altitude", self.sun_altitude_deg, 1.0, 90.0)
        check_range("budget", self.budget, 0.01, 100.0)
        check_range("seed", self.seed, 0, whole=True)


def measure_completeness(
    run: Path,
    source: MosaicTiles,
    model: Path,
    options: CompletenessOptions,
    *,
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Completeness:
    """Plant craters into the mosaic of a run, search it again in part, and see what comes back.

    An interrupted measurement is resumed when it is begun again with the same options.

    Args:
        run: Directory of a finished run.
        source: Tiles that the run searched.
        model: Model of the run.
        options: Options.
        workers: Number of worker processes on this machine; None for one for two cores, up to 8.
        overwrite: True to replace another measurement.
        progress: Function of the number of tiles done and in all.

    Raises:
        RunError: The run has another measurement, or nothing to measure by, or its mosaic has
            changed meanwhile.
        OutputError: The directory `completeness` in that of the run cannot be written.
        CratersError: A tile cannot be read or searched.
    """
    catalogue, craters = read_with_hash(run)
    manifest = read_manifest(run)
    plan = hash_plan(manifest, options)
    with locked(run):
        if (run / COMPLETENESS).is_file() and not overwrite:
            record = _read_same(run, plan)
            if _read_note(run) == plan + craters:  # it was killed before all was removed
                _remove(run / FOLDER)
            return record
        folder = _open_folder(run, plan + craters, overwrite=overwrite)
        with choose_weights(model, source) as weights:
            record = _measure(
                folder, catalogue, manifest, source, weights, options, workers, progress
            )
        record = replace(record, plan=plan, catalogue=craters)
        write_completeness(record, run)
        _remove(folder)
    return record


def _measure(
    folder: Path,
    catalogue: Catalogue,
    manifest: Manifest,
    source: MosaicTiles,
    model: Path,
    options: CompletenessOptions,
    workers: int | None,
    progress: Progress,
) -> Completeness:
    source = leave_out_unread(source, folder.parent)
    tta, precision = bool(manifest.settings["mirrored"]), find_precision(manifest)
    info = read_info(model).for_run(tta=tta, finest=source.settings.finest)
    detections = Detections.of(catalogue, source)
    bins = choose_bins(detections, source, info.diameters_px)
    total_px = sum(tile.size**2 for tile in source.tiles)
    budget_px = options.budget * total_px
    planned = list(plan_regions(source, detections, bins, budget_px, options.seed))
    if not planned:
        raise RunError(
            f"no ground of {source.mosaic.name} has room for planted craters: its completeness "
            "cannot be measured"
        )
    sun = find_sun(planned, source.mosaic, options.sun_azimuth_deg, options.sun_altitude_deg)
    planned, plants = _light(planned, source, sun)
    tiles = [tile for one in planned for tile in one.region.tiles]
    search = DetectOptions(workers=workers, precision=precision, tta=tta)
    detected = search_planted(plants, tiles, folder, model, search, progress)
    if not manifest.is_still_of(source.mosaic):
        _remove(folder)  # nobody knows which of the two mosaics its results are of
        raise RunError(
            f"{source.mosaic.name} has changed while it was searched: put back the mosaic that "
            f"{folder.parent} searched, or run craters detect again"
        )
    from lunarcraters.completeness.outcome import judge  # imported while tiles were searched
    from lunarcraters.completeness.summary import MIN_SCORES, summarize

    outcome = judge(planned, detected, source, catalogue.info, info)
    rows, classes, check = summarize(outcome, bins, detections, has_crs=catalogue.has_crs)
    return Completeness(
        bins=rows,
        freshness=classes,
        min_scores=MIN_SCORES,
        sun=sun,
        planted=len(outcome.diameter),
        searched_share=sum(tile.size**2 for tile in tiles) / total_px,
        seed=options.seed,
        unit=catalogue.columns.unit,
        score_check=check,
    )


def hash_plan(manifest: Manifest, options: CompletenessOptions) -> str:
    """Compute the SHA-256 of all that a measurement depends on but the run's catalogue."""
    noted = to_plain(manifest)
    missing = [name for name in ("tiling_settings", "diameters_px") if noted[name] is None]
    # Names count in the hash of a run of an earlier version alone, which lacks some of these.
    for name in missing or ("input_name", "model_name"):
        del noted[name]
    numbers = {
        name: None if value is None else float(value) for name, value in asdict(options).items()
    } | {"seed": int(options.seed)}  # 1 and 1.0 are one option
    text = json.dumps(noted, indent=1, sort_keys=True) + repr((numbers, __version__))
    return hashlib.sha256(text.encode()).hexdigest()


def _read_same(run: Path, plan: str) -> Completeness:
    """Read a measurement that is there already.

    Raises:
        RunError: It was made with other options, of other detections or by another version.
    """
    record = read_completeness(run)
    if record.plan != plan:
        raise RunError(
            f"{run / COMPLETENESS} was measured with other options, before the run was made again "
            "or by another version of the program: give --overwrite to replace it"
        )
    return record


def _read_note(run: Path) -> str:
    """Read the plan of a measurement that was begun; empty where there is none."""
    note = run / FOLDER / _PLAN
    return note.read_text(encoding="utf-8") if note.is_file() else ""


def _open_folder(run: Path, plan: str, *, overwrite: bool) -> Path:
    """Open the directory of what is searched; another measurement that was begun is dropped."""
    folder = run / FOLDER
    note, begun = folder / _PLAN, _read_note(run)
    if begun != plan:
        if begun and not overwrite and any(path != note for path in folder.iterdir()):
            raise RunError(
                f"{folder} holds a measurement that was begun with other options, before the run "
                "was made again or by another version of the program: give the same to resume it, "
                "or --overwrite to replace it"
            )
        try:
            folder.mkdir(exist_ok=True)  # it may be a link to a larger disk
            empty_directory(folder)
        except OSError as error:
            raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
        with replacing(note) as temporary:
            temporary.write_text(plan, encoding="utf-8")
    return folder


def _remove(folder: Path) -> None:
    """Remove the directory of what was searched, as far as that is possible: it is of no use."""
    with suppress(OSError):
        if folder.is_symlink():
            empty_directory(folder)
        else:
            shutil.rmtree(folder)


def _light(
    planned: Sequence[Planned], source: TileSource, sun: Sun
) -> tuple[list[Planned], PlantedTiles]:
    """Light the craters to plant; those whose sun nothing tells are left out."""
    lit, plants = [], {}
    for one in planned:
        azimuths = choose_azimuths(one, sun, source.mosaic.grid)
        has_sun = np.isfinite(azimuths)
        if not has_sun.any():
            continue
        sites = one.sites.rows(has_sun)
        lit.append(replace(one, sites=sites))
        plants[one.region.name] = Plants(
            sites.positions,
            sites.diameters,
            sites.wear,
            sites.seed,
            azimuths[has_sun],
            sun.altitude_deg,
        )
    return lit, PlantedTiles(source, plants)
