"""Diameter errors by size and score, measured on a validation split."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from lunarcraters.evaluation.matching import Matches
from lunarcraters.network.model_info import DiameterErrors

Float = NDArray[np.float64]

_OCTAVE_PX = (10.0, 14.0, 20.0, 28.0, 40.0, 56.0)  # diameters in the octave, half an octave apart
_SCORES = (0.1, 0.3, 0.5, 0.7, 0.9)
_NEIGHBOURS = 200  # matches from which the error at a size and score is measured


def measure_diameter_errors(matches: Matches, octave_px: Float) -> DiameterErrors:
    """Measure the error that 68 % of |log(detected / labelled diameter)| stay within.

    Each value is measured from the matches nearest in size and score, where one octave of size
    counts as much as half a unit of score.

    Args:
        matches: Detections (n,) and labels.
        octave_px: Diameters of the detections, pixels of their octave, (n,).
    """
    true = matches.true
    ratio = matches.detected[true] / matches.reference[matches.reference_of[true]]
    errors = np.abs(np.log(ratio))
    tree = KDTree(_features(octave_px[true], matches.score[true]))
    nodes = _features(*np.meshgrid(_OCTAVE_PX, _SCORES, indexing="ij"))
    _, nearest = tree.query(nodes, k=min(_NEIGHBOURS, len(errors)))
    sd = np.quantile(errors[nearest.reshape(len(nodes), -1)], 0.68, axis=1)
    table = np.round(sd, 4).reshape(len(_OCTAVE_PX), len(_SCORES)).tolist()
    return DiameterErrors(_OCTAVE_PX, _SCORES, tuple(tuple(row) for row in table))


def _features(octave_px: Float, score: Float) -> Float:
    """Size and score as coordinates of equal weight, (n, 2)."""
    return np.column_stack([np.log2(octave_px).ravel() / 2.0, np.ravel(score)])
