"""Diameter errors by size and score, as a validation split shows them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from lunarcraters.evaluation.matching import Matches

Float = NDArray[np.float64]


_OCTAVE_PX = (10.0, 14.0, 20.0, 28.0, 40.0, 56.0)  # in the octave, half an octave apart

_SCORES = (0.1, 0.3, 0.5, 0.7, 0.9)

_NEIGHBOURS = 200  # matches that tell the diameter error at a size and score


def diameter_errors(matches: Matches, octave_px: Float) -> dict[str, list[Any]]:
    """What 68 % of |log(found / label)| stay within, by diameter in the octave and by score.

    At each size and score from the matches most like it, an octave counting as much as half a
    unit of score.

    Args:
        matches: Detections and references.
        octave_px: Diameters of the detections in pixels of their octave, (n,).
    """
    true = matches.true
    ratio = matches.detected[true] / matches.reference[matches.reference_of[true]]
    known = KDTree(_place(octave_px[true], matches.score[true]))
    errors = np.abs(np.log(ratio))
    at = _place(*np.meshgrid(_OCTAVE_PX, _SCORES, indexing="ij"))
    _, near = known.query(at, k=min(_NEIGHBOURS, len(errors)))
    sd = np.quantile(errors[near.reshape(len(at), -1)], 0.68, axis=1)
    return {
        "diameter_px": list(_OCTAVE_PX),
        "score": list(_SCORES),
        "relative_sd": np.round(sd, 4).reshape(len(_OCTAVE_PX), len(_SCORES)).tolist(),
    }


def _place(octave_px: Float, score: Float) -> Float:
    return np.column_stack([np.log2(octave_px).ravel() / 2.0, np.ravel(score)])
