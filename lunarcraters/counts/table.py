"""Counts and estimates as a table, one row an area and bin."""

from collections.abc import Mapping, Sequence

import numpy as np

from lunarcraters.catalogue.binning import Binning
from lunarcraters.completeness.record import Completeness
from lunarcraters.counts.areas import AreaCount, find_span
from lunarcraters.counts.doubt import ErrorBudget
from lunarcraters.counts.estimate import Estimate, estimate_count
from lunarcraters.counts.record import CountBin, ErrorBin
from lunarcraters.purity.record import Purity


def estimate_on_areas(
    counts: Sequence[AreaCount],
    completeness: Completeness | None,
    min_score: float,
    binning: Binning = "sqrt2",
    purity: Purity | None = None,
) -> dict[str, Estimate]:
    """Count and estimate the craters of areas by size, in the same bins.

    Args:
        counts: Craters by area.
        completeness: Completeness of the run; None where it was not measured.
        min_score: Lowest score of the craters that are counted.
        binning: Convention of the bins.
        purity: Purity of the run; None where it was not measured.

    Raises:
        CatalogueError: There are no craters.
    """
    span = find_span(counts, min_score)
    return {
        one.name: estimate_count(one, completeness, min_score, binning, span, purity)
        for one in counts
    }


def list_bins(estimates: dict[str, Estimate]) -> tuple[CountBin, ...]:
    """List counts and estimates, a row for each area and bin.

    Args:
        estimates: Counts and estimates by the names of areas.
    """
    return tuple(
        CountBin(
            area=name,
            area_km2=float(one.raw.areas_km2[i]),
            min_km=float(one.raw.edges[i]),
            max_km=float(one.raw.edges[i + 1]),
            raw=float(one.raw.values[i]),
            estimate=_or_none(one.values[i]),
            low90=_or_none(one.low90[i]),
            high90=_or_none(one.high90[i]),
            completeness=_or_none(one.completeness[i]),
            trusted=bool(one.trusted[i]),
            purity=_or_none(one.purity[i]),
        )
        for name, one in estimates.items()
        for i in range(len(one.values))
    )


def list_errors(budgets: Mapping[str, ErrorBudget]) -> tuple[ErrorBin, ...]:
    """List errors of estimates and their parts, a row for each area and bin.

    Args:
        budgets: Errors by the names of areas.
    """
    names = "raw", "total", "poisson", "planted", "wear", "purity", "model"
    return tuple(
        ErrorBin(
            area=area,
            min_km=float(one.edges[i]),
            max_km=float(one.edges[i + 1]),
            trusted=bool(one.trusted[i]),
            **{name: _or_none(getattr(one, name)[i]) for name in names},
        )
        for area, one in budgets.items()
        for i in range(len(one.total))
    )


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
