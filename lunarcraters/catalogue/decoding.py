"""Decoding: from the network's maps of one tile to craters in its pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.network.targets import SIZE_UNIT_PX

MIN_SCORE = 0.05
"""A run keeps every crater with at least this score."""

_MASK_LEVEL = 0.5
_MIN_SOLIDITY = 0.9  # a mask region less convex than this is split
_MIN_AREA_PX = 9.0
_SLACK = 1.25  # diameters this much beyond the network's range are still believed

Float32 = NDArray[np.float32]
Found = tuple[NDArray[np.float64], NDArray[np.float64]]


def decode(maps: Float32, heads: tuple[str, ...], diameters_px: tuple[float, float]) -> Found:
    """Find the craters of one tile.

    Args:
        maps: Shape (height, width, heads).
        heads: What each channel is.
        diameters_px: Smallest and largest diameter that the network answers for.

    Returns:
        Circles (x, y, diameter in pixels; shape (n, 3)) and scores (n,), best first.
    """
    if "centre" in heads:
        planes = dict(zip(heads, np.moveaxis(maps, -1, 0), strict=True))
        circles, scores = from_centres(planes["centre"], planes["log_size"])
    else:
        circles, scores = from_mask(maps[..., heads.index("mask")])
    low, high = diameters_px
    inside = (circles[:, 2] >= low / _SLACK) & (circles[:, 2] <= high * _SLACK)
    order = np.lexsort((circles[:, 0], circles[:, 1], -scores))
    order = order[inside[order] & (scores[order] >= MIN_SCORE)]
    return circles[order], scores[order]


def from_centres(centre: Float32, log_size: Float32) -> Found:
    """Peaks of the centre map, placed between pixels, with the size found there.

    Args:
        centre: Probability that a crater's centre is in a pixel, shape (height, width).
        log_size: log2(diameter / 16 pixels), shape (height, width).
    """
    highest = cv2.dilate(centre, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((centre >= highest) & (centre >= MIN_SCORE))
    x = columns + 0.5 + _between(centre, rows, columns, axis=1)
    y = rows + 0.5 + _between(centre, rows, columns, axis=0)
    diameter = SIZE_UNIT_PX * np.exp2(log_size[rows, columns].astype(np.float64))
    return np.column_stack([x, y, diameter]), centre[rows, columns].astype(np.float64)


def _between(
    centre: Float32, rows: NDArray[np.intp], columns: NDArray[np.intp], axis: int
) -> NDArray[np.float64]:
    """Offset of a peak from its pixel's centre: a Gaussian through it and its two neighbours."""
    step = np.array([1, 0]) if axis == 0 else np.array([0, 1])
    logs = np.log(np.maximum(np.pad(centre, 1, mode="edge").astype(np.float64), 1e-6))
    before = logs[rows + 1 - step[0], columns + 1 - step[1]]
    here = logs[rows + 1, columns + 1]
    after = logs[rows + 1 + step[0], columns + 1 + step[1]]
    curve = before - 2.0 * here + after
    offset = np.where(curve < -1e-9, 0.5 * (before - after) / np.where(curve, curve, 1.0), 0.0)
    return np.asarray(np.clip(offset, -0.5, 0.5))


def from_mask(mask: Float32) -> Found:
    """Circles of the regions of a mask, touching craters split; scored by the mean probability.

    Args:
        mask: Probability of being within a crater, shape (height, width).
    """
    binary = (mask > _MASK_LEVEL).astype(np.uint8)
    contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    circles: list[tuple[float, float, float]] = []
    scores: list[float] = []
    for contour in contours:
        left, top, width, height = cv2.boundingRect(contour)
        region = np.zeros((height + 2, width + 2), np.uint8)
        cv2.drawContours(region, [contour], 0, 1, cv2.FILLED, offset=(1 - left, 1 - top))
        probability = np.pad(mask[top : top + height, left : left + width], 1)
        for part in _split(region, contour):
            area = float(part.sum())
            if area < _MIN_AREA_PX:
                continue
            rows, columns = np.nonzero(part)
            x, y = columns.mean() - 0.5 + left, rows.mean() - 0.5 + top
            circles.append((x, y, 2.0 * np.sqrt(area / np.pi)))
            scores.append(float(probability[part].mean()))
    return np.array(circles, float).reshape(-1, 3), np.array(scores, float)


def _split(region: NDArray[np.uint8], contour: NDArray[np.int32]) -> list[NDArray[np.bool_]]:
    """A region's parts: itself where it is convex, else what a watershed makes of its depth."""
    hull = cv2.contourArea(cv2.convexHull(contour))
    if hull <= _MIN_AREA_PX or cv2.contourArea(contour) >= _MIN_SOLIDITY * hull:
        return [region > 0]
    depth = cv2.distanceTransform(region, cv2.DIST_L2, 5)
    depth = cv2.GaussianBlur(depth, (0, 0), 1.0)
    reach = max(int(depth.max() * 0.8) | 1, 3)
    top = cv2.dilate(depth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    peaks = ((depth >= top) & (depth > 0.3 * depth.max())).astype(np.uint8)
    count, markers = cv2.connectedComponents(peaks)
    if count <= 2:
        return [region > 0]
    markers[region == 0] = count
    slope = np.rint(255.0 * (1.0 - depth / depth.max())).astype(np.uint8)
    cv2.watershed(cv2.cvtColor(slope, cv2.COLOR_GRAY2BGR), markers)
    return [markers == label for label in range(1, count)]
