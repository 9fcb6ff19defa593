"""One crater once: what was found in several octaves is merged by position and size.

Of circles that are the same crater the best stays (`suppress`); how the other octaves saw it, or
did not, then mends its place, its size and its score (`fuse`).
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from scipy.special import expit, logit

from lunarcraters.catalogue.decoding import MIN_SCORE

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


def circle_iou(distance: Float, diameter1: Float, diameter2: Float) -> Float:
    """Intersection over union of circles whose centres are `distance` apart (plane geometry)."""
    small = np.minimum(diameter1, diameter2) / 2.0
    large = np.maximum(diameter1, diameter2) / 2.0
    # Between touching from inside and from outside; clipping makes both limits exact.
    d = np.clip(distance, large - small, large + small)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_small = (d**2 + small**2 - large**2) / (2.0 * d * small)
        to_large = (d**2 + large**2 - small**2) / (2.0 * d * large)
    kite = (-d + small + large) * (d + small - large) * (d - small + large) * (d + small + large)
    lens = (
        small**2 * np.arccos(np.clip(to_small, -1.0, 1.0))
        + large**2 * np.arccos(np.clip(to_large, -1.0, 1.0))
        - 0.5 * np.sqrt(np.maximum(kite, 0.0))
    )
    shared = np.where(distance <= large - small, np.pi * small**2, lens)
    return np.asarray(shared / (np.pi * (small**2 + large**2) - shared))


def close_pairs(
    positions1: Float,
    diameters1: Float,
    positions2: Float,
    diameters2: Float,
    *,
    reach: float,
    max_ratio: float,
) -> tuple[Index, Index]:
    """Indices of all pairs of circles alike in place and size.

    Circles are grouped by size, and only groups of like size are searched, each with a reach of
    its own: large craters do not make the search quadratic.

    Args:
        positions1: Centres in the unit of the diameters, (n, 2) or (n, 3).
        diameters1: (n,).
        positions2: Centres, (m, 2) or (m, 3).
        diameters2: (m,).
        reach: Largest distance of centres, in units of the sum of the radii.
        max_ratio: Largest ratio of diameters, either way; at least 1.

    Returns:
        Indices into the first and into the second set, sorted.
    """
    groups1 = groups2 = _by_size(positions1, diameters1)
    if positions2 is not positions1 or diameters2 is not diameters1:
        groups2 = _by_size(positions2, diameters2)
    # Size groups are factors of two wide; circles within `max_ratio` are this many groups apart.
    steps = int(np.ceil(np.log2(max(max_ratio, 1.0)) - 1e-12))
    found1, found2 = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for size, step in product(groups1, range(-steps, steps + 1)):
        if size + step not in groups2:
            continue
        (rows1, tree1), (rows2, tree2) = groups1[size], groups2[size + step]
        largest = (diameters1[rows1].max() + diameters2[rows2].max()) / 2.0
        near = tree1.sparse_distance_matrix(tree2, reach * largest, output_type="ndarray")
        i, j = rows1[near["i"]], rows2[near["j"]]
        ratio = diameters1[i] / diameters2[j]
        alike = near["v"] <= reach * (diameters1[i] + diameters2[j]) / 2.0
        alike &= (ratio <= max_ratio) & (ratio >= 1.0 / max_ratio)
        found1.append(i[alike])
        found2.append(j[alike])
    first, second = np.concatenate(found1), np.concatenate(found2)
    order = np.lexsort((second, first))
    return first[order], second[order]


def _by_size(positions: Float, diameters: Float) -> dict[int, tuple[Index, KDTree]]:
    """Rows and a tree of their centres for each factor of two in diameter."""
    sizes = np.floor(np.log2(diameters)).astype(np.int64)
    groups = {}
    for size in np.unique(sizes).tolist():
        rows = np.flatnonzero(sizes == size)
        groups[size] = (rows, KDTree(positions[rows]))
    return groups
