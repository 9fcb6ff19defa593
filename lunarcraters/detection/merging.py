"""Merging: every crater once, although several octaves of one run detect it.

Of circles that are the same crater the highest-scoring one is kept (`suppress`). Its position,
diameter and score are then averaged over the octaves in which it should be visible
(`average_octaves`). Runs are merged by `detection.fusion`.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from lunarcraters.geometry.circles import circle_iou, find_close_pairs
from lunarcraters.network.decoding import MIN_SCORE

MAX_IOU = 0.35
"""Intersection over union up to which two circles are two craters."""

_BLOCK, _BLOCKS = 1 << 16, 8  # fewest circles of which all pairs are looked at; most such blocks
_HIGHEST_SCORE = 1.0 - 1e-6  # lest odds be infinite

Float = NDArray[np.float64]
Index = NDArray[np.int64]


def suppress(positions: Float, diameters: Float, scores: Float) -> Index:
    """Keep the best of circles that are the same crater (non-maximum suppression).

    In the order of scores, a circle is dropped when its intersection over union with one that was
    kept is more than `MAX_IOU`. That bounds the size ratio (by 1.69 for 0.35), so a small crater
    inside a large one always stays. Of equal scores the larger circle comes first.

    Args:
        positions: Centres in the unit of the diameters, (n, 2) or (n, 3). Three dimensions are
            points on the sphere; distances are chords.
        diameters: Diameters, (n,).
        scores: Scores, (n,).

    Returns:
        Indices of the circles kept, best first.
    """
    positions = np.asarray(positions, float)
    order = np.lexsort((*positions.T[::-1], -diameters, -scores))
    kept = []
    # In blocks, so that a network that sees craters everywhere does not fill memory with pairs; in
    # few, because each is compared with all that remain.
    block = max(_BLOCK, -(-len(order) // _BLOCKS))
    while len(order):
        best, order = order[:block], order[block:]
        better, worse, _ = _overlapping(positions, diameters, best, best)
        once = better < worse
        stays = [True] * len(best)
        for winner, loser in zip(better[once].tolist(), worse[once].tolist(), strict=True):
            if stays[winner]:
                stays[loser] = False
        kept.append(best[stays])
        _, beaten, _ = _overlapping(positions, diameters, kept[-1], order)
        order = np.delete(order, beaten)
    return np.concatenate(kept) if kept else order


def average_octaves(
    kept: Index,
    positions: Float,
    diameters: Float,
    scores: Float,
    octaves: Index,
    weights: Float,
    *,
    unseen: float = MIN_SCORE,
) -> tuple[Float, Float, Float]:
    """Average the position, size and score of craters over the octaves.

    Position and size are means over the circle kept and those of other octaves that are the same
    crater (of several kept, the one overlapped most), each weighted by that overlap and by the
    square of its score; sizes are averaged as logarithms. The logit of the score is the mean over
    the octaves, each weighted by how far it should see the crater; the octave that saw it best
    counts in full. An octave that did not see it counts as `unseen`.

    Args:
        kept: Indices of the circles kept, (k,), of which no two are the same crater.
        positions: Centres of all circles in the unit of the diameters, (n, 2) or (n, 3).
        diameters: Diameters, (n,).
        scores: Scores from 0 to 1, (n,).
        octaves: Octave of each circle, as a column of `weights`, (n,).
        weights: Weight of each octave for the craters kept, 0 to 1, (k, octaves).
        unseen: Score of an octave that did not see a crater; by default the least that is seen.

    Returns:
        Positions (k, 2) or (k, 3), diameters (k,) and scores (k,).
    """
    owner, member, overlap = _assign_members(kept, positions, diameters, octaves)
    weight = overlap * np.maximum(scores[member], 1e-6) ** 2
    total = np.bincount(owner, weight, len(kept))

    def mean(values: Float) -> Float:
        return np.asarray(np.bincount(owner, weight * values, len(kept)) / total)

    centres = np.column_stack([mean(axis) for axis in positions[member].T])
    octave_scores = np.full(weights.shape, unseen)
    np.maximum.at(
        octave_scores, (owner, octaves[member]), np.minimum(scores[member], _HIGHEST_SCORE)
    )
    counted = weights.copy()
    counted[np.arange(len(kept)), octaves[kept]] = 1.0
    averaged = expit((counted * logit(octave_scores)).sum(axis=1) / counted.sum(axis=1))
    return centres, np.exp(mean(np.log(diameters[member]))), averaged


def _assign_members(
    kept: Index, positions: Float, diameters: Float, octaves: Index
) -> tuple[Index, Index, Float]:
    """Assign circles of other octaves to the craters kept, each of which is its own first member.

    Returns:
        Place of the crater in `kept`, index of the circle, and their overlap, (m,).
    """
    others = np.delete(np.arange(len(diameters)), kept)
    owner, member, overlap = _overlapping(positions, diameters, kept, others)
    member = others[member]
    same = np.flatnonzero(octaves[kept][owner] != octaves[member])
    # Each belongs to the crater it overlaps most: shared, it would draw two together.
    same = same[np.lexsort((owner[same], -overlap[same], member[same]))]
    same = same[np.unique(member[same], return_index=True)[1]]
    return (
        np.append(np.arange(len(kept)), owner[same]),
        np.append(kept, member[same]),
        np.append(np.ones(len(kept)), overlap[same]),
    )


def _overlapping(
    positions: Float, diameters: Float, some: Index, others: Index
) -> tuple[Index, Index, Float]:
    """Find pairs of circles that overlap by more than `MAX_IOU`.

    Overlap is intersection over union. For circles whose centres are x sums of their radii apart
    it is at most (1 - x) / (1 + x).

    Returns:
        Places in `some` and in `others`, and the overlap, (m,), sorted by the first place, then by
        the second.
    """
    ours = theirs = positions[some], diameters[some]
    if others is not some:
        theirs = positions[others], diameters[others]
    i, j = find_close_pairs(
        *ours, *theirs, reach=(1.0 - MAX_IOU) / (1.0 + MAX_IOU), max_ratio=MAX_IOU**-0.5
    )
    one, other = some[i], others[j]
    distance = np.linalg.norm(positions[one] - positions[other], axis=1)
    iou = circle_iou(distance, diameters[one], diameters[other])
    same = iou > MAX_IOU
    return i[same], j[same], iou[same]
