"""The outputs of a run: its mask and its catalogue, written from the results of its batches.

Memory does not grow with the mosaic but for 16 bytes a crater, by which the catalogue is ordered.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.formats import write_catalogue_parts
from lunarcraters.catalogue.formats.parquet import StoredCatalogue, open_stored
from lunarcraters.catalogue.ground import UNREAD_COARSE
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import PART_ROWS, Catalogue
from lunarcraters.detection.band_merging import OctaveRange, merge_in_bands
from lunarcraters.detection.manifest import Manifest
from lunarcraters.detection.run import CRATERS, CRATERS_FOLDER, MASK, RESULT
from lunarcraters.detection.search.batch_result import IN_PART
from lunarcraters.detection.search.results import StitchedMask
from lunarcraters.errors import CatalogueError, OutputError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.box import Box, contains_points
from lunarcraters.geometry.grid import Grid
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.score_calibration import calibrate_scores, interpolate_relative_sd
from lunarcraters.tiling.source import TileSource

Float = NDArray[np.float64]


def write_run_outputs(
    source: TileSource,
    result_files: Sequence[Path],
    out: Path,
    info: ModelInfo,
    manifest: Manifest,
    unread: Mapping[str, str],
    mask: Future[StitchedMask],
) -> StoredCatalogue:
    """Write the mask and the catalogue of a run, which is not finished until `run.json` is written.

    Args:
        source: Tiles that were searched.
        result_files: Results of the batches, in the order of the batches.
        out: Directory of the run.
        info: Model description as it holds for this run.
        manifest: Manifest of the run.
        unread: Names of the tiles that could not be read, and why.
        mask: Mask as it was stitched, whose file is moved to its place.

    Returns:
        Catalogue that was written.

    Raises:
        OutputError: A file cannot be written.
    """
    description = _describe(source, info, manifest, unread)
    properties = description.properties | _find_names(out, manifest)
    description = replace(description, properties=properties)
    tile_names = np.array([tile.name for tile in source.tiles])
    with (
        TemporaryDirectory(dir=out, prefix=CRATERS_FOLDER, ignore_cleanup_errors=True) as folder,
        ThreadPoolExecutor(1) as beside,
    ):
        merged = Path(folder) / "craters.bin"
        merging = beside.submit(
            _write_merged, merged, source, result_files, description, info, tile_names, unread
        )
        stitched = mask.result()
        (out / RESULT).unlink(missing_ok=True)  # not finished while files are of two states
        stitched.path.replace(out / MASK)
        merging.result()
        description = replace(
            description,
            footprint=stitched.footprint,
            footprint_area_km2=stitched.area_km2,
        )
        parts = _largest_first(merged, tile_names, description)
        write_catalogue_parts(description, parts, out / CRATERS, overwrite=True)
    return open_stored(out / CRATERS).with_properties(manifest.names)


def _find_names(out: Path, manifest: Manifest) -> dict[str, str]:
    """Find the names of mosaic and model in the catalogue of the run that is written again.

    By them a repetition under other names makes the same file, of which measurements hold the hash.
    """
    try:
        properties = open_stored(out / CRATERS).info.properties
    except CatalogueError:
        return {}
    if properties.get("input_sha256") != manifest.input:
        return {}
    return {name: properties[name] for name in ("input", "model") if name in properties}


def _describe(
    source: TileSource, info: ModelInfo, manifest: Manifest, unread: Mapping[str, str]
) -> CatalogueInfo:
    """Description of the catalogue, but for the ground searched."""
    properties = manifest.properties
    if unread:
        properties["unread_tiles"] = str(len(unread))
    lost = {name for name, why in unread.items() if not why.endswith(IN_PART)}
    coarse = sum(tile.level > 0 and tile.name in lost for tile in source.tiles)
    if coarse:
        properties[UNREAD_COARSE] = str(coarse)
    crs = None
    if source.mosaic.crs is not None:
        crs = sphere.geographic_crs(sphere.radius_m(source.mosaic.crs))
    return CatalogueInfo(crs, thresholds=dict(info.thresholds), properties=properties)


def _write_merged(
    path: Path,
    source: TileSource,
    result_files: Sequence[Path],
    description: CatalogueInfo,
    info: ModelInfo,
    tile_names: NDArray[np.str_],
    unread: Mapping[str, str],
) -> None:
    """Write every crater on the ground of the mask once, as numbers, with its calibrated score."""
    lost = tuple(tile.core for tile in source.tiles if tile.level == 0 and tile.name in unread)
    octaves = OctaveRange(
        source.mosaic, source.settings.finest, source.settings.levels, info.diameters_px
    )
    try:
        with path.open("wb") as file:
            for craters in merge_in_bands(result_files, description, octaves):
                if lost:  # coarser octaves show craters there
                    craters = craters[~_lie_in(lost, craters, source.mosaic.grid, description)]
                valued = _add_values(craters, description, info)
                file.write(_pack(valued, description, tile_names).tobytes())
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error


def _lie_in(
    boxes: tuple[Box, ...], craters: pd.DataFrame, grid: Grid, description: CatalogueInfo
) -> NDArray[np.bool_]:
    """Test which craters are centred in boxes of the mosaic, (n,)."""
    columns = description.columns
    x, y = craters[[columns.x, columns.y]].to_numpy(float).T
    return contains_points(boxes, *grid.from_positions(x, y))


def _add_values(craters: pd.DataFrame, description: CatalogueInfo, info: ModelInfo) -> pd.DataFrame:
    """Calibrate the scores of craters, and add the standard deviations of their diameters."""
    columns = description.columns
    raw, diameters, levels, diameters_px = (
        craters[name].to_numpy(float)
        for name in (columns.score, columns.diameter, columns.level, "mosaic_px")
    )
    scores = calibrate_scores(raw, diameters_px, info)
    sd = diameters * interpolate_relative_sd(diameters_px / 2.0**levels, scores, info)
    return craters.assign(**{columns.score: scores, columns.diameter_sd: sd})


def _number_columns(description: CatalogueInfo) -> list[str]:
    """Columns of numbers, in their order."""
    columns = description.columns
    return [name for name in columns.names if name not in (columns.crater_id, columns.tile)]


def _pack(craters: pd.DataFrame, description: CatalogueInfo, tile_names: NDArray[np.str_]) -> Float:
    """Convert a table to numbers, (n, 7); a tile becomes its place among the names."""
    by_name = np.argsort(tile_names)
    tiles = craters[description.columns.tile].to_numpy(str)
    places = by_name[np.searchsorted(tile_names, tiles, sorter=by_name)]
    numbers = craters[_number_columns(description)].to_numpy(float)
    return np.column_stack([numbers, places])


def _largest_first(
    path: Path, tile_names: NDArray[np.str_], description: CatalogueInfo
) -> Iterator[Catalogue]:
    """Read the craters of a file of `_pack`, numbered by size, a part at a time."""
    names = _number_columns(description)
    rows = np.empty((0, len(names) + 1))
    if path.stat().st_size:
        rows = np.memmap(path, np.float64, "r").reshape(-1, len(names) + 1)
    columns = description.columns
    order = np.argsort(-rows[:, names.index(columns.diameter)], kind="stable")
    for start in range(0, max(len(order), 1), PART_ROWS):
        some = np.asarray(rows[order[start : start + PART_ROWS]])
        table = pd.DataFrame(some[:, :-1], columns=names)
        table[columns.tile] = tile_names[some[:, -1].astype(int)]
        table[columns.crater_id] = [f"{start + i:07d}" for i in range(1, len(some) + 1)]
        yield Catalogue.from_table(table, description)
