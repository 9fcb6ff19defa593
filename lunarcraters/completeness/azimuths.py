"""Azimuths: from where the sun lights each part of a mosaic, by the dipoles of its craters.

Mosaics are made of several images, with the sun in the east in some and in the west in others. A
region whose craters agree has their azimuth. In one whose craters do not, each crater to plant has
that of the detected craters around it, if these agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.dipoles import project
from lunarcraters.completeness.plan import Planned
from lunarcraters.completeness.plants import find_top_azimuth_deg
from lunarcraters.completeness.record import Sun
from lunarcraters.errors import RunError
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]
Index = NDArray[np.int64]

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
_LEAST_LIT = 2.0 / 3.0  # share of the craters to plant that need an azimuth, under several suns


@dataclass(frozen=True)
class _Estimate:
    """Azimuth of the sun by some craters.

    Attributes:
        azimuth_deg: Azimuth, degrees clockwise from north.
        agreement: Length of the weighted mean of the directions of the craters' bright sides, as
            unit vectors: 1 where all agree, near 0 where none do.
        count: Number of craters.
    """

    azimuth_deg: float
    agreement: float
    count: int

    @property
    def is_certain(self) -> bool:
        """True where craters agree, and are so many that their mean direction is known."""
        error_deg = np.degrees(1.0 / max(self.agreement * np.sqrt(2.0 * self.count), 1e-9))
        return bool(self.agreement >= _LEAST_AGREEMENT and error_deg <= _LARGEST_ERROR_DEG)

    @property
    def is_mixed(self) -> bool:
        """True where many craters do not agree."""
        return self.count >= FEWEST and self.agreement < _LEAST_AGREEMENT


def find_azimuth(planned: Sequence[Planned]) -> tuple[float, str]:
    """Find the azimuth of the sun over a mosaic, and what it counts from.

    Args:
        planned: Regions with the dipoles of their detected craters.

    Returns:
        Azimuth, degrees, and its source as in `Sun`.

    Raises:
        RunError: The craters do not agree.
    """
    by_north, by_top = _estimate_both(planned)
    if _is_of_picture(by_north, by_top):
        return by_top.azimuth_deg, "picture"
    if by_north.is_certain and _regions_agree([_estimate_region(one) for one in planned]):
        return by_north.azimuth_deg, "craters"
    azimuths = np.concatenate([_choose(one, one.around_sites, np.nan) for one in planned])
    if np.isfinite(azimuths).sum() >= _LEAST_LIT * len(azimuths):
        return by_north.azimuth_deg, "neighbours"
    raise RunError(NO_SUN)


def refuse_contradiction(planned: Sequence[Planned], azimuth_deg: float) -> None:
    """Refuse an azimuth far from that of every region, where all of them can tell or have few.

    Args:
        planned: Regions with the dipoles of their detected craters.
        azimuth_deg: Azimuth that the user gives, degrees.

    Raises:
        RunError: It is, or light comes from one side of the picture, so that no azimuth holds.
    """
    if _is_of_picture(*_estimate_both(planned)):
        raise RunError(
            "by the bright sides of the craters light comes from one side of the picture, and from "
            "another azimuth at each longitude: leave out --sun-azimuth"
        )
    regions = [_estimate_region(one) for one in planned]
    if any(one.is_mixed for one in regions):
        return
    own = [one.azimuth_deg for one in regions if one.is_certain]
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
        top_deg = find_top_azimuth_deg(planned.sites.positions, grid)
        return np.asarray((sun.azimuth_deg + top_deg) % 360.0)
    if sun.azimuth_source == sun.source == "options":
        return np.full(len(planned.sites.diameters), sun.azimuth_deg)
    elsewhere_deg = _elsewhere(sun.azimuth_deg, sun.azimuth_source)
    return _choose(planned, planned.around_sites, elsewhere_deg)


def project_dipoles(planned: Planned, azimuth_deg: float, source: str) -> Float:
    """Project the dipoles of a region on the direction away from the sun that lights them.

    Args:
        planned: Region.
        azimuth_deg: Azimuth of the sun over the mosaic, degrees.
        source: Its source, as in `Sun`.

    Returns:
        Lengths, of the craters whose sun is known, (n,).
    """
    if source == "picture":
        return project(planned.dipoles, planned.top_deg, azimuth_deg)
    azimuths = _choose(planned, planned.around_craters, _elsewhere(azimuth_deg, source))
    lengths = project(planned.dipoles, planned.north_deg, azimuths)
    return np.asarray(lengths[np.isfinite(lengths)])


def _elsewhere(azimuth_deg: float, source: str) -> float:
    """Azimuth where the craters of a region do not tell it; NaN under several suns."""
    return np.nan if source == "neighbours" else azimuth_deg


def _choose(planned: Planned, around: Index, elsewhere_deg: float) -> Float:
    """Azimuths at some craters of a region, (m,); `elsewhere_deg` where nothing tells them.

    Args:
        planned: Region.
        around: Detected craters around each, (m, k).
        elsewhere_deg: Azimuth elsewhere, degrees.
    """
    region, count = _estimate_region(planned), around.shape[1]
    if not region.is_mixed or not count:
        return np.full(len(around), region.azimuth_deg if region.is_certain else elsewhere_deg)
    pulls, weights = _pull(planned.dipoles, planned.north_deg)
    mean = pulls[around].sum(axis=1) / np.maximum(weights[around].sum(axis=1), 1e-12)
    azimuths = np.degrees(np.angle(-mean)) % 360.0
    agree = [_Estimate(0.0, one, count).is_certain for one in np.abs(mean).tolist()]
    return np.where(agree, azimuths, elsewhere_deg)


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


def _estimate(dipoles: Float, north_deg: Float) -> _Estimate:
    """Estimate the azimuth by some craters, of which there may be none."""
    if not len(dipoles):
        return _Estimate(0.0, 0.0, 0)
    return _Estimate(*estimate_azimuth(dipoles, north_deg), len(dipoles))


def _estimate_both(planned: Sequence[Planned]) -> tuple[_Estimate, _Estimate]:
    """Estimate the azimuth from north and that from the top of the picture, by all sure craters."""
    dipoles, north_deg, top_deg = (
        np.concatenate([getattr(one, name)[one.sure] for one in planned])
        for name in ("dipoles", "north_deg", "top_deg")
    )
    return _estimate(dipoles, north_deg), _estimate(dipoles, top_deg)


def _is_of_picture(by_north: _Estimate, by_top: _Estimate) -> bool:
    """Tell whether light comes from one side of the picture, whatever the longitude."""
    return by_top.is_certain and by_top.agreement > _CLEARLY_BETTER * by_north.agreement


def _estimate_region(planned: Planned) -> _Estimate:
    """Estimate the azimuth of one region by its sure craters."""
    return _estimate(planned.dipoles[planned.sure], planned.north_deg[planned.sure])


def _regions_agree(regions: Sequence[_Estimate]) -> bool:
    """Tell whether the regions that can tell have about the same azimuth, and none has several."""
    if any(one.is_mixed for one in regions):
        return False
    own = [one for one in regions if one.is_certain]
    total = sum(one.count * np.exp(1j * np.radians(one.azimuth_deg)) for one in own)
    return bool(abs(total) >= _REGIONS_AGREE * sum(one.count for one in own))
