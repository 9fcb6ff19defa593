"""The score check: whether the scores of a run's detections are the probabilities they should be.

High scores are those of craters, whatever the camera. Planted craters tell how many more craters
have lower scores. Over the number of detections with such scores, that is the share of craters
among them, and it should be their mean score.
"""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.completeness.outcome import Outcome
from lunarcraters.completeness.population import Population
from lunarcraters.completeness.record import ScoreCheck
from lunarcraters.completeness.sampling import Detections

Float = NDArray[np.float64]
Index = NDArray[np.int64]

_LEAST, _HIGH = 0.1, 0.7  # scores between these are checked by those above
_FEWEST = 10  # planted craters and detections of a bin, above and between


def check_scores(
    outcome: Outcome, bins: Index, detections: Detections, edges: Float, population: Population
) -> ScoreCheck | None:
    """Compare scores with the share of craters that planted craters imply.

    Args:
        outcome: Planted craters.
        bins: Bin of each, (n,).
        detections: Detections of the run.
        edges: Edges of the bins, (bins + 1,).
        population: Weights of the planted craters.

    Returns:
        Comparison; None where there are too few craters for one.
    """
    weights = population.probability @ (
        population.weights / population.weights.sum(axis=1, keepdims=True)
    )
    of_detection = np.digitize(detections.diameters, edges) - 1
    craters, detected, total = 0.0, 0, 0.0
    for number in range(len(edges) - 1):
        planted = outcome.found & (bins == number)
        seen = detections.scores[of_detection == number]
        high, between = (
            [_is_within(scores, *limits) for scores in (outcome.score[planted], seen)]
            for limits in ((_HIGH, np.inf), (_LEAST, _HIGH))
        )
        if min(np.count_nonzero(which) for which in (*high, *between)) < _FEWEST:
            continue
        share = weights[planted][between[0]].sum() / weights[planted][high[0]].sum()
        craters += float(share) * int(np.count_nonzero(high[1]))
        detected += int(np.count_nonzero(between[1]))
        total += float(seen[between[1]].sum())
    if not detected:
        return None
    return ScoreCheck(_LEAST, _HIGH, total / detected, min(craters / detected, 1.0))


def _is_within(scores: Float, least: float, limit: float) -> NDArray[np.bool_]:
    return np.asarray((scores >= least) & (scores < limit))
