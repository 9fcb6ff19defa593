"""Texture of images, by which a tuned model tells the images that it was tuned on from others.

Weights that are tuned on one camera get worse on others within minutes, and scores on images of
that camera do not show it. The model file therefore keeps the weights before the tuning as well. A
run takes the tuned ones where most of its mosaic has the texture of the tuning images.
"""

from collections.abc import Iterable
from itertools import pairwise, product

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.network.model_info import Texture

Float = NDArray[np.float64]

FEATURES = 5
"""Number of features of a patch."""

_SIDE_PX = 128
_LEVELS = 4  # of the Laplacian pyramid
_MARGIN_PX = 4  # where a level depends on what lies outside of the patch
_VALID = 0.98  # share of the patch
_FARTHEST = 16.4  # squared Mahalanobis distance, beyond which 0.6 % of a normal population lie
_PATCHES = 48  # from which on there is a texture
_SHRINKAGE = 0.02


def measure_share(features: Float, texture: Texture) -> float:
    """Measure the share of patches that have a texture.

    Args:
        features: Features of at least one patch, (n, 5).
        texture: Texture.

    Returns:
        Share, 0 to 1.
    """
    offsets = features - np.array(texture.mean)
    scaled = np.linalg.solve(np.array(texture.covariance), offsets.T).T
    return float(((offsets * scaled).sum(axis=1) <= _FARTHEST).mean())


def summarize_texture(features: Iterable[Float]) -> Texture | None:
    """Summarize the features of several images.

    Args:
        features: Features of the patches of each image, (n, 5).

    Returns:
        Texture; None where there are too few patches for one.
    """
    patches = np.concatenate([np.empty((0, FEATURES)), *features])
    if len(patches) < _PATCHES:
        return None
    covariance = np.cov(patches.T)
    covariance += _SHRINKAGE * np.diag(np.diag(covariance)) + 1e-6 * np.eye(FEATURES)
    return Texture(
        tuple(map(float, patches.mean(axis=0))),
        tuple(tuple(map(float, row)) for row in covariance),
    )


def measure_texture(values: NDArray[np.generic], valid: NDArray[np.bool_]) -> Float:
    """Measure the texture of each patch of 128 px of an image.

    The features do not depend on brightness or contrast: ratios of the variances of successive
    levels of a Laplacian pyramid (the scale of detail, blur and noise), and kurtosis and skewness
    of two levels (edges, shadows).

    Args:
        values: Grey values, (height, width).
        valid: Validity mask, False where there is no data, (height, width).

    Returns:
        Features of the patches on valid ground, (n, 5).
    """
    height, width = values.shape
    corners = product(
        range(0, height - _SIDE_PX + 1, _SIDE_PX), range(0, width - _SIDE_PX + 1, _SIDE_PX)
    )
    measured = []
    for top, left in corners:
        window = np.s_[top : top + _SIDE_PX, left : left + _SIDE_PX]
        inside, grey = valid[window], values[window]
        if inside.mean() >= _VALID:
            patch = np.where(inside, grey, grey[inside].mean())
            if patch.min() < patch.max():
                measured.append(_measure_patch(patch.astype(np.float32)))
    return np.array(measured, np.float64).reshape(-1, FEATURES)


def _measure_patch(patch: NDArray[np.float32]) -> list[float]:
    """Measure the features of a patch."""
    patch = (patch - patch.mean()) / patch.std()
    level, details = patch, []
    for _ in range(_LEVELS):
        smaller = cv2.pyrDown(level)
        detail = level - cv2.pyrUp(smaller, dstsize=level.shape[::-1])
        details.append(detail[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX])
        level = smaller
    energies = [float(detail.var()) + 1e-9 for detail in details]
    ratios = [np.log(a / b) for a, b in pairwise(energies)]
    kurtosis = np.log(float(np.mean(details[1] ** 4)) / energies[1] ** 2 + 1e-9)
    skewness = float(np.mean(details[2] ** 3)) / energies[2] ** 1.5
    return [*ratios, kurtosis, skewness]
