"""Planning: everything that the result of a run depends on, before anything is written."""

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lunarcraters._version import __version__
from lunarcraters.detection.batch import Batch, plan_batches
from lunarcraters.detection.manifest import Manifest
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.run import PARTS
from lunarcraters.mosaic.nodata import list_values
from lunarcraters.network.model_file import hash_model, read_info
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.startup import choose_precision
from lunarcraters.tiling.source import TileSource


@dataclass(frozen=True)
class PlannedRun:
    """A run as it is planned.

    Attributes:
        source: Tiles to search.
        out: Directory of the run.
        weights: Model file that is used.
        options: Options of the search, of which `precision` is not "auto" any more.
        info: Model description as it holds for this run.
        manifest: Manifest of the run.
        batches: All batches of tiles, in the order of their numbers.
    """

    source: TileSource
    out: Path
    weights: Path
    options: DetectOptions
    info: ModelInfo
    manifest: Manifest
    batches: tuple[Batch, ...]

    @property
    def folder(self) -> Path:
        """Directory of the results of batches."""
        return self.out / PARTS

    @property
    def result_files(self) -> list[Path]:
        """Files of the results of batches, in the order of the batches."""
        return [self.folder / batch.file for batch in self.batches]


def plan_run(
    source: TileSource, out: Path, model: Path, weights: Path, options: DetectOptions
) -> PlannedRun:
    """Settle everything that the result depends on, before anything is written.

    Args:
        source: Tiles to search.
        out: Directory of the run.
        model: Model file as the user named it.
        weights: Model file that is used.
        options: Options of the search.

    Raises:
        ModelError: A model file cannot be read.
        MosaicError: The mosaic cannot be read.
    """
    info = read_info(weights).for_run(tta=options.tta, finest=source.settings.finest)
    precision = choose_precision(options.precision, has_int8=bool(info.int8))
    manifest = Manifest(
        input=source.fingerprint(),
        input_name=source.mosaic.name,
        model=hash_model(model),
        model_name=str(model),
        settings={
            "version": __version__,
            "precision": precision,
            "mirrored": options.tta,
            "smallest_px": source.settings.smallest_px,
            **_nodata_setting(source),
            **({} if weights == model else {"weights": "before tuning"}),
        },
        tiling=_hash_tiling(source),
    )
    options = replace(options, precision=precision)
    batches = tuple(plan_batches(source.tiles))
    return PlannedRun(source, out, weights, options, info, manifest, batches)


def _nodata_setting(source: TileSource) -> dict[str, str]:
    """Nodata values of the user, or those that were left out undeclared, as text: NaN is one."""
    values = list_values(source.mosaic.nodata)
    return {"nodata": ",".join(map(repr, values))} if values else {}


def _hash_tiling(source: TileSource) -> str:
    """Hash what the input's hash covers besides the files."""
    options = (asdict(source.settings), source.mosaic.grid.crs_wkt, source.mosaic.nodata)
    return hashlib.sha256(repr(options).encode()).hexdigest()
