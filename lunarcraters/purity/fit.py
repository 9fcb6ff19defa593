"""The fit of the probability that a detection is a crater, by its score and diameter."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_PRIOR = np.array([0.0, 1.0, 0.0, 0.0])  # a score is a probability, at every size
_PRIOR_DEVIATION = np.array([2.0, 0.5, 1.0, 0.5])
_INNER = 1e-3  # scores are taken to lie between this and 1 less this


def make_terms(scores: Float, octaves: Float) -> Float:
    """Make the terms of the logit of the probability: 1, l, x and x l, where l = logit(score).

    Args:
        scores: Scores, (n,).
        octaves: Octaves x of the diameters above a middle one, (n,).

    Returns:
        Terms, (n, 4).
    """
    slope = logit(np.clip(scores, _INNER, 1.0 - _INNER))
    return np.column_stack([np.ones(len(slope)), slope, octaves, octaves * slope])


def fit_probability(terms: Float, true: Bool) -> tuple[Float, Float]:
    """Fit a logistic regression to which detections are craters, with a weak normal prior.

    Without labels a score is the probability. The prior has deviations of 2 for the constant, 0.5
    for the slope, 1 for an octave of diameter and 0.5 for what an octave changes of the slope.

    Args:
        terms: Terms of each detection, (n, 4).
        true: True for those that are craters, (n,).

    Returns:
        Coefficients, (4,), and their covariance, (4, 4), by the curvature at the maximum.
    """
    precision = np.diag(_PRIOR_DEVIATION**-2.0)

    def log_loss(weights: Float) -> tuple[float, Float]:
        logits, away = terms @ weights, weights - _PRIOR
        loss = np.sum(np.logaddexp(0.0, logits) - true * logits) + away @ precision @ away / 2.0
        return float(loss), terms.T @ (expit(logits) - true) + precision @ away

    def curvature(weights: Float) -> Float:
        share = expit(terms @ weights)
        return np.asarray(terms.T @ (terms * (share * (1.0 - share))[:, None]) + precision)

    from scipy.optimize import minimize  # most runs have no purity to fit

    result = minimize(log_loss, _PRIOR, method="trust-exact", jac=True, hess=curvature)
    return np.asarray(result.x), np.asarray(np.linalg.inv(curvature(result.x)))
