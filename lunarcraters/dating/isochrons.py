"""Isochrons for the plots of counts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from lunarcraters.catalogue.binning import Binning
from lunarcraters.completeness.record import Completeness
from lunarcraters.counts.areas import AreaCount
from lunarcraters.dating.ages import date_areas
from lunarcraters.dating.chronology import ChronologySystem, load_system
from lunarcraters.dating.goodness import POOR_FIT
from lunarcraters.dating.wording import format_age, format_age_error
from lunarcraters.errors import OptionError
from lunarcraters.plots.csfd import Isochron
from lunarcraters.purity.record import Purity

_POINTS = 200
_OLDEST_GA = 4.5


def make_isochrons(
    counts: Sequence[AreaCount],
    ages: float | Literal["fit"] | Sequence[float | Literal["fit"]],
    system_name: str | None,
    min_score: float,
    fit_range: tuple[float, float] | None = None,
    binning: Binning = "sqrt2",
    completeness: Completeness | None = None,
    purity: Purity | None = None,
) -> list[Isochron]:
    """Make isochrons of ages, and those that fit counts.

    Args:
        counts: Craters by area.
        ages: Ages, Ga, and "fit" for the age of each area, or one of them; none for no isochrons.
        system_name: Chronology system; None for the default.
        min_score: Lowest score of the craters that are counted.
        fit_range: Smallest and largest diameter of the fit, km; None for those not missed.
        binning: Convention of the bins.
        completeness: Completeness of the run, for the ages of estimated numbers; None for none.
        purity: Purity of the run; None where it was not measured.

    Raises:
        OptionError: There is no such system, craterstats is not installed, or an age is not one of
            the Moon.
    """
    ages = [ages] if isinstance(ages, str | int | float | np.number) else list(ages)
    if not ages:
        return []
    for age in ages:
        if age != "fit" and not (
            isinstance(age, int | float | np.number) and 0.0 < age <= _OLDEST_GA
        ):
            raise OptionError(
                f"isochrons has {age!r}: give ages in Ga, above 0 and up to {_OLDEST_GA}, or fit"
            )
    system = load_system(system_name)
    low, high = system.range_km
    lines = [_draw(system, age, format_age(age), (low, high)) for age in ages if age != "fit"]
    if "fit" not in ages:
        return lines
    for one in date_areas(counts, system, min_score, fit_range, binning, completeness, purity):
        for fit, words in ((one.raw, ""), (one.estimated, "estimated ")):
            if fit is None or fit.age_ga is None or fit.low_ga is None or fit.high_ga is None:
                continue
            name = words if len(counts) == 1 else f"{one.area}: {words}"
            error = format_age_error(fit.age_ga, fit.low_ga, fit.high_ga)
            poor = fit.fit_probability is not None and fit.fit_probability < POOR_FIT
            label = f"{name}{format_age(fit.age_ga)} ({error}){', poor fit' if poor else ''}"
            line = _draw(system, fit.age_ga, label, (one.min_km, one.max_km))
            lines.append(replace(line, area=one.area, estimated=bool(words)))
    return lines


def _draw(
    system: ChronologySystem, age_ga: float, label: str, span: tuple[float, float]
) -> Isochron:
    diameters = np.geomspace(span[0], span[1], _POINTS)
    cumulative = system.cumulative(diameters, age_ga)
    differential = system.differential(diameters, age_ga)
    return Isochron(label, diameters, cumulative, differential)
