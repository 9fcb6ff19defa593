"""Azimuths: from where the sun lights each part of a mosaic, by the dipoles of its craters.

Mosaics are made of several images, with the sun in the east in some and in the west in others. A
region whose craters agree has their azimuth. In one whose craters do not, each crater to plant has
that of the detected craters around it, if these agree.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.dipoles import project
from lunarcraters.completeness.plan import Planned
from lunarcraters.completeness.plants import find_north_deg, is_mirrored
from lunarcraters.completeness.record import Sun
from lunarcraters.errors import RunError
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]

FEWEST = 10
"""Craters from which the sun is estimated."""

NO_SUN = (
    "the bright sides of the detected craters do not agree on where the sun stands: give "
    "--sun-azimuth and --sun-altitude"
)
"""Reason for which a mosaic is refused."""

_LEAST_AGREEMENT = 0.3
_LARGEST_ERROR_DEG = 20.0
_REGIONS_AGREE = 0.9
_CONTRADICTION_DEG = 60.0
_CLEARLY_BETTER = 1.5  # agreement if light comes from one side of the picture, to that by north
_LEAST_LIT = 2.0 / 3.0  # share of the craters to plant whose azimuth is told, under several suns


def find_azimuth(planned: Sequence[Planned]) -> tuple[float, str]:
    """Find the azimuth of the sun over a mosaic, and what it counts from.

    Args:
        planned: Regions with the dipoles of their detected craters.

    Returns:
        Azimuth, degrees, and its source as in `Sun`.

    Raises:
        RunError: The craters do not agree.
    """
    dipoles = np.concatenate([one.dipoles[one.sure] for one in planned])
    if not len(dipoles):
        raise RunError(NO_SUN)
    by_north = estimate_azimuth(
        dipoles, np.concatenate([one.north_deg[one.sure] for one in planned])
    )
    by_top = estimate_azimuth(dipoles, np.concatenate([one.top_deg[one.sure] for one in planned]))
    if _is_certain(len(dipoles), by_top[1]) and by_top[1] > _CLEARLY_BETTER * by_north[1]:
        return by_top[0], "picture"
    if _is_certain(len(dipoles), by_north[1]) and _regions_agree(planned):
        return by_north[0], "craters"
    told = np.concatenate([_choose(one, np.nan)[0] for one in planned])
    if np.isfinite(told).sum() >= max(_LEAST_LIT * len(told), 1.0):
        return by_north[0], "neighbours"
    raise RunError(NO_SUN)


def refuse_contradiction(planned: Sequence[Planned], azimuth_deg: float) -> None:
    """Refuse an azimuth far from that of every region, where all of them can tell or have few.

    Args:
        planned: Regions with the dipoles of their detected craters.
        azimuth_deg: Azimuth that the user gives, degrees.

    Raises:
        RunError: It is.
    """
    if any(_is_mixed(one) for one in planned):
        return
    own = [one[0] for one in map(_estimate, planned) if one is not None]
    near = np.cos(np.radians(_CONTRADICTION_DEG))
    if own and all(np.cos(np.radians(one - azimuth_deg)) < near for one in own):
        raise RunError(
            f"by the bright sides of the craters the sun stands at azimuth {own[0]:.0f}, not "
            f"{azimuth_deg:.0f}: leave out --sun-azimuth, or give --sun-altitude with it"
        )


def choose_azimuths(planned: Planned, sun: Sun, grid: Grid) -> Float:
    """Choose the azimuth of the sun at each crater to plant in a region.

    Args:
        planned: Region with the dipoles of its detected craters.
        sun: Sun of the mosaic.
        grid: Grid of the mosaic.

    Returns:
        Degrees clockwise from north, (n,); NaN where nothing tells it.
    """
    if sun.azimuth_source == "picture":
        north_deg = find_north_deg(planned.sites.positions, grid)
        north_deg = -north_deg if is_mirrored(grid) else north_deg
        return np.asarray((sun.azimuth_deg - north_deg) % 360.0)
    if sun.azimuth_source == sun.source == "options":
        return np.full(len(planned.sites.diameters), sun.azimuth_deg)
    return _choose(planned, _elsewhere(sun.azimuth_deg, sun.azimuth_source))[0]


def project_dipoles(planned: Planned, azimuth_deg: float, source: str) -> Float:
    """Project the dipoles of a region on the direction away from the sun that lights them.

    Args:
        planned: Region.
        azimuth_deg: Azimuth of the sun over the mosaic, degrees.
        source: Its source, as in `Sun`.

    Returns:
        Lengths, of the craters whose sun is known, (n,).
    """
    origin_deg, here = planned.north_deg, np.full(len(planned.dipoles), azimuth_deg)
    if source == "picture":
        origin_deg = planned.top_deg
    else:
        here = _choose(planned, _elsewhere(azimuth_deg, source))[1]
    lengths = project(planned.dipoles, origin_deg, here)
    return np.asarray(lengths[np.isfinite(lengths)])


def _elsewhere(azimuth_deg: float, source: str) -> float:
    """Azimuth where the craters of a region do not tell it; NaN under several suns."""
    return np.nan if source == "neighbours" else azimuth_deg


def _choose(planned: Planned, elsewhere_deg: float) -> tuple[Float, Float]:
    """Azimuths at the craters to plant, and at the detected ones; NaN where nothing tells them."""
    own = _estimate(planned)
    if own or not _is_mixed(planned):
        azimuth_deg = own[0] if own else elsewhere_deg
        counts = len(planned.sites.diameters), len(planned.dipoles)
        return np.full(counts[0], azimuth_deg), np.full(counts[1], azimuth_deg)
    pulls, weights = _pull(planned.dipoles, planned.north_deg)
    return (
        _average(pulls, weights, planned.around_sites, elsewhere_deg),
        _average(pulls, weights, planned.around_craters, elsewhere_deg),
    )


def _average(
    pulls: NDArray[np.complex128], weights: Float, around: NDArray[np.int64], elsewhere_deg: float
) -> Float:
    """Azimuths by the craters around some places, (m, k); of `elsewhere_deg` if they disagree."""
    count = around.shape[1]
    if not count:
        return np.full(len(around), elsewhere_deg)
    mean = pulls[around].sum(axis=1) / np.maximum(weights[around].sum(axis=1), 1e-12)
    azimuths = np.degrees(np.angle(-mean)) % 360.0
    return np.where([_is_certain(count, one) for one in np.abs(mean)], azimuths, elsewhere_deg)


def estimate_azimuth(dipoles: Float, north_deg: Float) -> tuple[float, float]:
    """Estimate the azimuth of the sun.

    Args:
        dipoles: Dipoles of craters, to the right and down, (n, 2).
        north_deg: Direction of north at each crater, degrees clockwise from up, (n,).

    Returns:
        Azimuth, degrees clockwise from north, and how well the craters agree, from 0 for not at
        all to 1.
    """
    pulls, weights = _pull(dipoles, north_deg)
    mean = pulls.sum() / weights.sum()
    return float(np.degrees(np.angle(-mean)) % 360.0), float(abs(mean))


def _pull(dipoles: Float, north_deg: Float) -> tuple[NDArray[np.complex128], Float]:
    """Directions of the bright sides from north, times their weights, and these weights."""
    bright = np.arctan2(dipoles[:, 0], -dipoles[:, 1]) - np.radians(north_deg)
    lengths = np.hypot(*dipoles.T)
    weights = np.minimum(lengths, 2.0 * np.median(lengths)) if len(lengths) else lengths
    return weights * np.exp(1j * bright), weights


def _estimate(planned: Planned) -> tuple[float, int] | None:
    """Azimuth of one region, and from how many craters; None where they cannot tell it."""
    dipoles, count = planned.dipoles[planned.sure], int(planned.sure.sum())
    if not count:
        return None
    azimuth_deg, agreement = estimate_azimuth(dipoles, planned.north_deg[planned.sure])
    return (azimuth_deg, count) if _is_certain(count, agreement) else None


def _regions_agree(planned: Sequence[Planned]) -> bool:
    """Tell whether the regions that can tell have about the same azimuth, and none has several."""
    if any(_is_mixed(one) for one in planned):
        return False
    own = [one for one in map(_estimate, planned) if one is not None]
    total = sum(count * np.exp(1j * np.radians(azimuth_deg)) for azimuth_deg, count in own)
    return bool(abs(total) >= _REGIONS_AGREE * sum(count for _, count in own))


def _is_mixed(planned: Planned) -> bool:
    """Tell whether the many craters of a region do not agree."""
    dipoles, north_deg = planned.dipoles[planned.sure], planned.north_deg[planned.sure]
    if len(dipoles) < FEWEST:
        return False
    return estimate_azimuth(dipoles, north_deg)[1] < _LEAST_AGREEMENT


def _is_certain(count: int, agreement: float) -> bool:
    """Tell whether craters agree, and are so many that their mean direction is known."""
    error_deg = np.degrees(1.0 / max(agreement * np.sqrt(2.0 * count), 1e-9))
    return bool(agreement >= _LEAST_AGREEMENT and error_deg <= _LARGEST_ERROR_DEG)
