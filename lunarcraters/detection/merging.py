"""One crater once: what was found in several octaves is merged by position and size.

Of circles that are the same crater the best stays (`suppress`); how the other octaves saw it, or
did not, then mends its place, its size and its score (`fuse`).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from lunarcraters.geometry.circles import circle_iou, close_pairs
from lunarcraters.network.decoding import MIN_SCORE

MAX_IOU = 0.35
"""Intersection over union up to which two circles are two craters."""

_BLOCK = 1 << 16  # circles of which all pairs are looked at
_SUREST = 1.0 - 1e-6  # lest odds be infinite

Float = NDArray[np.float64]
Index = NDArray[np.int64]


def suppress(
    positions: Float, diameters: Float, scores: Float, *, max_iou: float = MAX_IOU
) -> Index:
    """Keep the best of circles that are the same crater.

    Highest score first, a circle goes when its intersection over union with one that was kept is
    more than `max_iou`. That bounds the size ratio (by 1.69 for 0.35), so a small crater inside a
    large one always stays. Equal scores: the larger circle first, then by position.

    Args:
        positions: Centres in the unit of the diameters, (n, 2) or (n, 3). Three dimensions are
            points on the sphere; distances are chords.
        diameters: (n,).
        scores: (n,).
        max_iou: Intersection over union up to which two circles are two craters.

    Returns:
        Indices of the circles kept, best first.
    """
    positions = np.asarray(positions, float)
    order = np.lexsort((*positions.T[::-1], -diameters, -scores))
    kept = []
    # In blocks, so that a network that sees craters everywhere does not fill memory with pairs.
    while len(order):
        best, order = order[:_BLOCK], order[_BLOCK:]
        better, worse, _ = _overlapping(positions, diameters, best, best, max_iou)
        once = better < worse
        stays = [True] * len(best)
        for winner, loser in zip(better[once].tolist(), worse[once].tolist(), strict=True):
            if stays[winner]:
                stays[loser] = False
        kept.append(best[stays])
        _, beaten, _ = _overlapping(positions, diameters, kept[-1], order, max_iou)
        order = np.delete(order, beaten)
    return np.concatenate(kept) if kept else order


def fuse(
    kept: Index,
    positions: Float,
    diameters: Float,
    scores: Float,
    octaves: Index,
    heard: Float,
) -> tuple[Float, Float, Float]:
    """What the craters kept are like by all octaves.

    Place and size are means over the circle kept and those of other octaves that are the same
    crater (of several kept, the one overlapped most), each weighed by that overlap and by the
    square of its score; sizes are averaged as logarithms. The logit of the score is the mean over
    the octaves, each weighed by how far it answers for the crater, the one that saw it best in
    full; one that did not see it counts as `MIN_SCORE`, the least that is seen.

    Args:
        kept: Indices of the circles kept, (k,), of which no two are the same crater.
        positions: Centres of all circles in the unit of the diameters, (n, 2) or (n, 3).
        diameters: (n,).
        scores: (n,), 0 to 1.
        octaves: Octave of each as a column of `heard`, (n,).
        heard: How far each octave answers for the craters kept, 0 to 1, (k, octaves).

    Returns:
        Positions (k, 2) or (k, 3), diameters (k,) and scores (k,).
    """
    others = np.delete(np.arange(len(diameters)), kept)
    of, seen, overlap = _overlapping(positions, diameters, kept, others, MAX_IOU)
    seen = others[seen]
    same = np.flatnonzero(octaves[kept][of] != octaves[seen])
    # Each belongs to the crater it overlaps most: shared, it would draw two together.
    same = same[np.lexsort((of[same], -overlap[same], seen[same]))]
    same = same[np.unique(seen[same], return_index=True)[1]]
    of, seen, overlap = of[same], seen[same], overlap[same]
    of, seen = np.append(np.arange(len(kept)), of), np.append(kept, seen)
    overlap = np.append(np.ones(len(kept)), overlap)
    weight = overlap * np.maximum(scores[seen], 1e-6) ** 2
    total = np.bincount(of, weight, len(kept))

    def mean(values: Float) -> Float:
        return np.asarray(np.bincount(of, weight * values, len(kept)) / total)

    place = np.column_stack([mean(axis) for axis in positions[seen].T])
    said = np.full(heard.shape, MIN_SCORE)
    np.maximum.at(said, (of, octaves[seen]), np.minimum(scores[seen], _SUREST))
    counted = heard.copy()
    counted[np.arange(len(kept)), octaves[kept]] = 1.0
    score = expit((counted * logit(said)).sum(axis=1) / counted.sum(axis=1))
    return place, np.exp(mean(np.log(diameters[seen]))), score


def _overlapping(
    positions: Float, diameters: Float, some: Index, others: Index, least: float
) -> tuple[Index, Index, Float]:
    """Places in `some` and in `others` of circles that overlap by more than `least`, and how much.

    Sorted by the first, then by the second. Overlap is intersection over union. Of circles whose
    centres are x sums of their radii apart it is at most (1 - x) / (1 + x).
    """
    ours = theirs = positions[some], diameters[some]
    if others is not some:
        theirs = positions[others], diameters[others]
    i, j = close_pairs(*ours, *theirs, reach=(1.0 - least) / (1.0 + least), max_ratio=least**-0.5)
    one, other = some[i], others[j]
    distance = np.linalg.norm(positions[one] - positions[other], axis=1)
    iou = circle_iou(distance, diameters[one], diameters[other])
    same = iou > least
    return i[same], j[same], iou[same]
