"""Simulated cameras: scenes as another camera shows them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.training.scenes import Scene

_GAMMA = 0.7  # largest change of gamma, as a power of 2
_PSF_PX = (0.3, 0.7)  # deviation of a coarse camera's Gaussian blur, in its pixels
_COARSE_NOISE = 0.03  # largest deviation of its noise, as a share of the range of grey values

Float32 = NDArray[np.float32]


def simulate_camera(
    scene: Scene, rng: np.random.Generator, coarser: float = 1.0, jitter: float = 1.0
) -> tuple[Float32, Float32]:
    """Simulate another camera: another gamma, with blur and noise, or with coarser pixels.

    Contrast and brightness stay, because normalisation removes them.

    Args:
        scene: Scene.
        rng: Random generator.
        coarser: Side of a pixel of the camera, pixels of the scene; 1 for no coarsening.
        jitter: Size of the random change of gamma, as a factor.

    Returns:
        Grey values as the camera shows them, and with its gamma alone, (height, width) each.
    """
    sample = scene.values[::4, ::4][scene.valid[::4, ::4]]
    if not sample.size:
        return scene.values, scene.values
    low, middle, high = np.percentile(sample, [0.5, 50.0, 99.5])
    span = max(float(high - low), 1e-6)
    # Nodata is filled, so that blur does not darken the edges of the data.
    unit = np.clip((np.where(scene.valid, scene.values, middle) - low) / span, 0.0, 1.0)
    unit = unit.astype(np.float32) ** np.float32(2.0 ** (jitter * rng.uniform(-_GAMMA, _GAMMA)))
    clean = unit
    if coarser > 1.0:
        unit = _coarsen(unit, coarser, rng)
    else:
        unit = _add_noise(_blur(unit, 0.3, (0.4, 1.0), rng), 0.5, 0.04, rng)
    return np.asarray(unit * span, np.float32), np.asarray(clean * span, np.float32)


def _coarsen(unit: Float32, coarser: float, rng: np.random.Generator) -> Float32:
    """Blur and downsample an image, add noise, and enlarge it to its size again."""
    low, high = (coarser * deviation for deviation in _PSF_PX)
    unit = _blur(unit, 0.6, (low, high), rng)
    height, width = unit.shape
    size = max(round(width / coarser), 1), max(round(height / coarser), 1)
    coarse = np.asarray(cv2.resize(unit, size, interpolation=cv2.INTER_AREA), np.float32)
    coarse = _add_noise(coarse, 0.6, _COARSE_NOISE, rng)
    enlarged = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, np.float32)


def _blur(
    unit: Float32, share: float, deviation_px: tuple[float, float], rng: np.random.Generator
) -> Float32:
    """Blur a share of the images by a Gaussian with a random deviation in a range."""
    if rng.random() >= share:
        return unit
    blurred = cv2.GaussianBlur(unit, (0, 0), float(rng.uniform(*deviation_px)))
    return np.asarray(blurred, np.float32)


def _add_noise(unit: Float32, share: float, limit: float, rng: np.random.Generator) -> Float32:
    """Add white noise with a random deviation up to a limit to a share of the images."""
    if rng.random() >= share:
        return unit
    noise = rng.standard_normal(unit.shape, np.float32)
    return unit + np.float32(rng.uniform(0.0, limit)) * noise
