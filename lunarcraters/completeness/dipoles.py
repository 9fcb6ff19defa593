"""Dipoles: where the bright side of a crater is in a picture, and how bright.

In a picture of a crater the wall that faces the sun, on the far side from it, is bright. The mean
of brightness times direction over the crater (its dipole) therefore points away from the sun, and
its length grows as the sun sinks.
"""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.sampling import Circles

Float = NDArray[np.float64]

_SIZES_PX = (14.0, 48.0)  # diameters of the craters that are measured, pixels of the octave
_CLEAR_SHARE = 0.3  # of detections of any score that serve, the highest scores first
_SURE_SCORE = 0.1  # least score of a sure crater, as a share of the highest


def find_clear(diameters_px: Float, scores: Float) -> NDArray[np.bool_]:
    """Find the detections by which the sun is estimated.

    Args:
        diameters_px: Diameters, pixels of the octave, (n,).
        scores: Scores, (n,).

    Returns:
        True for each that is large enough and scores high, (n,).
    """
    low, high = _SIZES_PX
    fitting = (diameters_px >= low) & (diameters_px <= high)
    if not fitting.any():
        return fitting
    return np.asarray(fitting & (scores >= np.quantile(scores[fitting], 1.0 - _CLEAR_SHARE)))


def find_sure(scores: Float) -> NDArray[np.bool_]:
    """Find the clear detections that are sure to be craters: on level ground most are none.

    Args:
        scores: Scores of clear detections, (n,).
    """
    return np.asarray(scores >= _SURE_SCORE * scores.max(initial=0.0))


def measure_dipoles(
    values: NDArray[np.generic], valid: NDArray[np.bool_], circles: Circles
) -> Float:
    """Measure the dipoles of craters in a tile.

    Args:
        values: Grey values of the tile, (size, size).
        valid: Validity, (size, size).
        circles: Craters.

    Returns:
        Mean over each crater of brightness (over its own mean) times offset (over its radius), to
        the right and down, (n, 2); NaN for craters that are not wholly in the data.
    """
    dipoles = np.full((len(circles.x), 2), np.nan)
    for i, (x, y, diameter) in enumerate(
        zip(circles.x.tolist(), circles.y.tolist(), circles.diameter.tolist(), strict=True)
    ):
        radius = diameter / 2.0
        left, top = int(np.floor(x - radius)), int(np.floor(y - radius))
        right, bottom = int(np.ceil(x + radius)) + 1, int(np.ceil(y + radius)) + 1
        if left < 0 or top < 0 or right > values.shape[1] or bottom > values.shape[0]:
            continue
        box = slice(top, bottom), slice(left, right)
        dx = (np.arange(left, right) + 0.5 - x)[None, :] / radius
        dy = (np.arange(top, bottom) + 0.5 - y)[:, None] / radius
        within = np.hypot(dx, dy) <= 1.0
        if not valid[box][within].all():
            continue
        bright = np.where(within, values[box].astype(float), 0.0)
        total = bright.sum()
        if total > 0.0:
            flat = within / within.sum()
            relative = bright / total - flat
            dipoles[i] = (relative * dx).sum(), (relative * dy).sum()
    return dipoles


def project(dipoles: Float, north_deg: Float, azimuth_deg: Float | float) -> Float:
    """Project dipoles on the direction away from the sun, (n,).

    Args:
        dipoles: Dipoles of craters, to the right and down, (n, 2).
        north_deg: Direction of north at each crater, degrees clockwise from up, (n,).
        azimuth_deg: Azimuth of the sun, degrees clockwise from north, of all or of each, (n,).
    """
    away = np.radians(azimuth_deg + 180.0 + north_deg)
    return np.asarray(dipoles[:, 0] * np.sin(away) - dipoles[:, 1] * np.cos(away))
