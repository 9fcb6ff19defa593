"""Isochrons for the plots of counts."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from lunarcraters.catalogue.binning import Binning
from lunarcraters.counts.areas import AreaCount
from lunarcraters.dating.ages import date_areas
from lunarcraters.dating.chronology import ChronologySystem, load_system
from lunarcraters.dating.wording import format_age, format_age_error
from lunarcraters.errors import OptionError
from lunarcraters.plots.csfd import Isochron

_POINTS = 200
_OLDEST_GA = 4.5


def make_isochrons(
    counts: Sequence[AreaCount],
    ages: Sequence[float | Literal["fit"]],
    system_name: str | None,
    min_score: float,
    fit_range: tuple[float, float] | None = None,
    binning: Binning = "sqrt2",
) -> list[Isochron]:
    """Make isochrons of ages, and those that fit counts.

    Args:
        counts: Craters by area.
        ages: Ages, Ga, and "fit" for the age of each area; none for no isochrons.
        system_name: Chronology system; None for the default.
        min_score: Lowest score of the craters that are counted.
        fit_range: Smallest and largest diameter of the fit, km; None for those not missed.
        binning: Convention of the bins.

    Raises:
        OptionError: There is no such system, craterstats is not installed, or an age is not one of
            the Moon.
    """
    if not ages:
        return []
    for age in ages:
        if age != "fit" and not 0.0 < age <= _OLDEST_GA:
            raise OptionError(
                f"isochrons has {age}: give ages in Ga, above 0 and up to {_OLDEST_GA}, or fit"
            )
    system = load_system(system_name)
    low, high = system.range_km
    lines = [_draw(system, age, format_age(age), (low, high)) for age in ages if age != "fit"]
    if "fit" not in ages:
        return lines
    for one in date_areas(counts, system, min_score, fit_range, binning):
        raw = one.raw
        if raw.age_ga is None or raw.low_ga is None or raw.high_ga is None:
            continue
        error = format_age_error(raw.age_ga, raw.low_ga, raw.high_ga)
        name = "" if len(counts) == 1 else f"{one.area}: "
        label = f"{name}{format_age(raw.age_ga)} ({error}){', poor fit' if raw.note else ''}"
        lines.append(_draw(system, raw.age_ga, label, (one.min_km, one.max_km), one.area))
    return lines


def _draw(
    system: ChronologySystem,
    age_ga: float,
    label: str,
    span: tuple[float, float],
    area: str | None = None,
) -> Isochron:
    diameters = np.geomspace(span[0], span[1], _POINTS)
    cumulative = system.cumulative(diameters, age_ga)
    differential = system.differential(diameters, age_ga)
    return Isochron(label, diameters, cumulative, differential, area)
