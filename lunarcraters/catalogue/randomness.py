"""Randomness of the places of craters, bin by bin.

Michael, Platz, Kneissl and Schmedemann (2012), Icarus 218, 169: the mean distance of craters to the
second-closest one of their bin (M2CND), against that of as many random craters on the same ground.
Riedel et al. (2021), JGR Planets 126, e2020JE006693: distances along the sphere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import t as student_t

from lunarcraters.catalogue.binning import Binning
from lunarcraters.catalogue.csfd import bin_by_size, require_craters
from lunarcraters.catalogue.filter import take_centred
from lunarcraters.catalogue.format_names import WITH_GROUND
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.random_points import RandomPoints
from lunarcraters.progress import Progress, no_progress

Verdict = Literal["clustered", "random", "ordered"]
"""Craters nearer to each other than random ones are, as near, or farther."""

RANDOM_SIGMAS = 3.0
"""Standard deviations within which craters are taken to lie at random."""

_FEWEST = 10
_SIGNIFICANT = 0.0027  # probability of more than three standard deviations
_TRIALS = 40, 1000
_STREWN = 300_000  # random craters of all trials of a bin, as far as the number of trials allows
_SEED = 0
_ROUNDS = 50  # of erasing and strewing again
_MANY = 10_000  # craters, from which on several threads look for neighbours

NO_GROUND = (
    "the ground that the craters were counted on is not known: give its outline with --area, or "
    f"give a run, or what craters export wrote of one as {WITH_GROUND}"
)

Float = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RandomnessBin:
    """Whether the craters of a bin of diameters lie at random on an area.

    Attributes:
        area: Name of the area; `all` for all the ground that was searched.
        area_km2: Ground of the area that was searched, km^2.
        min_km: Lower edge of the bin, km.
        max_km: Upper edge of the bin, km; diameters are below it.
        craters: Number of craters.
        distance_km: Mean distance to the second-closest crater of the bin, km; null where the bin
            was not tested.
        expected_km: Mean of this distance over random craters, km; null where not tested.
        sigmas: Standard deviations of random craters by which the distance is larger; below 0 for
            clustered craters; null where not tested.
        p_value: Probability that random craters deviate as much, to either side; null where not
            tested.
        verdict: Whether craters are clustered, random or ordered; null where not tested.
        note: Reason why the bin was not tested; empty where it was.
    """

    area: str
    area_km2: float
    min_km: float
    max_km: float
    craters: int
    distance_km: float | None = None
    expected_km: float | None = None
    sigmas: float | None = None
    p_value: float | None = None
    verdict: Verdict | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RandomnessTable:
    """Randomness of the places of craters, by area and bin.

    Attributes:
        binning: Convention of the bins.
        min_score: Lowest score of the craters.
        bins: A row for each area and bin, area by area, the smallest craters first.
    """

    binning: Binning
    min_score: float
    bins: tuple[RandomnessBin, ...]


def assess_randomness(
    catalogues: Mapping[str, Catalogue],
    binning: Binning = "sqrt2",
    progress: Progress = no_progress,
) -> tuple[RandomnessBin, ...]:
    """Compare the places of craters with random ones, bin by bin.

    Args:
        catalogues: Craters of each area by its name, with the ground that they were counted on; of
            those with fractions, the ones whose centre lies on it are compared.
        binning: Convention of the bins, which are the same for all areas.
        progress: Function of the number of areas done and in all.

    Returns:
        A row for each area and bin, area by area, the smallest craters first.

    Raises:
        CatalogueError: There are no craters, or it is not known where they or the ground are.
    """
    catalogues = {name: take_centred(one) for name, one in catalogues.items()}
    diameters = np.concatenate([one.diameters for one in catalogues.values()])
    require_craters(len(diameters))
    span = float(diameters.min()), float(diameters.max())
    rows: list[RandomnessBin] = []
    for number, (name, one) in enumerate(catalogues.items(), start=1):
        rows += _assess_area(name, one, binning, span)
        progress(number, len(catalogues))
    return tuple(rows)


def _assess_area(
    name: str, catalogue: Catalogue, binning: Binning, span: tuple[float, float]
) -> list[RandomnessBin]:
    """Compare the craters of one area with random ones, bin by bin."""
    catalogue.info.require_positions()
    vectors = sphere.unit_vectors(*catalogue.positions.T)
    edges, bins = bin_by_size(catalogue.diameters, binning, span)
    area_km2, ground = catalogue.footprint_area_km2 or 0.0, catalogue.footprint
    if ground is None and area_km2:
        raise CatalogueError(NO_GROUND)
    points = None if ground is None else RandomPoints(ground)
    radius_km = (catalogue.radius_m or sphere.RADIUS_M) / 1000.0
    rows = []
    for number, (low, high) in enumerate(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)):
        centres = vectors[bins == number]
        row = {"area": name, "area_km2": area_km2, "min_km": low, "max_km": high}
        if points is None or len(centres) < _FEWEST:
            note = "not searched" if points is None else f"fewer than {_FEWEST} craters"
            rows.append(RandomnessBin(**row, craters=len(centres), note=note))
            continue
        measured = measure_second_closest(centres)
        random = np.random.default_rng((_SEED, len(centres)))
        trials = _strew_trials(points, len(centres), low / 2.0 / radius_km, random)
        sigmas, p_value = _compare(measured, trials)
        rows.append(
            RandomnessBin(
                **row,
                craters=len(centres),
                distance_km=measured * radius_km,
                expected_km=float(trials.mean()) * radius_km,
                sigmas=sigmas,
                p_value=p_value,
                verdict=_judge(sigmas, p_value),
            )
        )
    return rows


def measure_second_closest(vectors: Float) -> float:
    """Measure the mean arc from points to the second-closest other one, radians.

    Args:
        vectors: Unit vectors, (n, 3), of three points or more.
    """
    workers = -1 if len(vectors) >= _MANY else 1
    chords, _ = cKDTree(vectors).query(vectors, k=[3], workers=workers)
    return float(2.0 * np.arcsin(np.clip(chords / 2.0, 0.0, 1.0)).mean())


def _strew_trials(
    points: RandomPoints, count: int, erasing: float, random: np.random.Generator
) -> Float:
    """Measure the mean arc to the second-closest of random craters, (trials,).

    Args:
        points: Random points of the ground.
        count: Number of craters.
        erasing: Arc within which a crater erases an older one of its bin, radians.
        random: Source of random numbers.
    """
    trials = int(np.clip(_STREWN // count, *_TRIALS))
    chord = 2.0 * np.sin(erasing / 2.0)
    return np.array(
        [measure_second_closest(_strew(points, count, chord, random)) for _ in range(trials)]
    )


def _strew(points: RandomPoints, count: int, chord: float, random: np.random.Generator) -> Float:
    """Strew craters of one size, each of which erases older ones close by: unit vectors, (n, 3)."""
    strewn = points.draw(count, random)
    for _ in range(_ROUNDS):
        pairs = cKDTree(strewn).query_pairs(chord, output_type="ndarray")
        if not len(pairs):
            break
        erased = np.unique(pairs.min(axis=1))
        younger = points.draw(len(erased), random)
        strewn = np.concatenate([np.delete(strewn, erased, axis=0), younger])
    return strewn


def _compare(measured: float, trials: Float) -> tuple[float, float]:
    """Compare a distance with those of random craters: standard deviations and probability."""
    deviation = (measured - trials.mean()) / trials.std(ddof=1)
    # The mean and the deviation of random craters are known from so many trials only.
    quantile = abs(deviation) / np.sqrt(1.0 + 1.0 / len(trials))
    return float(deviation), float(2.0 * student_t.sf(quantile, len(trials) - 1))


def _judge(sigmas: float, p_value: float) -> Verdict:
    if p_value >= _SIGNIFICANT:
        return "random"
    return "clustered" if sigmas < 0.0 else "ordered"
