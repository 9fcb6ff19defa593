"""Assembly: the parts of a run put together as its mask and its catalogue.

Craters are merged in bands of latitude (of rows, in plain pictures), so that memory does not grow
with the mosaic but for 16 bytes a crater, by which the catalogue is ordered.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters._version import __version__
from lunarcraters.catalogue.formats import write_parts
from lunarcraters.catalogue.formats.parquet import Stored, stored
from lunarcraters.catalogue.table import COLUMNS, PART_ROWS, PIXEL_COLUMNS, Catalogue
from lunarcraters.detection.batch_result import mask_index, read_craters
from lunarcraters.detection.batch_result import read_mask as read_mask_of
from lunarcraters.detection.manifest import Manifest
from lunarcraters.detection.merging import fuse, suppress
from lunarcraters.detection.run import CRATERS, MASK
from lunarcraters.errors import OutputError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import diameters_in_pixels
from lunarcraters.mask.cog import Mask
from lunarcraters.mask.footprint import searched_ground
from lunarcraters.mask.stitching import stitch
from lunarcraters.network.decoding import heard
from lunarcraters.network.model_file import ModelInfo
from lunarcraters.network.score_calibration import calibrated, relative_diameter_sd
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import TileSource

_BAND_ROWS = 200_000  # craters merged at once
_CELLS = 1 << 15  # in which craters are counted to make bands of so many
# Circles that are one crater lie within 0.6 diameters of the larger. A circle may fall to one that
# another has felled, and so on: five such steps are looked at across the edge of a band.
_REACH = 3.0  # diameters

Float = NDArray[np.float64]
Seen = Callable[[Float, Float], tuple[Float, Float]]
"""From positions (n, 2) and diameters (n,) to pixels of the mosaic (n,), and how far each octave
counts for them, (n, octaves)."""


def put_together(
    source: TileSource,
    part_files: Sequence[Path],
    out: Path,
    info: ModelInfo,
    manifest: Manifest,
    unread: Mapping[str, str],
) -> Stored:
    """Write a run's mask and its catalogue.

    Args:
        source: What was searched.
        part_files: What was found.
        out: Directory of the run.
        info: Of the model.
        manifest: Of the run.
        unread: Tiles that could not be read, and why.

    Returns:
        The catalogue.

    Raises:
        OutputError: A file cannot be written.
    """
    mosaic = source.mosaic
    properties = {
        "input": manifest.input_name,
        "input_sha256": manifest.input,
        "model": Path(manifest.model_name).name,
        "model_sha256": manifest.model,
        "lunarcraters": __version__,
    }
    if unread:
        properties["unread_tiles"] = str(len(unread))
    columns = PIXEL_COLUMNS if not mosaic.has_crs else COLUMNS
    about = Catalogue(
        pd.DataFrame({name: np.empty(0) for name in columns[1:6]}),
        None if mosaic.crs is None else sphere.geographic_crs(sphere.radius_m(mosaic.crs)),
        thresholds=dict(info.thresholds),
        properties=properties,
    )
    names = np.array([tile.name for tile in source.tiles])
    ends = (0.0, float(mosaic.height)) if not mosaic.has_crs else (-90.0, 90.0)
    where = mask_index(part_files)

    def read_mask(tile: Tile) -> Mask | None:
        return read_mask_of(where[tile.name], tile.name) if tile.name in where else None

    octaves = np.arange(source.settings.finest, source.settings.levels)

    def seen(positions: Float, diameters: Float) -> tuple[Float, Float]:
        diameters_px = diameters_in_pixels(positions, diameters, mosaic.grid, mosaic.pixel_size_m)
        return diameters_px, heard(diameters_px, octaves, info.diameters_px)

    def merge(path: Path) -> None:
        try:
            with path.open("wb") as file:
                for kept in merged_bands(part_files, about, ends, seen, source.settings.finest):
                    file.write(_pack(_valued(kept, about, info), about, names).tobytes())
        except OSError as error:
            raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error

    with (
        TemporaryDirectory(dir=out, prefix=".merged.") as folder,
        ThreadPoolExecutor(1) as beside,
    ):
        merged = Path(folder) / "craters.bin"
        merging = beside.submit(merge, merged)
        stitch(mosaic, source.tiles, read_mask, out / MASK)
        footprint, area_km2 = searched_ground(mosaic, out / MASK)
        merging.result()
        whole = replace(about, footprint=footprint, footprint_area_km2=area_km2)
        write_parts(whole, _largest_first(merged, names, whole), out / CRATERS, overwrite=True)
    return stored(out / CRATERS)


def merged_bands(
    part_files: Sequence[Path],
    about: Catalogue,
    ends: tuple[float, float],
    seen: Seen,
    finest: int = 0,
    most: int = _BAND_ROWS,
) -> Iterator[pd.DataFrame]:
    """The craters of all parts, each once, with the scores that the network gives.

    They have one column more, `mosaic_px`: the diameter in pixels of the mosaic.

    Args:
        part_files: What was found, in an order that depends on the plan alone.
        about: Tells the columns and the sphere.
        ends: Least and largest latitude, or row.
        seen: How large craters are in the mosaic, and how far each octave answers for them.
        finest: The first octave.
        most: Craters merged at once, where latitudes differ.
    """
    along = about.columns[2]
    cells = np.linspace(*ends, _CELLS + 1)
    counts = np.zeros(_CELLS, np.int64)
    reaches = np.full((len(part_files), 2), np.nan)
    for number, path in enumerate(part_files):
        table = read_craters(path, about.columns[2:4])
        if len(table):
            low, high = _reach(table, about)
            reaches[number] = low.min(), high.max()
            counts += np.histogram(table[along], cells)[0]
    for start, stop in _bands(cells, counts, most):
        touching = np.flatnonzero((reaches[:, 1] >= start) & (reaches[:, 0] < stop))
        tables = []
        for number in touching.tolist():
            table = read_craters(part_files[number])
            low, high = _reach(table, about)
            tables.append(table[(high >= start) & (low < stop)])
        if tables:
            kept, fused = _once(pd.concat(tables, ignore_index=True), about, seen, finest)
            yield fused[((kept[along] >= start) & (kept[along] < stop)).to_numpy()]


def _reach(table: pd.DataFrame, about: Catalogue) -> tuple[Float, Float]:
    """Least and largest latitude (row) at which a crater matters to others."""
    along, diameter = about.columns[2:4]
    unit = 1.0 if about.radius_m is None else float(np.degrees(1000.0 / about.radius_m))
    position, reach = table[along].to_numpy(), _REACH * unit * table[diameter].to_numpy()
    return position - reach, position + reach


def _bands(cells: Float, counts: NDArray[np.int64], most: int) -> list[tuple[float, float]]:
    """Bands of up to `most` craters, or of one cell; the first and the last are open."""
    edges, held = [-np.inf], 0
    for edge, count in zip(cells[:-1].tolist(), counts.tolist(), strict=True):
        if held and held + count > most:
            edges.append(edge)
            held = 0
        held += count
    return list(pairwise([*edges, np.inf]))


def _once(
    table: pd.DataFrame, about: Catalogue, seen: Seen, finest: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each crater once: the best view of it, and what it is by all of them."""
    across, along, diameter = about.columns[1:4]
    where = table[[across, along]].to_numpy(float)
    radius_km = None if about.radius_m is None else about.radius_m / 1000.0
    positions = sphere.unit_vectors(*where.T) * radius_km if radius_km else where
    diameters, scores = table[diameter].to_numpy(float), table["score"].to_numpy(float)
    chosen = suppress(positions, diameters, scores)
    kept, octaves = table.iloc[chosen], table["level"].to_numpy() - finest
    diameters_px, counted = seen(where[chosen], diameters[chosen])
    places, fused, scores = fuse(chosen, positions, diameters, scores, octaves, counted)
    x, y = sphere.vectors_to_lonlat(places) if radius_km else places.T
    found = {across: x, along: y, diameter: fused, "score": scores}
    return kept, kept.assign(**found, mosaic_px=diameters_px * fused / diameters[chosen])


def _valued(craters: pd.DataFrame, about: Catalogue, info: ModelInfo) -> pd.DataFrame:
    """Craters with calibrated scores, and with the deviations of their diameters."""
    name, deviation = about.columns[3:5]
    raw, diameters, levels, diameters_px = (
        craters[key].to_numpy(float) for key in ("score", name, "level", "mosaic_px")
    )
    scores = calibrated(raw, diameters_px, info)
    sd = diameters * relative_diameter_sd(diameters_px / 2.0**levels, scores, info)
    return craters.assign(**{"score": scores, deviation: sd})


def _pack(craters: pd.DataFrame, about: Catalogue, names: NDArray[np.str_]) -> Float:
    """A table as numbers, (n, 7): a tile is its place among the names."""
    by_name = np.argsort(names)
    tile = by_name[np.searchsorted(names, craters["tile"].to_numpy(str), sorter=by_name)]
    return np.column_stack([craters[list(about.columns[1:7])].to_numpy(float), tile])


def _largest_first(path: Path, names: NDArray[np.str_], about: Catalogue) -> Iterator[Catalogue]:
    """The craters of a file of `_pack`, numbered by size, a part at a time."""
    rows = np.empty((0, 7))
    if path.stat().st_size:
        rows = np.memmap(path, np.float64, "r").reshape(-1, 7)
    order = np.argsort(-rows[:, 2], kind="stable")
    for start in range(0, max(len(order), 1), PART_ROWS):
        some = np.asarray(rows[order[start : start + PART_ROWS]])
        table = pd.DataFrame(some[:, :6], columns=list(about.columns[1:7]))
        table["tile"] = names[some[:, 6].astype(int)]
        table["crater_id"] = [f"{start + i:07d}" for i in range(1, len(some) + 1)]
        yield replace(about, craters=table)
