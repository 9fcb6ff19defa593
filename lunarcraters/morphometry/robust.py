"""Robust statistics of many craters at once; NaN stands for what is not known."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

MAD_TO_SD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""

_MEDIAN_SD = 1.2533  # standard deviation of a median over that of a mean
_TUNING = 2.5  # deviations from which a value counts little
_ROUNDS = 6


def median(values: NDArray[np.floating]) -> Float:
    """Compute medians along the last axis but one, leaving out NaN.

    Args:
        values: Values, (..., n, m).

    Returns:
        Medians, (..., m); NaN where all are.
    """
    ordered = np.sort(values, axis=-2)  # NaN comes last
    count = np.isfinite(values).sum(axis=-2, keepdims=True)
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[-2] - 1)
    below, above = (np.take_along_axis(ordered, place, axis=-2) for place in (low, high))
    return np.asarray((below + above)[..., 0, :] / 2.0, np.float64)


def median_of_rows(values: NDArray[np.floating]) -> Float:
    """Compute medians along the last axis, leaving out NaN."""
    return np.asarray(median(values[..., None])[..., 0])


def median_sd(values: NDArray[np.floating], middle: Float) -> Float:
    """Compute the standard deviations of medians from parts that are independent of each other.

    Args:
        values: Values of the parts, (n, parts); NaN where not known.
        middle: Medians of all, (n,).

    Returns:
        Standard deviations, (n,); NaN where fewer than three parts are known.
    """
    known = np.isfinite(values)
    count = known.sum(axis=1)
    deviations = np.where(known, np.abs(values - middle[:, None]), 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        # The mean deviation of a normal distribution, and the loss by the median, are 1.2533 each.
        sd = _MEDIAN_SD**2 * deviations / count / np.sqrt(count)
    return np.where(count >= 3, sd, np.nan)


def fit(basis: Float, values: NDArray[np.floating], weights: NDArray[np.floating]) -> Float:
    """Fit a sum of functions to the values of each row, whatever a part of these may be.

    Weights are renewed six times, from the distance to the median on, such that values far away
    count little (Geman and McClure).

    Args:
        basis: Functions at the places of the values, (m, terms), the first of them constant.
        values: Values, (n, m); NaN where not known.
        weights: Weights, (n, m).

    Returns:
        Coefficients, (n, terms); NaN where too few values are known.
    """
    terms = basis.shape[1]
    known = np.isfinite(values) & (weights > 0.0)
    filled = np.where(known, values, 0.0).astype(float)
    base = np.where(known, weights, 0.0).astype(float)
    masked = np.where(known, values, np.nan)
    coefficients = np.zeros((len(values), terms))
    coefficients[:, 0] = median_of_rows(masked)
    products = np.einsum("mi,mj->mij", basis, basis).reshape(len(basis), -1)
    # A little stiffness: terms that the values do not tell are 0.
    stiff = np.diag([0.0] + [1e-6] * (terms - 1)) + 1e-12 * np.eye(terms)
    for _ in range(_ROUNDS):
        residuals = masked - coefficients @ basis.T
        scale = MAD_TO_SD * median_of_rows(np.abs(residuals))
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = residuals / np.maximum(_TUNING * scale, 1e-9)[:, None]
        row = base / (1.0 + np.where(known, relative, 0.0) ** 2) ** 2
        total = row.sum(axis=1)
        normal = (row @ products).reshape(-1, terms, terms)
        normal += stiff * np.maximum(total, 1e-9)[:, None, None]
        right = (row * filled) @ basis
        coefficients = np.nan_to_num(np.linalg.solve(normal, right[..., None])[..., 0])
    enough = known.sum(axis=1) >= 2 * terms
    return np.where(enough[:, None], coefficients, np.nan)
