"""Measures of craters from the heights around them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.morphometry import robust
from lunarcraters.morphometry.polar import AZIMUTHS, RATIOS, STEPS, Circles
from lunarcraters.morphometry.rims import (
    Heights,
    Outline,
    align,
    find_crest,
    find_outline,
    find_top,
    remove_plane,
)

SEARCH = (0.625, 1.45)
"""Distances between which a rim is first sought, radii of the circle of the catalogue."""

MOST_OFFSET = 0.3
"""Largest distance of the centre of a rim from that of the circle, radii."""

REACH_OF_SEARCH = 2.5 * SEARCH[1] + MOST_OFFSET
"""Distance from the centre of the circle that the profiles may reach, radii of the circle."""

_LIKE = (0.6, 2.0)  # diameter at the crest over that of the circle: else it is another rim
_REFINE = (0.75, 1.25)
_CREST = (0.9, 1.7)
_FLOOR = (0.06, 0.7)
_INNER = 0.3  # distance within which the floor has to be known
_WALL = (0.15, 1.0)
_FLANK_FROM = 1.25  # distance from which ground is the flank of the rim, radii of the crest
_LEAST_PROFILES = 0.4  # share of the profiles on which a distance has to be known
_DISTURBED, _LEAST_DISTURBED = 2.5, 0.1  # distance of a bend from the outline: deviations, radii
_LEAST_KEPT = 0.5  # share of the profiles that have to remain

_SHIFT_PX = 0.55  # as `benchmarks/measure.py` shows for fresh craters
_BESIDE_PX = 1.5

_SECTORS = 6
_SAMPLING_PX = 0.5  # error of a diameter by the pixels
_SAMPLING_SHARE = 0.015  # error of a height by the pixels

Float = NDArray[np.float64]


class Shape(NamedTuple):
    """Measures of a profile, each an array (n,); NaN where not known.

    Attributes:
        crest: Distance of the rim crest, radii.
        depth_m: Height of the crest above the floor, metres.
        rim_height_m: Height of the crest above the ground around, metres.
        slope: Steepest slope of the wall, rise over run.
    """

    crest: Float
    depth_m: Float
    rim_height_m: Float
    slope: Float


class Profiles(NamedTuple):
    """Measures of n craters.

    Attributes:
        arc: Radius of the rim crest, radians of arc, (n,); NaN where not known.
        shape: Measures of the craters' profiles.
        sd: Their standard deviations.
        rim_share: Share of the profiles on which a rim was found, (n,).
        ground_share: Share of the ground within one and a half radii whose height is known, (n,).
        floor_share: Share of the ground within 0.3 radii at whose distances the height is known
            on enough profiles, (n,).
    """

    arc: Float
    shape: Shape
    sd: Shape
    rim_share: Float
    ground_share: Float
    floor_share: Float


def measure_profiles(
    sample: Callable[[Circles, int], Heights], circles: Circles, radius_px: Float, radius_m: float
) -> Profiles:
    """Measure craters on their profiles.

    The centre and the size of the rim are found first, and the profiles taken again from there,
    because a detection may be off by a tenth of the diameter. The rim is found again, as a series
    that follows its bays, and the profiles are stretched to it. The median over all azimuths is
    the profile of the crater: a neighbour on less than half of the rim, or craters inside, change
    it little. How much six sectors differ tells the errors.

    Args:
        sample: Function that samples heights around circles on so many azimuths, metres, (n,
            azimuths, radii).
        circles: Circles of the catalogue.
        radius_px: Radii of the circles, pixels of the samples' raster, (n,).
        radius_m: Radius of the sphere, metres.
    """
    heights = sample(circles, AZIMUTHS // 2)
    share = _share_of_ground(heights)
    catalogue_arc = circles.arc
    circles, scale = _recentre(circles, heights)
    radius_px = radius_px * scale
    heights = remove_plane(sample(circles, AZIMUTHS))
    floor_share = _share_of_floor(heights)
    outline = find_outline(heights, _REFINE, 3)
    fitted = np.clip(np.nan_to_num(outline.fitted, nan=1.0), *_REFINE)
    aligned = align(heights, fitted)
    aligned[_find_disturbed(outline)] = np.nan

    step_m = circles.arc * fitted.mean(axis=1) * radius_m / STEPS
    shape = _measure(_median_profile(aligned), radius_px, step_m)
    parts = aligned.reshape(len(aligned) * _SECTORS, -1, aligned.shape[-1])
    several = [np.repeat(values, _SECTORS) for values in (radius_px, step_m)]
    in_sectors = _measure(_median_profile(parts), *several)
    mean = outline.terms[:, 0]
    mean = np.where((mean > _REFINE[0]) & (mean < _REFINE[1]), mean, np.nan)
    arc = circles.arc * mean * shape.crest
    ratio = arc / catalogue_arc
    arc = np.where((ratio > _LIKE[0]) & (ratio < _LIKE[1]), arc, np.nan)
    return Profiles(
        arc=arc,
        shape=shape,
        sd=_find_errors(shape, in_sectors, radius_px),
        rim_share=np.isfinite(outline.distance).mean(axis=1),
        ground_share=share,
        floor_share=floor_share,
    )


def _share_of_ground(heights: Heights) -> Float:
    """Share of the ground within 1.5 radii whose height is known, by area."""
    inside = RATIOS <= 1.5
    known = np.isfinite(heights[:, :, inside]).mean(axis=1)
    return np.asarray(known @ RATIOS[inside] / RATIOS[inside].sum())


def _share_of_floor(heights: Heights) -> Float:
    """Share of the ground within 0.3 radii at whose distances enough profiles are known, by area.

    A floor in shadow has no heights in many elevation models, and the lowest ground that is known
    is then not the floor.
    """
    inside = RATIOS <= _INNER
    has_floor = np.isfinite(heights[:, :, inside]).mean(axis=1) >= _LEAST_PROFILES
    return np.asarray(has_floor @ RATIOS[inside] / RATIOS[inside].sum())


def _find_disturbed(outline: Outline) -> NDArray[np.bool_]:
    """Find the profiles without a rim near the outline: another crater may lie there.

    Returns:
        True for profiles to leave out, (n, azimuths); none where too few would be left.
    """
    error = np.abs(outline.distance - outline.fitted)
    usual = robust.MAD_TO_SD * robust.median_of_rows(error)[:, None]
    kept = error <= np.maximum(_DISTURBED * usual, _LEAST_DISTURBED)
    return ~kept & (kept.mean(axis=1) >= _LEAST_KEPT)[:, None]


def _recentre(circles: Circles, heights: Heights) -> tuple[Circles, Float]:
    """Move circles to the rims that lie near them; those without a rim stay.

    Returns:
        Circles, and their radii over the former ones, (n,).
    """
    mean, north, east = find_outline(remove_plane(heights), SEARCH, 1).terms.T
    good = np.isfinite(mean) & (mean > SEARCH[0]) & (mean < SEARCH[1])
    step = np.where(good, np.minimum(np.hypot(north, east), MOST_OFFSET), 0.0)
    bearing = np.where(good, np.arctan2(east, north), 0.0)
    lon, lat = sphere.destination(circles.lon, circles.lat, bearing, step * circles.arc)
    scale = np.where(good, mean, 1.0)
    return Circles(lon, lat, circles.arc * scale), scale


def _median_profile(aligned: Heights) -> Float:
    """Medians over the azimuths, (n, radii); NaN where too few heights are known."""
    profile = robust.median(aligned)
    profile[np.isfinite(aligned).mean(axis=1) < _LEAST_PROFILES] = np.nan
    return profile


def _measure(profile: Float, radius_px: Float, step_m: Float) -> Shape:
    """Measure profiles whose walls end at distance 1.

    Args:
        profile: Heights, metres, (n, radii).
        radius_px: Radii, pixels, (n,).
        step_m: Distances between samples, metres, (n,).
    """
    crest, crest_m = find_crest(profile, _CREST)
    crest = crest - _find_shift(profile, crest, crest_m, radius_px)
    _, below_m = find_top(-_smooth(profile), _FLOOR)
    _, slope = find_top(_find_slopes(profile, radius_px, step_m), _WALL)
    return Shape(crest, crest_m + below_m, crest_m - _find_ground(profile, crest), slope)


def _find_shift(profile: Float, crest: Float, crest_m: Float, radius_px: Float) -> Float:
    """How far pixels move a sharp crest outwards, to its gentler side, radii.

    Half a pixel if one side were level; nothing if both are as steep.
    """
    beside = np.stack([crest - _BESIDE_PX / radius_px, crest + _BESIDE_PX / radius_px], axis=1)
    place = np.clip(np.nan_to_num(np.rint(beside * STEPS)), 0, profile.shape[1] - 1)
    fall = crest_m[:, None] - np.take_along_axis(profile, place.astype(np.int64), axis=1)
    inner, outer = np.maximum(fall, 0.0).T
    with np.errstate(invalid="ignore", divide="ignore"):
        uneven = np.nan_to_num((inner - outer) / (inner + outer))
    return _SHIFT_PX * uneven / radius_px


def _smooth(profile: Float) -> Float:
    """Means of three neighbouring samples."""
    smooth = profile.copy()
    smooth[:, 1:-1] = (profile[:, :-2] + profile[:, 1:-1] + profile[:, 2:]) / 3.0
    return smooth


def _find_ground(profile: Float, crest: Float) -> Float:
    """Height of the ground on which a crater's rim stands, metres, (n,).

    The flank of the rim falls with the third power of distance (McGetchin et al. 1973, Earth and
    Planetary Science Letters 20, 226); the ground is what remains far away.
    """
    ratio = RATIOS[1:]
    basis = np.stack([np.ones_like(ratio), ratio**-3.0], axis=-1)
    flank = ratio >= np.nan_to_num(crest[:, None], nan=1.0) * _FLANK_FROM
    return robust.fit(basis, profile[:, 1:], flank.astype(float))[:, 0]


def _find_slopes(profile: Float, radius_px: Float, step_m: Float) -> Float:
    """Slopes of profiles over two pixels, or an eighth of the radius if that is more."""
    half = np.clip(np.ceil(STEPS / radius_px), STEPS // 16, STEPS // 2).astype(np.int64)[:, None]
    index = np.arange(profile.shape[1])
    low, high = (np.clip(index + sign * half, 0, profile.shape[1] - 1) for sign in (-1, 1))
    rise = np.take_along_axis(profile, high, axis=1) - np.take_along_axis(profile, low, axis=1)
    return rise / ((high - low) * step_m[:, None])


def _find_errors(shape: Shape, in_sectors: Shape, radius_px: Float) -> Shape:
    """Standard deviations of measures, from those of the sectors of each crater."""
    spread = Shape(
        *(
            robust.median_sd(values.reshape(-1, _SECTORS), whole)
            for values, whole in zip(in_sectors, shape, strict=True)
        )
    )
    return Shape(
        np.hypot(spread.crest, _SAMPLING_PX / 2.0 / radius_px),
        np.hypot(spread.depth_m, _SAMPLING_SHARE * shape.depth_m),
        np.hypot(spread.rim_height_m, _SAMPLING_SHARE * shape.depth_m),
        np.hypot(spread.slope, _SAMPLING_SHARE * shape.slope),
    )
