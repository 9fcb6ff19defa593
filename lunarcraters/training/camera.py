"""Camera: scenes as another camera shows them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.training.scenes import Scene

_PSF_PX = (0.3, 0.7)  # deviation of a coarse camera's Gaussian blur, in its pixels
_COARSE_NOISE = 0.03  # of its pixels at most, in the range of grey values

Float32 = NDArray[np.float32]


def relight(
    scene: Scene, rng: np.random.Generator, coarser: float = 1.0
) -> tuple[Float32, Float32]:
    """Grey values under another gamma, with blur and noise or in coarser pixels; and gamma alone.

    Contrast and brightness are normalised away.

    Args:
        scene: What is seen.
        rng: Where chance comes from.
        coarser: Side of the camera's pixel, pixels of the scene; 1: as the scene's.

    Returns:
        Two of shape (height, width).
    """
    some = scene.values[::4, ::4][scene.valid[::4, ::4]]
    if not some.size:
        return scene.values, scene.values
    low, middle, high = np.percentile(some, [0.5, 50.0, 99.5])
    span = max(float(high - low), 1e-6)
    # Filled up, lest blur darken the edges of the data.
    unit = np.clip((np.where(scene.valid, scene.values, middle) - low) / span, 0.0, 1.0)
    unit = unit.astype(np.float32) ** np.float32(2.0 ** rng.uniform(-0.7, 0.7))
    clean = unit
    if coarser > 1.0:
        unit = _coarsen(unit, coarser, rng)
    else:
        unit = _noisy(_blurred(unit, 0.3, (0.4, 1.0), rng), 0.5, 0.04, rng)
    return np.asarray(unit * span, np.float32), np.asarray(clean * span, np.float32)


def _coarsen(unit: Float32, coarser: float, rng: np.random.Generator) -> Float32:
    """What a camera with larger pixels sees, enlarged again: its blur, its pixels, its noise."""
    low, high = (coarser * deviation for deviation in _PSF_PX)
    unit = _blurred(unit, 0.6, (low, high), rng)
    height, width = unit.shape
    size = max(round(width / coarser), 1), max(round(height / coarser), 1)
    coarse = np.asarray(cv2.resize(unit, size, interpolation=cv2.INTER_AREA), np.float32)
    coarse = _noisy(coarse, 0.6, _COARSE_NOISE, rng)
    enlarged = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(enlarged, np.float32)


def _blurred(
    unit: Float32, share: float, deviation_px: tuple[float, float], rng: np.random.Generator
) -> Float32:
    """A share of the images blurred by a Gaussian of a deviation in a range."""
    if rng.random() >= share:
        return unit
    blurred = cv2.GaussianBlur(unit, (0, 0), float(rng.uniform(*deviation_px)))
    return np.asarray(blurred, np.float32)


def _noisy(unit: Float32, share: float, most: float, rng: np.random.Generator) -> Float32:
    """A share of the images with white noise, of a deviation up to `most`."""
    if rng.random() >= share:
        return unit
    noise = rng.standard_normal(unit.shape, np.float32)
    return unit + np.float32(rng.uniform(0.0, most)) * noise
