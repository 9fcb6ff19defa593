"""Rims: where the profiles of a crater bend over, and the outline that they make together."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from lunarcraters.morphometry import robust
from lunarcraters.morphometry.polar import RATIOS, STEPS, make_bearings

_GROUND_FROM = 1.25
"""Distance from which ground counts as that around the crater, radii."""

_BEND = STEPS // 4  # distance over which the bend of a profile is measured, samples
_TOP = STEPS // 8  # distance within which a top is the highest, samples
_EVERY = 4  # the plane is fitted to every fourth azimuth and distance

Float = NDArray[np.float64]
Heights = NDArray[np.floating]


class Outline(NamedTuple):
    """Rims as harmonic series of the bearing.

    Attributes:
        terms: Coefficients, radii: mean, cosine and sine of the bearing, of twice it ..., (n, t).
        distance: Distances of the bends of the profiles, radii, (n, azimuths); NaN without one.
    """

    terms: Float
    distance: Float

    @property
    def fitted(self) -> Float:
        """Distances of the outline in the directions of the profiles, radii, (n, azimuths)."""
        order = (self.terms.shape[1] - 1) // 2
        return np.asarray(self.terms @ _harmonics(order, self.distance.shape[1]).T)


def remove_plane(heights: Heights) -> Heights:
    """Take the slope of the ground around a crater away, which makes rims differ in height.

    Args:
        heights: Heights, (n, azimuths, radii).

    Returns:
        Heights above the plane, of the same shape.
    """
    first = int(np.searchsorted(RATIOS, _GROUND_FROM))
    bearings = make_bearings(heights.shape[1])[:, None]
    x, y = np.sin(bearings) * RATIOS, np.cos(bearings) * RATIOS
    some = np.s_[::_EVERY, first::_EVERY]
    around = heights[:, *some].reshape(len(heights), -1)
    basis = np.stack([np.ones_like(x[some]), x[some], y[some]], axis=-1).reshape(-1, 3)
    weights = np.broadcast_to(np.hypot(x, y)[some].ravel(), around.shape)
    plane = np.nan_to_num(robust.fit(basis, around, weights))
    terms = np.stack([np.ones_like(x), x, y]).reshape(3, -1).astype(heights.dtype)
    return heights - (plane.astype(heights.dtype) @ terms).reshape(heights.shape)


def find_outline(heights: Heights, within: tuple[float, float], order: int) -> Outline:
    """Find the rims of craters.

    On each profile it is where the ground bends most: where it stands highest above the mean of the
    ground a quarter of a radius further in and out. That does not depend on slopes, and a rim
    without a crest has it too. A series is fitted to the bends of all profiles such that those of
    other craters count little.

    Args:
        heights: Heights above the plane of the ground, (n, azimuths, radii).
        within: Least and greatest distance of the rim, radii.
        order: Order of the series: 1 for a circle that is off the centre.
    """
    smooth = _smooth(heights)
    bend = np.full(smooth.shape, np.nan, smooth.dtype)
    inner, outer = smooth[:, :, : -2 * _BEND], smooth[:, :, 2 * _BEND :]
    bend[:, :, _BEND:-_BEND] = smooth[:, :, _BEND:-_BEND] - (inner + outer) / 2.0
    low, high = (round(ratio * STEPS) for ratio in within)
    inside = np.where(np.isfinite(bend), bend, -np.inf)[:, :, low : high + 1]
    place = inside.argmax(axis=2)
    strength = np.take_along_axis(inside, place[..., None], axis=2)[..., 0]
    # At the end of the range the profile bends more outside of it.
    found = (strength > 0.0) & (place > 0) & (place < high - low)
    distance = np.where(found, (low + place + _peak_offset(inside, place)) / STEPS, np.nan)
    usual = robust.median_of_rows(np.where(found, strength, np.nan))[:, None]
    weights = np.where(found, np.minimum(strength / usual, 1.0), 0.0)
    terms = robust.fit(_harmonics(order, heights.shape[1]), distance, weights)
    return Outline(terms, distance)


def align(heights: Heights, outline: Float) -> Heights:
    """Stretch profiles such that their rims are all at distance 1.

    Args:
        heights: Heights, (n, azimuths, radii).
        outline: Distances of the rim, radii, (n, azimuths).

    Returns:
        Heights, of the same shape; NaN beyond the reach of the profiles.
    """
    azimuths, radii = heights.shape[1:]
    place = outline.astype(heights.dtype)[..., None] * np.arange(radii, dtype=heights.dtype)
    below = np.minimum(place.astype(np.int32), radii - 2)
    share = place - below
    flat = heights.ravel()
    index = below + (np.arange(len(flat) // radii, dtype=np.int32) * radii).reshape(-1, azimuths, 1)
    first = flat.take(index)
    aligned = first + share * (flat.take(index + 1) - first)
    aligned[share > 1.0] = np.nan
    return aligned


def _peak_offset(values: Float, place: NDArray[np.int64]) -> Float:
    """Place of the top of the parabola through a maximum and its neighbours, samples from it."""
    sides = [np.clip(place + step, 0, values.shape[-1] - 1) for step in (-1, 0, 1)]
    left, middle, right = (
        np.take_along_axis(values, side[..., None], axis=-1)[..., 0] for side in sides
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        offset = 0.5 * (left - right) / (left - 2.0 * middle + right)
    return np.clip(np.nan_to_num(offset, nan=0.0, posinf=0.0, neginf=0.0), -0.5, 0.5)


def find_crest(profile: Float, within: tuple[float, float]) -> tuple[Float, Float]:
    """Find the rim crests of profiles: the first top on the way outwards from the wall.

    Args:
        profile: Heights, (n, radii), whose walls end at distance 1.
        within: Least and greatest distance of the crest, radii.

    Returns:
        Distances, radii, and heights, (n,) each; those of the bend where no top follows.
    """
    low, high = (round(ratio * STEPS) for ratio in within)
    smooth = np.where(np.isfinite(profile), profile, -np.inf)
    smooth[:, 1:-1] = (smooth[:, :-2] + smooth[:, 1:-1] + smooth[:, 2:]) / 3.0
    tops = (smooth == maximum_filter1d(smooth, 2 * _TOP + 1, axis=1)) & np.isfinite(smooth)
    tops = tops[:, low : high + 1]
    place = low + np.where(tops.any(axis=1), tops.argmax(axis=1), STEPS - low)
    # The smooth top of a sharp crest lies a little on its gentler side.
    near = place[:, None] + np.arange(-2, 3)
    exact = np.take_along_axis(profile, near, axis=1)
    exact = np.where(np.isfinite(exact), exact, -np.inf)
    return _refine_top(profile, place - 2 + exact.argmax(axis=1))


def find_top(profile: Float, within: tuple[float, float]) -> tuple[Float, Float]:
    """Find the highest point of profiles, between samples.

    Args:
        profile: Heights, (n, radii).
        within: Least and greatest distance, radii.

    Returns:
        Distances, radii, and heights, (n,) each; NaN where the profile is not known.
    """
    low, high = (round(ratio * STEPS) for ratio in within)
    part = np.where(np.isfinite(profile), profile, -np.inf)[:, low : high + 1]
    return _refine_top(profile, low + part.argmax(axis=1))


def _refine_top(profile: Float, place: NDArray[np.int64]) -> tuple[Float, Float]:
    """Place tops between samples, by the parabolas through them and their neighbours, (n,) each."""
    left, top, right = (
        np.take_along_axis(profile, (place + step)[:, None], axis=1)[:, 0] for step in (-1, 0, 1)
    )
    known = np.isfinite(left) & np.isfinite(top) & np.isfinite(right)
    is_top = known & (top >= left) & (top >= right)
    offset = np.where(is_top, _peak_offset(profile, place), 0.0)
    with np.errstate(invalid="ignore"):
        height = top + np.where(is_top, 0.25 * (right - left) * offset, 0.0)
    return (
        np.where(np.isfinite(top), (place + offset) / STEPS, np.nan),
        np.where(np.isfinite(top), height, np.nan),
    )


def _harmonics(order: int, azimuths: int) -> Float:
    """Constant, cosines and sines of multiples of the bearing, (azimuths, 1 + 2 order)."""
    bearings, columns = make_bearings(azimuths), [np.ones(azimuths)]
    for multiple in range(1, order + 1):
        columns += [np.cos(multiple * bearings), np.sin(multiple * bearings)]
    return np.stack(columns, axis=-1)


def _smooth(heights: Heights) -> Heights:
    """Means over three neighbouring azimuths and three distances."""
    across = heights + np.roll(heights, 1, axis=1) + np.roll(heights, -1, axis=1)
    along = across.copy()
    along[:, :, 1:-1] += across[:, :, :-2] + across[:, :, 2:]
    along[:, :, [0, -1]] *= 3.0
    return np.asarray(along / 9.0, heights.dtype)
