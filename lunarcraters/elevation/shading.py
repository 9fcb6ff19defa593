"""Shading of an elevation model under any sun, with cast shadows."""

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

# McEwen (1991): the weight of Lommel-Seeliger against Lambert falls with phase angle; seen from
# above, the phase angle is the sun's distance from the zenith (his third-degree fit for the Moon).
_LUNAR_LAMBERT = (1.0, -0.019, 2.42e-4, -1.46e-6)


def shade(
    elevation_m: Float32,
    pixel_size_m: float,
    *,
    sun_azimuth_deg: float,
    sun_elevation_deg: float,
    shadows: bool = True,
) -> Float32:
    """Compute the reflectance of terrain seen from above, by the lunar-Lambert law.

    McEwen (1991, Icarus 92, 298): r = 2 L mu0 / (mu0 + mu) + (1 - L) mu0, where mu0 and mu are the
    cosines of incidence and emission. Flat ground under an overhead sun has reflectance 1. Slopes
    that face the sun have at most 1.

    Args:
        elevation_m: Elevations, metres, row 0 in the north, (height, width).
        pixel_size_m: Ground size of a pixel, metres.
        sun_azimuth_deg: Azimuth of the sun, degrees clockwise from north (up).
        sun_elevation_deg: Height of the sun above the horizon, degrees.
        shadows: True for cast shadows; slopes that face away from the sun are dark in any case.

    Returns:
        Reflectance, 0 to 1, (height, width), float32.
    """
    elevation = np.ascontiguousarray(elevation_m, np.float32)
    azimuth, height = np.radians(sun_azimuth_deg), np.radians(sun_elevation_deg)
    east, north = float(np.sin(azimuth)), float(np.cos(azimuth))
    slope_x, slope_y = measure_slopes(elevation, pixel_size_m)
    emission = 1.0 / np.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    towards_sun = np.float32(np.cos(height)) * (
        np.float32(north) * slope_y - np.float32(east) * slope_x
    )
    incidence = np.maximum((np.float32(np.sin(height)) + towards_sun) * emission, 0.0)
    weight = np.float32(np.polynomial.polynomial.polyval(90.0 - sun_elevation_deg, _LUNAR_LAMBERT))
    weight = np.clip(weight, 0.0, 1.0)
    seeliger = 2.0 * incidence / (incidence + emission)
    reflectance = weight * seeliger + (1.0 - weight) * incidence
    if shadows and sun_elevation_deg < 89.0:
        reflectance *= compute_lit_fraction(
            elevation, pixel_size_m, (east, -north), float(np.tan(height))
        )
    return np.clip(reflectance, 0.0, 1.0).astype(np.float32, copy=False)


def measure_slopes(elevation_m: Float32, pixel_size_m: float) -> tuple[Float32, Float32]:
    """Measure the slopes of terrain.

    Args:
        elevation_m: Elevations, metres, (height, width).
        pixel_size_m: Ground size of a pixel, metres.

    Returns:
        Rise to the right and rise downwards, metres per metre, (height, width) each.
    """
    # Scharr's derivative is closer to rotation-invariant than Sobel's: craters stay round.
    scale, border = 1.0 / (32.0 * pixel_size_m), cv2.BORDER_REPLICATE
    slopes = (
        cv2.Scharr(elevation_m, cv2.CV_32F, *axis, scale=scale, borderType=border)
        for axis in ((1, 0), (0, 1))
    )
    slope_x, slope_y = (np.asarray(slope, np.float32) for slope in slopes)
    return slope_x, slope_y


def compute_lit_fraction(
    elevation_m: Float32, pixel_size_m: float, sun_direction: tuple[float, float], sun_slope: float
) -> Float32:
    """Compute how much of the sun each pixel sees over the terrain between.

    The terrain is rotated until the sun stands above its first row. The height of the shadow over a
    pixel is then a running maximum down its column, so that shadows reach across the whole array.
    Ground outside the array casts no shadow. The edge of a shadow is one pixel wide. Terrain that
    is nowhere as steep as the rays casts none.

    Args:
        elevation_m: Elevations, metres, finite, (height, width).
        pixel_size_m: Ground size of a pixel, metres.
        sun_direction: Unit vector towards the sun in array x, y (y down).
        sun_slope: Tangent of the sun's elevation.

    Returns:
        Lit fraction, 1 in the sun and 0 in a cast shadow, (height, width), float32.
    """
    height, width = elevation_m.shape
    rises = (np.abs(np.diff(elevation_m, axis=axis)).max(initial=0.0) for axis in (0, 1))
    if np.hypot(*rises) <= pixel_size_m * sun_slope:
        return np.ones((height, width), np.float32)
    size = int(np.ceil(np.hypot(height, width))) + 2
    sun_x, sun_y = sun_direction
    # Columns of the rotated array run away from the sun, its rows across.
    rotation = np.array([[-sun_y, -sun_x], [sun_x, -sun_y]])
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    shift = middle - rotation @ np.full(2, (size - 1) / 2)
    to_array = np.column_stack([rotation, shift])
    to_rotated = cv2.invertAffineTransform(to_array)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    ground = cv2.warpAffine(
        elevation_m, to_array, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    casting = cv2.warpAffine(
        elevation_m, to_array, (size, size), flags=flags, borderValue=float(elevation_m.min())
    )
    fall = max(pixel_size_m * sun_slope, 1e-6)
    rays = (np.arange(size, dtype=np.float32) * np.float32(fall))[:, None]
    casting += rays
    np.maximum.accumulate(casting, axis=0, out=casting)
    casting -= rays
    depth = np.maximum(casting - ground, 0.0)
    depth = cv2.warpAffine(
        depth, to_rotated, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    lit: Float32 = np.clip(1.0 - depth / np.float32(fall), 0.0, 1.0).astype(np.float32, copy=False)
    return lit
