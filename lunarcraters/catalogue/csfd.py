"""Crater size-frequency distributions, in the conventions of the field.

Crater Analysis Techniques Working Group (1979), Icarus 37, 467: bins a factor of sqrt(2) wide, one
edge at 1 km; Poisson errors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.table import FRACTION, Catalogue
from lunarcraters.errors import CatalogueError

Float = NDArray[np.float64]

_STEP = 0.5  # of a bin, powers of 2


@dataclass(frozen=True, eq=False)
class SizeFrequency:
    """How many craters of each size there are on an area.

    Attributes:
        edges: Of the bins, km, (n + 1,), rising.
        counts: Craters in each bin, (n,); those partly inside the area count for that part.
        area_km2: Ground that they were counted on.
    """

    edges: Float
    counts: Float
    area_km2: float

    @property
    def diameters(self) -> Float:
        """Geometric means of the bins' edges, km, (n,)."""
        return np.sqrt(self.edges[:-1] * self.edges[1:])

    @property
    def at_least(self) -> Float:
        """Craters as large as the lower edge of each bin, or larger, (n,)."""
        return np.cumsum(self.counts[::-1])[::-1]

    @property
    def cumulative(self) -> Float:
        """Craters per km^2 as large as the lower edge, or larger, (n,)."""
        return self.at_least / self.area_km2

    @property
    def differential(self) -> Float:
        """Craters per km^2 and km of diameter, (n,)."""
        return self.counts / (self.area_km2 * np.diff(self.edges))

    @property
    def relative(self) -> Float:
        """R: the differential times the cube of the bin's diameter, (n,)."""
        return self.diameters**3 * self.differential

    @property
    def complete_from_km(self) -> float:
        """Upper edge of the fullest bin: below it craters are missed."""
        return float(self.edges[int(np.argmax(self.counts)) + 1])


def relative_errors(counts: Float) -> Float:
    """Standard deviation of counts over themselves, 1 / sqrt(n); NaN where there are none."""
    return 1.0 / np.sqrt(np.where(counts > 0.0, counts, np.nan))


def size_frequency(catalogue: Catalogue) -> SizeFrequency:
    """Count a catalogue's craters.

    Raises:
        CatalogueError: It is in pixels, has no craters, or does not tell the area searched.
    """
    if catalogue.is_pixels or not catalogue.footprint_area_km2:
        raise CatalogueError(
            "the area that the craters were counted on is not known: give a run, or what craters "
            "export wrote of one as .gpkg, .geojson, .parquet, .scc or .diam"
        )
    if not len(catalogue):
        raise CatalogueError("there are no craters to count: lower --min-score")
    steps = np.log2(catalogue.diameters) / _STEP
    # A diameter on an edge belongs to the larger bin, whatever rounding makes of its logarithm.
    number = np.floor(np.round(steps, 9)).astype(int)
    first, last = int(number.min()), int(number.max()) + 1
    craters = catalogue.craters
    weights = craters[FRACTION].to_numpy(float) if FRACTION in craters else np.ones(len(craters))
    return SizeFrequency(
        edges=np.exp2(_STEP * np.arange(first, last + 1, dtype=np.float64)),
        counts=np.bincount(number - first, weights, minlength=last - first).astype(float),
        area_km2=catalogue.footprint_area_km2,
    )
