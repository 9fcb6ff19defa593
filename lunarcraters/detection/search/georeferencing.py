"""Georeferencing: from circles in a frame to craters on the sphere.

Longitude before latitude, degrees; diameters along the sphere, km.
"""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid

Float = NDArray[np.float64]

_FIT_POINTS = 8


def georeference(circles: Float, frame: Grid) -> tuple[Float, Float, Float]:
    """Centres and geodesic diameters of circles in a frame.

    Points of each circle go to the sphere, and a plane is fitted to them: a plane cuts the sphere
    in a circle, so the fit is exact wherever the frame keeps circles (stereographic frames, at any
    size), and elsewhere it gives the mean circle.

    Args:
        circles: x, y and diameter in pixels of the frame, shape (n, 3).
        frame: Grid of the frame.

    Returns:
        Longitudes, latitudes and diameters in km, each (n,); NaN for circles that leave the
        sphere. Without a coordinate system: x, y and diameters, pixels of the mosaic.
    """
    x, y, diameter = np.asarray(circles, float).reshape(-1, 3).T
    if not frame.has_crs:
        return *(frame.affine @ (x, y)), diameter * np.sqrt(abs(frame.affine.determinant))
    turn = np.linspace(0.0, 2.0 * np.pi, _FIT_POINTS, endpoint=False)
    rim_x = x[:, None] + diameter[:, None] / 2.0 * np.cos(turn)
    rim_y = y[:, None] + diameter[:, None] / 2.0 * np.sin(turn)
    lon, lat = frame.to_lonlat(rim_x, rim_y, past_edge=True)
    centre, reach = _fit_circles(sphere.unit_vectors(lon, lat))
    lon, lat = sphere.vectors_to_lonlat(centre)
    return lon, lat, 2.0 * reach * frame.radius_m / 1000.0


def _fit_circles(points: Float) -> tuple[Float, Float]:
    """Centres (n, 3) and angular radii (n,) of circles on the unit sphere through (n, k, 3)."""
    known: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=(1, 2)))
    points = np.where(known[:, None, None], points, 0.0)
    mean = points.mean(axis=1)
    # The area within the rim as a vector: from spokes, lest small craters drown in rounding.
    x, y, z = np.moveaxis(points - mean[:, None, :], -1, 0)
    u, v, w = (np.roll(along, -1, axis=1) for along in (x, y, z))
    normal = np.stack([(y * w - z * v), (z * u - x * w), (x * v - y * u)], axis=-1).sum(axis=1)
    normal *= np.where((normal * mean).sum(axis=1) < 0.0, -1.0, 1.0)[:, None]
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    chord = np.linalg.norm(points - normal[:, None, :], axis=2)
    reach = (2.0 * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0))).mean(axis=1)
    return np.where(known[:, None], normal, np.nan), np.where(known, reach, np.nan)
