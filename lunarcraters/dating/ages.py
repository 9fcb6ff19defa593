"""Model ages of areas."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.binning import Binning, edges_between, lower_edges, number_bins
from lunarcraters.catalogue.csfd import require_craters
from lunarcraters.completeness.record import Completeness
from lunarcraters.counts.areas import AreaCount, find_span, pool_counts
from lunarcraters.counts.binned import BinnedCount
from lunarcraters.counts.estimate import Estimate, estimate_count
from lunarcraters.dating.chronology import ChronologySystem
from lunarcraters.dating.goodness import POOR_FIT, compare_estimate, compare_with_isochron
from lunarcraters.dating.record import AreaAge, ModelAge
from lunarcraters.errors import CatalogueError, OptionError, warn
from lunarcraters.geometry import sphere
from lunarcraters.purity.record import Purity

Range = tuple[float, float]

_ROUNDING = 1e-9  # of an edge that is a limit of the range too, as a share
_TOO_MANY = "more craters than the oldest ground has: look at the area and the unit of diameters"
_DOUBTFUL = 0.1  # share of craters in bins that are not trusted, from which on it is said


def date_areas(
    counts: Sequence[AreaCount],
    system: ChronologySystem,
    min_score: float,
    fit_range: Range | None = None,
    binning: Binning = "sqrt2",
    completeness: Completeness | None = None,
    purity: Purity | None = None,
) -> tuple[AreaAge, ...]:
    """Date areas by their craters in a range of diameters.

    Args:
        counts: Craters by area.
        system: Chronology system.
        min_score: Lowest score of the craters that are counted.
        fit_range: Smallest and largest diameter, km; None for those from the upper edge of the
            fullest bin of all areas together, below which craters are missed.
        binning: Convention of the bins, to whose edges the range is widened; only bins in which the
            production function is defined from edge to edge are fitted.
        completeness: Completeness of the run, for the ages of estimated numbers; None for none.
        purity: Purity of the run; None where it was not measured.

    Raises:
        OptionError: The range is empty, or the production function is defined in no bin of it.
        CatalogueError: There are no craters, or they are on another body.
    """
    _check_body(counts, system)
    if fit_range is None:
        fit_range = complete_from(counts, min_score, binning), np.inf
    low, high = _keep_whole_bins(snap_range(fit_range, system, binning), binning)
    span = low, high * (1.0 - 1e-7)  # `high` itself begins the next bin
    return tuple(
        AreaAge(
            area=one.name,
            area_km2=one.area_km2,
            min_km=low,
            max_km=high,
            raw=date_count(one.count_with_errors(min_score, binning, span), system, low, high),
            estimated=None if completeness is None else date_estimate(
                estimate_count(one, completeness, min_score, binning, span, purity),
                system, low, high,
            ),
        )
        for one in counts
    )  # fmt: skip


def complete_from(counts: Sequence[AreaCount], min_score: float, binning: Binning) -> float:
    """Find the diameter below which craters are missed, km: by the fullest bin of all areas.

    Args:
        counts: Craters by area.
        min_score: Lowest score of the craters that are counted.
        binning: Convention of the bins.

    Raises:
        CatalogueError: There are no craters.
    """
    require_craters(sum(len(one.catalogue.above_score(min_score)) for one in counts), "date")
    span = find_span(counts, min_score)
    sizes = [one.count(min_score, binning, span) for one in counts]
    return pool_counts(sizes, binning).complete_from_km


def snap_range(fit_range: Range, system: ChronologySystem, binning: Binning) -> Range:
    """Widen a range of diameters to edges of bins, and cut it where a production function ends.

    Args:
        fit_range: Smallest and largest diameter, km; the largest may be infinite.
        system: Chronology system.
        binning: Convention of the bins.

    Returns:
        Smallest and largest diameter, km: edges of bins, or limits of the function inside a bin.

    Raises:
        OptionError: The range is empty, or the function is not defined in it.
    """
    least, most = system.range_km
    low, high = fit_range
    if not 0.0 < low < high:
        raise OptionError(
            f"range is {low:g},{high:g}: give the smallest and the largest diameter in km, such as "
            "1.5,6, or auto"
        )
    numbers = number_bins(np.array([low, min(high, 2.0 * most) * (1.0 - 1e-7)]), binning)
    low, high = lower_edges(numbers + np.array([0, 1]), binning).tolist()
    low, high = max(low, least), min(high, most)
    if not low < high:
        raise OptionError(
            f"range is {fit_range[0]:g},{fit_range[1]:g}: {system.name} is defined from {least:g} "
            f"to {most:g} km"
        )
    return low, high


def _keep_whole_bins(limits: Range, binning: Binning) -> Range:
    """Narrow a range of diameters, km, to the bins that lie inside as a whole."""
    low, high = limits
    edges = edges_between(low, high, binning)
    inside = edges[(edges >= low * (1.0 - _ROUNDING)) & (edges <= high * (1.0 + _ROUNDING))]
    if len(inside) < 2:
        raise OptionError(
            f"range is cut to {low:g},{high:g} by the production function, and no whole bin is "
            "left: give a wider --range, or another --binning or --system"
        )
    return max(float(inside[0]), low), min(float(inside[-1]), high)


def date_count(
    counted: BinnedCount,
    system: ChronologySystem,
    low_km: float,
    high_km: float,
    *,
    estimated: bool = False,
) -> ModelAge:
    """Date ground by a count.

    A crater that counts in part, or an estimate, has a larger error than a count: craterstats is
    asked for as many craters as have that error, on as much ground as gives the same density.

    Args:
        counted: Craters by diameter.
        system: Chronology system.
        low_km: Smallest diameter, km, an edge of a bin.
        high_km: Largest diameter, km, an edge of a bin.
        estimated: True for an estimate, of which bins share a part of their errors.
    """
    some = counted.within(low_km, high_km)
    if not some.events:
        note = "no craters in the range" if some.areas_km2.sum() else "not searched"
        return ModelAge(craters=0.0, note=note)
    edges = np.clip(some.edges, low_km, high_km)
    per_km2 = -np.diff(system.cumulative(edges, 1.0))
    expected = per_km2 * some.areas_km2
    area_km2 = float(expected.sum() / per_km2.sum()) * some.events / some.total
    age = system.date(some.events, area_km2, float(edges[0]), float(edges[-1]))
    if age is None:
        return ModelAge(craters=some.total, note=_TOO_MANY)
    n1 = [float(n) for t in (age.age_ga, age.low_ga, age.high_ga)
          for n in system.cumulative(np.ones(1), t)]  # fmt: skip
    if estimated:
        p = compare_estimate(some.values, some.covariance, expected)
    else:
        p = compare_with_isochron(some.values * (some.events / some.total), expected)
    return ModelAge(
        craters=some.total,
        age_ga=age.age_ga,
        low_ga=age.low_ga,
        high_ga=age.high_ga,
        n1_per_km2=n1[0],
        n1_low=n1[1],
        n1_high=n1[2],
        fit_probability=p,
        note="" if p is None or p >= POOR_FIT else _describe(some, expected),
    )


def date_estimate(
    estimate: Estimate, system: ChronologySystem, low_km: float, high_km: float
) -> ModelAge:
    """Date ground by an estimated number of craters.

    Args:
        estimate: Estimated craters by diameter.
        system: Chronology system.
        low_km: Smallest diameter, km, an edge of a bin.
        high_km: Largest diameter, km, an edge of a bin.
    """
    inside = estimate.raw.select(low_km, high_km)
    if estimate.raw.areas_km2[inside].sum() and np.isnan(estimate.values[inside]).any():
        least = estimate.raw.edges[1:][np.isnan(estimate.values)].max()
        note = f"no craters were planted below {least:.3g} km: begin the range there"
        return ModelAge(craters=0.0, note=note)
    age = date_count(estimate.binned, system, low_km, high_km, estimated=True)
    values = np.nan_to_num(estimate.values[inside])
    doubtful = values[~estimate.trusted[inside]].sum()
    if doubtful <= _DOUBTFUL * values.sum():
        return age
    note = f"{doubtful / values.sum():.0%} of these craters are in bins that are not trusted"
    return replace(age, note=f"{age.note}; {note}" if age.note else note)


def _describe(some: BinnedCount, expected: NDArray[np.float64]) -> str:
    """Say in which way a count departs from an isochron of the same number of craters."""
    share = expected.cumsum() / expected.sum()
    half = int(np.searchsorted(share, 0.5)) + 1
    ratio = some.values[:half].sum() / some.total / share[half - 1]
    small = f"craters below {some.edges[half]:.3g} km"
    if abs(ratio - 1.0) < 0.05:
        return "poor fit: the counts do not follow the isochron"
    more = "more" if ratio > 1.0 else "fewer"
    return f"poor fit: {abs(ratio - 1.0):.0%} {more} {small} than the isochron has"


def _check_body(counts: Sequence[AreaCount], system: ChronologySystem) -> None:
    """Refuse craters of another body than the Moon with a system of it; warn of the reverse."""
    info = counts[0].catalogue.info
    is_lunar = info.is_on_body(sphere.RADIUS_M)
    if is_lunar and system.body != "Moon":
        warn(
            f"the craters are on the Moon, by their radius, and {system.name} is not of the Moon: "
            "name a lunar chronology system with --system if they are"
        )
    if system.body == "Moon" and not is_lunar:
        raise CatalogueError(
            f"the craters are on a body with a radius of {(info.radius_m or 0.0) / 1000.0:g} km, "
            f"and {system.name} is of the Moon: name a chronology system of that body with --system"
        )
