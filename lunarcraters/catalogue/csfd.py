"""Crater size-frequency distributions, in the conventions of the field.

Crater Analysis Techniques Working Group (1979), Icarus 37, 467; Poisson errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.binning import Binning, count_between, edges_between, number_bins
from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError

Float = NDArray[np.float64]
Index = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SizeFrequency:
    """Number of craters by size on an area.

    Attributes:
        edges: Edges of the bins, km, (n + 1,), rising.
        counts: Number of craters in each bin, (n,); one partly inside the area counts for that
            part.
        area_km2: Area that was searched, km^2; not widened where craters were counted on more.
        bin_areas_km2: Area of each bin, km^2, (n,), where larger craters were counted on more
            ground (buffered crater counting); None where all are counted on the same.
        squares: Sum of the squares of the parts for which the craters of each bin count, (n,); None
            where each counts as a whole.
    """

    edges: Float
    counts: Float
    area_km2: float
    bin_areas_km2: Float | None = None
    squares: Float | None = None

    @property
    def diameters(self) -> Float:
        """Geometric means of the edges of the bins, km, (n,)."""
        return np.sqrt(self.edges[:-1] * self.edges[1:])

    @property
    def areas_km2(self) -> Float:
        """Area on which the craters of each bin were counted, km^2, (n,)."""
        if self.bin_areas_km2 is None:
            return np.full(len(self.counts), self.area_km2)
        return self.bin_areas_km2

    @property
    def at_least(self) -> Float:
        """Number of craters as large as the lower edge of each bin, or larger, (n,)."""
        return np.cumsum(self.counts[::-1])[::-1]

    @property
    def variances(self) -> Float:
        """Variance of the number of craters in each bin, (n,)."""
        return self.counts if self.squares is None else self.squares

    @property
    def events(self) -> Float:
        """Number of whole craters with the Poisson error of each bin, (n,)."""
        return _count_events(self.counts, self.variances)

    @property
    def events_at_least(self) -> Float:
        """Number of whole craters with the error of each bin and all larger ones, (n,)."""
        return _count_events(self.at_least, np.cumsum(self.variances[::-1])[::-1])

    @property
    def cumulative(self) -> Float:
        """Craters per km^2 as large as the lower edge, or larger, (n,)."""
        if self.bin_areas_km2 is None:
            return self.at_least / self.area_km2
        return np.cumsum((self.counts / self.bin_areas_km2)[::-1])[::-1]

    @property
    def differential(self) -> Float:
        """Craters per km^2 and km of diameter, (n,)."""
        return self.counts / (self.areas_km2 * np.diff(self.edges))

    @property
    def relative(self) -> Float:
        """R: the differential times the cube of the bin's diameter, (n,)."""
        return self.diameters**3 * self.differential

    @property
    def complete_from_km(self) -> float:
        """Upper edge of the fullest bin, for its width in log diameter, km.

        Below it craters are missed.
        """
        widths = np.round(np.diff(np.log(self.edges)), 9)
        return float(self.edges[int(np.argmax(np.round(self.counts / widths, 6))) + 1])

    def record(self) -> "SizeFrequencyRecord":
        """Make the record that `craters plot csfd --json` prints."""
        return SizeFrequencyRecord(
            area_km2=self.area_km2,
            complete_from_km=self.complete_from_km,
            edges_km=tuple(self.edges.tolist()),
            counts=tuple(self.counts.tolist()),
            areas_km2=tuple(self.areas_km2.tolist()),
            cumulative=tuple(self.cumulative.tolist()),
            differential=tuple(self.differential.tolist()),
            relative=tuple(self.relative.tolist()),
        )


@dataclass(frozen=True, eq=False)
class EstimatedPoints:
    """The estimated numbers of craters on an area, which are drawn beside those counted.

    Attributes:
        csfd: Estimated numbers by size; 0 where there is none.
        events: Number of craters whose Poisson error is that of each bin, (n,).
        events_at_least: Number of craters with the error of each bin and all larger ones, (n,).
        trusted: True where the estimate can be trusted, (n,).
    """

    csfd: SizeFrequency
    events: Float
    events_at_least: Float
    trusted: Bool


@dataclass(frozen=True)
class SizeFrequencyRecord:
    """A crater size-frequency distribution, as `craters plot csfd --json` prints it.

    Attributes:
        area_km2: Area that was searched, km^2; not widened in buffered counts.
        complete_from_km: Diameter below which craters are missed, km.
        edges_km: Edges of the n bins, km, rising, n + 1 of them.
        counts: Number of craters in each bin; one partly inside the area counts for that part.
        areas_km2: Area on which the craters of each bin were counted, km^2; in buffered counts
            wider than `area_km2`, by the radius of the craters.
        cumulative: Craters per km^2 as large as the lower edge of each bin, or larger.
        differential: Craters per km^2 and km of diameter in each bin.
        relative: R of each bin: the differential times the cube of the diameter.
    """

    area_km2: float
    complete_from_km: float
    edges_km: tuple[float, ...]
    counts: tuple[float, ...]
    areas_km2: tuple[float, ...]
    cumulative: tuple[float, ...]
    differential: tuple[float, ...]
    relative: tuple[float, ...]


def _count_events(counts: Float, variances: Float) -> Float:
    """Count the whole craters whose Poisson error is that of counts; 0 where they are 0."""
    return np.divide(counts**2, variances, out=np.zeros_like(counts), where=variances > 0.0)


def relative_errors(counts: Float) -> Float:
    """Compute the Poisson errors of counts over the counts, 1 / sqrt(n); NaN where they are 0."""
    return 1.0 / np.sqrt(np.where(counts > 0.0, counts, np.nan))


def bin_by_size(
    diameters: Float, binning: Binning = "sqrt2", span: tuple[float, float] | None = None
) -> tuple[Float, Index]:
    """Sort diameters into bins.

    Args:
        diameters: Diameters, (n,).
        binning: Convention of the bins.
        span: Smallest and largest diameter that the bins hold at least, though they be empty.

    Returns:
        Edges of the bins from the smallest diameter to the largest, (bins + 1,), and the bin of
        each diameter, (n,).
    """
    held = np.append(diameters, span or ())
    if not len(held):
        return np.ones(1), np.empty(0, np.int64)
    numbers = number_bins(held, binning)
    edges = edges_between(float(held.min()), float(held.max()), binning)
    return edges, numbers[: len(diameters)] - numbers.min()


def count_groups(
    groups: Sequence[Float], weights: Sequence[Float | None], edges: Float | None
) -> tuple[Float, list[list[float]]]:
    """Count several groups of craters in the same bins.

    Args:
        groups: Diameters of each group, (n,).
        weights: Number for which each crater of a group counts, (n,); None for 1.
        edges: Edges of the bins, the last above all diameters; None for those of `bin_by_size`.

    Returns:
        Edges of the bins, (bins + 1,), and the number of each group in each bin: whole numbers
        without weights.
    """
    both = list(zip(groups, weights, strict=True))
    if edges is not None:
        return edges, [count_between(group, edges, shares).tolist() for group, shares in both]
    edges, numbers = bin_by_size(np.concatenate(groups))
    bins = np.split(numbers, np.cumsum([len(group) for group in groups])[:-1])
    counts = [
        np.bincount(own, shares, len(edges) - 1).tolist()
        for own, shares in zip(bins, weights, strict=True)
    ]
    return edges, counts


def require_craters(number: int, verb: str = "count") -> None:
    """Require that there are craters to count, to date or to draw.

    Args:
        number: Number of craters.
        verb: Verb of the message: "count", "date" or "draw".

    Raises:
        CatalogueError: There are none.
    """
    if not number:
        raise CatalogueError(
            f"there are no craters to {verb}: lower --min-score, or give a catalogue and ground "
            "that have some"
        )


def count_by_size(
    catalogue: Catalogue,
    area_km2: float,
    binning: Binning = "sqrt2",
    span: tuple[float, float] | None = None,
) -> SizeFrequency:
    """Count the craters of a catalogue, perhaps none, on an area that is given.

    Args:
        catalogue: Craters, in km.
        area_km2: Area that they were counted on, km^2.
        binning: Convention of the bins.
        span: Smallest and largest diameter that the bins hold at least, km.
    """
    edges, bins = bin_by_size(catalogue.diameters, binning, span)
    counts, squares = (
        np.bincount(bins, count_weights(catalogue) ** power, minlength=len(edges) - 1).astype(float)
        for power in (1, 2)
    )
    return SizeFrequency(edges=edges, counts=counts, area_km2=area_km2, squares=squares)


def count_weights(catalogue: Catalogue) -> Float:
    """Return the part for which each crater counts, (n,): its fraction, or 1."""
    craters = catalogue.craters
    return craters[FRACTION].to_numpy(float) if FRACTION in craters else np.ones(len(craters))
