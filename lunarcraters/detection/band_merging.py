"""Merging in bands: every crater once, however many batches and octaves have detected it.

Craters are merged in bands of latitude (of rows, without a coordinate system), so that memory does
not grow with the mosaic.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.detection.merging import average_octaves, suppress
from lunarcraters.detection.search.batch_result import read_craters
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.network.decoding import octave_weights
from lunarcraters.process import cpu_count, map_in_threads

_BAND_ROWS = 100_000  # craters merged at once by a thread
_THREADS = min(cpu_count(), 4)
_CELLS = 1 << 15  # in which craters are counted to make bands of so many
# Circles that are one crater lie within 0.6 diameters of the larger. A circle may be suppressed by
# one that another suppresses, and so on: five such steps count across the edge of a band.
_REACH = 3.0  # diameters

Float = NDArray[np.float64]


@dataclass(frozen=True)
class OctaveRange:
    """The octaves of a run, and the crater sizes in which they count.

    Attributes:
        mosaic: Mosaic.
        finest: Number of the first octave; below 0 the mosaic is enlarged.
        stop: Number after that of the last octave.
        diameters_px: Smallest and largest crater that the network detects, pixels of an octave.
    """

    mosaic: Mosaic
    finest: int
    stop: int
    diameters_px: tuple[float, float]

    def weights(self, positions: Float, diameters: Float) -> tuple[Float, Float]:
        """Compute the sizes of craters in pixels, and the weight of each octave for them.

        Args:
            positions: Longitude and latitude in degrees, or x and y in pixels, (n, 2).
            diameters: Diameters in km, or pixels, (n,).

        Returns:
            Diameters in pixels of the mosaic, (n,), and weights from 0 to 1, (n, octaves).
        """
        diameters_px = compute_diameters_px(
            positions, diameters, self.mosaic.grid, self.mosaic.meridian_pixel_size_m
        )
        octaves = np.arange(self.finest, self.stop)
        return diameters_px, octave_weights(diameters_px, octaves, self.diameters_px)


def merge_in_bands(
    result_files: Sequence[Path],
    description: CatalogueInfo,
    octaves: OctaveRange,
    band_rows: int = _BAND_ROWS,
) -> Iterator[pd.DataFrame]:
    """Read the craters of all batches, each crater once, with the scores of the network.

    The tables have one column more than a catalogue, `mosaic_px`: the diameter in pixels of the
    mosaic.

    Args:
        result_files: Results of the batches, in an order that depends on the plan alone.
        description: Description of the catalogue, for its columns and its sphere.
        octaves: Octaves of the run.
        band_rows: Number of craters merged at once by a thread, where latitudes differ.
    """
    columns = description.columns
    ends = (-90.0, 90.0) if description.has_crs else (0.0, float(octaves.mosaic.height))
    cells = np.linspace(*ends, _CELLS + 1)
    counts = np.zeros(_CELLS, np.int64)
    reaches = np.full((len(result_files), 2), np.nan)
    for number, path in enumerate(result_files):
        table = read_craters(path, (columns.y, columns.diameter))
        if len(table):
            low, high = _reach(table, description)
            reaches[number] = low.min(), high.max()
            counts += np.histogram(table[columns.y], cells)[0]

    def merge_band(band: tuple[float, float]) -> pd.DataFrame | None:
        start, stop = band
        tables = []
        for number in np.flatnonzero((reaches[:, 1] >= start) & (reaches[:, 0] < stop)).tolist():
            table = read_craters(result_files[number])
            low, high = _reach(table, description)
            tables.append(table[(high >= start) & (low < stop)])
        if not tables:
            return None
        together = pd.concat(tables, ignore_index=True)
        best, merged = merge_duplicates(together, description, octaves)
        return merged[((best[columns.y] >= start) & (best[columns.y] < stop)).to_numpy()]

    for merged in map_in_threads(merge_band, _cut_bands(cells, counts, band_rows), _THREADS):
        if merged is not None:
            yield merged


def merge_duplicates(
    table: pd.DataFrame, description: CatalogueInfo, octaves: OctaveRange
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Merge detections that are the same crater.

    Args:
        table: Detections of all octaves.
        description: Description of the catalogue, for its columns and its sphere.
        octaves: Octaves of the run.

    Returns:
        Best detection of each crater, and the same rows with position, diameter and score averaged
        over the octaves, and `mosaic_px`.
    """
    columns = description.columns
    places = table[[columns.x, columns.y]].to_numpy(float)
    radius_km = None if description.radius_m is None else description.radius_m / 1000.0
    positions = sphere.unit_vectors(*places.T) * radius_km if radius_km else places
    diameters, scores = table[columns.diameter].to_numpy(float), table["score"].to_numpy(float)
    kept = suppress(positions, diameters, scores)
    octave = table["level"].to_numpy() - octaves.finest
    diameters_px, weights = octaves.weights(places[kept], diameters[kept])
    centres, averaged, scores = average_octaves(kept, positions, diameters, scores, octave, weights)
    x, y = sphere.vectors_to_lonlat(centres) if radius_km else centres.T
    values = {columns.x: x, columns.y: y, columns.diameter: averaged, "score": scores}
    best = table.iloc[kept]
    return best, best.assign(**values, mosaic_px=diameters_px * averaged / diameters[kept])


def _reach(table: pd.DataFrame, description: CatalogueInfo) -> tuple[Float, Float]:
    """Least and greatest latitude (row) at which a crater matters to others."""
    columns, radius_m = description.columns, description.radius_m
    unit = 1.0 if radius_m is None else float(np.degrees(1000.0 / radius_m))
    position = table[columns.y].to_numpy()
    reach = _REACH * unit * table[columns.diameter].to_numpy()
    return position - reach, position + reach


def _cut_bands(
    cells: Float, counts: NDArray[np.int64], band_rows: int
) -> list[tuple[float, float]]:
    """Cut bands of up to so many craters, or of one cell; the first and the last are open."""
    edges, held = [-np.inf], 0
    for edge, count in zip(cells[:-1].tolist(), counts.tolist(), strict=True):
        if held and held + count > band_rows:
            edges.append(edge)
            held = 0
        held += count
    return list(pairwise([*edges, np.inf]))
