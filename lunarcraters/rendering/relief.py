"""Relief: what makes a crater uneven, and diffusion, which wears it down."""

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.rendering.profiles import EJECTA_REACH

Float32 = NDArray[np.float32]


def compute_replaced_share(ratio: Float32) -> Float32:
    """Compute what share of the older relief a crater removes: all inside, less under its ejecta.

    Args:
        ratio: Distance from the centre over the crater's radius, any shape.
    """
    share: Float32 = np.maximum(ratio, 1.0) ** -4 * (ratio < EJECTA_REACH)
    return share


def draw_uneven_rim(dx: Float32, dy: Float32, rng: np.random.Generator) -> Float32:
    """Draw the deviation of a rim in each direction, as a share of the radius; its mean is 0.

    Args:
        dx: Columns from the centre, pixels, (width,).
        dy: Rows from the centre, pixels, (height,).
        rng: Random number generator.

    Returns:
        Deviation at each pixel, (height, width).
    """
    angle = np.arctan2(dy[:, None], dx[None, :])
    amplitudes = rng.normal(0.0, 0.02, 5) / np.arange(2, 7) ** 0.5
    phases = rng.uniform(0.0, 2.0 * np.pi, 5)
    uneven: Float32 = np.zeros_like(angle)
    for turns, amplitude, phase in zip(range(2, 7), amplitudes, phases, strict=True):
        uneven += np.float32(amplitude) * np.cos(np.float32(turns) * angle + np.float32(phase))
    return uneven


def draw_hummocks(
    texture: Float32, ratio: Float32, radius_m: float, rng: np.random.Generator
) -> Float32:
    """Draw rough walls and ejecta: a random part of a texture on and around the rim.

    Args:
        texture: Texture with a standard deviation of 1, (512, 512).
        ratio: Distance from the centre over the crater's radius, (height, width).
        radius_m: Radius of the crater, metres.
        rng: Random number generator.

    Returns:
        Elevations, metres, (height, width).
    """
    offset = rng.integers(0, 512, 2)
    rows = (np.arange(ratio.shape[0]) + offset[0]) % 512
    columns = (np.arange(ratio.shape[1]) + offset[1]) % 512
    envelope = np.exp(-(((ratio - 1.0) / np.where(ratio < 1.0, 0.5, 0.7)) ** 2))
    rough: Float32 = texture[np.ix_(rows, columns)] * envelope * np.float32(0.018 * radius_m)
    return rough


def blur(array: Float32, sigma: float) -> Float32:
    """Blur by a Gaussian; wide blurs run at lower resolution, where they cost little.

    Args:
        array: Array, (height, width).
        sigma: Standard deviation of the Gaussian, pixels.
    """
    if sigma < 0.3:
        return array
    if sigma > 8.0 and min(array.shape) > 8:
        # Burt and Adelson's pyramid: going down and up again adds a variance of about 1 + 1 pixel.
        coarse = blur(cv2.pyrDown(array), float(np.sqrt(sigma**2 - 2.0)) / 2.0)
        return np.asarray(cv2.pyrUp(coarse, dstsize=array.shape[::-1]))
    return np.asarray(cv2.GaussianBlur(array, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
