"""The plan of a run: everything that its result depends on."""

from dataclasses import dataclass, replace
from pathlib import Path

from lunarcraters._version import __version__
from lunarcraters.detection.manifest import TILE_COUNT, Manifest
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.search.batch_result import PARTS
from lunarcraters.detection.search.batches import Batch, plan_batches
from lunarcraters.detection.source import hash_tiling
from lunarcraters.errors import ModelError, OptionError
from lunarcraters.mosaic.identity import find_local_files
from lunarcraters.mosaic.nodata import list_values
from lunarcraters.network.looks import DEFAULT_LOOKS
from lunarcraters.network.model_file import hash_model, read_info
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.startup import choose_precision, count_least_images
from lunarcraters.tiling.source import TileSet, TileSource


@dataclass(frozen=True)
class RunPlan:
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

    def find_inputs(self) -> list[Path]:
        """Find the local files that are read: the mosaic, where it is there, tiles, and models."""
        tiles = [self.source.directory] if isinstance(self.source, TileSet) else []
        named = Path(self.manifest.model_name)
        return [*find_local_files(self.source.mosaic.sources), *tiles, named, self.weights]


def plan_run(
    source: TileSource, out: Path, model: Path, weights: Path, options: DetectOptions
) -> RunPlan:
    """Settle everything that the result depends on, before anything is written.

    Args:
        source: Tiles to search.
        out: Directory of the run.
        model: Model file as the user named it.
        weights: Model file that is used.
        options: Options of the search.

    Raises:
        OptionError: The options are of another kind of source.
        ModelError: The model cannot be used, or not for the source.
        MosaicError: A file of the mosaic cannot be read.
        TileSetError: A tile file is missing.
    """
    info = read_info(weights).for_run(tta=options.tta, finest=source.settings.finest)
    looks = _settle_looks(source, info, options)
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
            TILE_COUNT: len(source.tiles),
            **_nodata_settings(source),
            **({} if looks is None else {"looks": looks}),
            **({} if weights == model else {"weights": "before tuning"}),
        },
        tiling=hash_tiling(source),
        mosaic=source.mosaic_fingerprint,
        crs_wkt=source.mosaic.grid.crs_wkt,
        tiling_settings=source.settings,
        diameters_px=info.diameters_px,
    )
    options = replace(options, precision=precision, looks=looks)
    batches = tuple(plan_batches(source.tiles, count_least_images(precision)))
    return RunPlan(source, out, weights, options, info, manifest, batches)


def _settle_looks(source: TileSource, info: ModelInfo, options: DetectOptions) -> int | None:
    """Number of looks at an elevation model; None for a picture.

    Raises:
        OptionError: The options are of the other kind of source.
        ModelError: The model is for elevation models alone.
    """
    name = source.mosaic.name
    if source.height_unit_m is not None:
        if options.tta:
            raise OptionError(f"{name} is an elevation model: give --looks 8 in place of --tta")
        return DEFAULT_LOOKS if options.looks is None else options.looks
    if options.looks is not None:
        raise OptionError(f"{name} is a picture, which has one look: leave --looks out")
    if info.is_of_relief:
        raise ModelError(
            f"the model searches elevation models, and {name} is a picture: leave --model out, or "
            "give --elevation if it holds heights"
        )
    return None


def _nodata_settings(source: TileSource) -> dict[str, str | bool]:
    """Nodata values as text, NaN among them, and whether they were left out undeclared."""
    values, undeclared = list_values(source.mosaic.nodata), source.mosaic.nodata_undeclared
    if not values:
        return {}
    origin = {} if undeclared is None else {"nodata_undeclared": undeclared}
    return {"nodata": ",".join(map(repr, values)), **origin}
