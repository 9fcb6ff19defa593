"""Decoding: from the maps of one tile to craters in its pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.network.targets import SIZE_UNIT_PX

MIN_SCORE = 0.05
"""Smallest network score, before calibration, that a run keeps."""

_SMOOTH_PX = 0.7  # deviation of a Gaussian over the centre map, so that one crater has one peak
_MASK_THRESHOLD = 0.5
_NECK = 0.9  # bulges are two craters where the neck is shallower than both by this factor
_MIN_BULGE = 0.25  # depth of a bulge, as a share of the deepest one
_MIN_AREA_PX = 9.0
_SLACK = 1.25  # factor beyond the network's range up to which diameters are kept

Float32 = NDArray[np.float32]
Detections = tuple[NDArray[np.float64], NDArray[np.float64]]


def decode_maps(
    maps: Float32, heads: tuple[str, ...], diameters_px: tuple[float, float]
) -> Detections:
    """Decode the maps of one tile into craters.

    Args:
        maps: Network output, (height, width, heads).
        heads: Names of the channels.
        diameters_px: Smallest and largest diameter that the network detects, pixels.

    Returns:
        Circles (x, y, diameter in pixels), (n, 3), and scores, (n,), highest score first.
    """
    if "centre" in heads:
        centre = np.ascontiguousarray(maps[..., heads.index("centre")])
        circles, scores = decode_centres(centre, maps[..., heads.index("log_size")])
    else:
        circles, scores = decode_mask(maps[..., heads.index("mask")])
    low, high = diameters_px
    inside = (circles[:, 2] >= low / _SLACK) & (circles[:, 2] <= high * _SLACK)
    order = np.lexsort((circles[:, 0], circles[:, 1], -scores))
    order = order[inside[order] & (scores[order] >= MIN_SCORE)]
    return circles[order], scores[order]


def detectability(
    diameters_px: NDArray[np.float64], detected_px: tuple[float, float]
) -> NDArray[np.float64]:
    """Compute to what degree one octave can detect craters, by their diameter alone.

    It is 0 beyond the range in which detections are kept, and 1 from an octave within it.

    Args:
        diameters_px: Diameters, pixels of the octave, any shape.
        detected_px: Smallest and largest diameter that the network detects, pixels.

    Returns:
        Detectability, 0 to 1, shape of `diameters_px`.
    """
    low, high = detected_px[0] / _SLACK, detected_px[1] * _SLACK
    return np.clip(np.log2(np.minimum(diameters_px / low, high / diameters_px)), 0.0, 1.0)


def octave_weights(
    diameters_px: NDArray[np.float64], octaves: NDArray[np.int64], detected_px: tuple[float, float]
) -> NDArray[np.float64]:
    """Compute the weights of all octaves of a run for each crater.

    A weight is the detectability in the octave. Octaves of an enlarged mosaic all see the same
    pixels, so a finer one counts only as far as the coarser ones, up to full resolution, do not.

    Args:
        diameters_px: Diameters, pixels of the mosaic, (n,).
        octaves: Numbers of the octaves, rising, (k,).
        detected_px: Smallest and largest diameter that the network detects, pixels.

    Returns:
        Weights, 0 to 1, (n, k).
    """
    weights = detectability(diameters_px[:, None] / 2.0**octaves, detected_px)
    fine = int(np.count_nonzero(octaves < 0))
    for octave in range(fine - 1, -1, -1):
        weights[:, octave] *= 1.0 - weights[:, octave + 1 : fine + 1].sum(axis=1)
    return weights


def decode_centres(centre: Float32, log_size: Float32) -> Detections:
    """Find the peaks of the centre map, to a fraction of a pixel, and read their sizes.

    Args:
        centre: Probability that a pixel holds the centre of a crater, (height, width).
        log_size: log2(diameter / 16 pixels), (height, width).

    Returns:
        Circles (x, y, diameter in pixels), (n, 3), and scores, (n,).
    """
    centre = cv2.GaussianBlur(centre, (0, 0), _SMOOTH_PX)
    highest = cv2.dilate(centre, np.ones((3, 3), np.uint8))
    likely = np.flatnonzero(centre >= MIN_SCORE)  # few: the rest is done for them alone
    peaks = likely[centre.ravel()[likely] >= highest.ravel()[likely]]
    rows, columns = np.unravel_index(peaks, centre.shape)
    x = columns + 0.5 + _subpixel_offset(centre, rows, columns, axis=1)
    y = rows + 0.5 + _subpixel_offset(centre, rows, columns, axis=0)
    diameter = SIZE_UNIT_PX * np.exp2(log_size[rows, columns].astype(np.float64))
    return np.column_stack([x, y, diameter]), centre[rows, columns].astype(np.float64)


def _subpixel_offset(
    centre: Float32, rows: NDArray[np.intp], columns: NDArray[np.intp], axis: int
) -> NDArray[np.float64]:
    """Offset of a peak from the centre of its pixel, by a Gaussian through three pixels."""
    down, right = (1, 0) if axis == 0 else (0, 1)
    last_row, last_column = centre.shape[0] - 1, centre.shape[1] - 1

    def log_at(step: int) -> NDArray[np.float64]:
        row = np.clip(rows + step * down, 0, last_row)
        column = np.clip(columns + step * right, 0, last_column)
        return np.log(np.maximum(centre[row, column].astype(np.float64), 1e-6))

    before, here, after = log_at(-1), log_at(0), log_at(1)
    curve = before - 2.0 * here + after
    offset = np.where(curve < -1e-9, 0.5 * (before - after) / np.where(curve, curve, 1.0), 0.0)
    return np.asarray(np.clip(offset, -0.5, 0.5))


def decode_mask(mask: Float32) -> Detections:
    """Fit circles to the regions of a mask. Touching craters are split.

    The score of a crater is the mean probability of its pixels.

    Args:
        mask: Probability that a pixel lies in a crater, (height, width).

    Returns:
        Circles (x, y, diameter in pixels), (n, 3), and scores, (n,).
    """
    binary = (mask > _MASK_THRESHOLD).astype(np.uint8)
    contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    circles: list[tuple[float, float, float]] = []
    scores: list[float] = []
    for contour in contours:
        left, top, width, height = cv2.boundingRect(contour)
        region = np.zeros((height + 2, width + 2), np.uint8)
        cv2.drawContours(region, [contour], 0, 1, cv2.FILLED, offset=(1 - left, 1 - top))
        probability = np.pad(mask[top : top + height, left : left + width], 1)
        for part in _split(region):
            area = float(part.sum())
            if area < _MIN_AREA_PX:
                continue
            rows, columns = np.nonzero(part)
            x, y = columns.mean() - 0.5 + left, rows.mean() - 0.5 + top
            circles.append((x, y, 2.0 * np.sqrt(area / np.pi)))
            scores.append(float(probability[part].mean()))
    return np.array(circles, float).reshape(-1, 3), np.array(scores, float)


def _split(region: NDArray[np.uint8]) -> list[NDArray[np.bool_]]:
    """Split a region into one part for each bulge. A pixel goes to the circle it is deepest in."""
    depth = cv2.GaussianBlur(cv2.distanceTransform(region, cv2.DIST_L2, 5), (0, 0), 1.0)
    bulges = _find_bulges(depth)
    if len(bulges) < 2:
        return [region > 0]
    rows, columns = np.indices(region.shape)
    beyond = [np.hypot(columns - x, rows - y) - radius for x, y, radius in bulges]
    nearest = np.argmin(beyond, axis=0)
    return [(region > 0) & (nearest == index) for index in range(len(bulges))]


def _find_bulges(depth: Float32) -> list[tuple[float, float, float]]:
    """Column, row and depth of the peaks that a neck separates from every deeper one."""
    highest = cv2.dilate(depth, np.ones((3, 3), np.uint8))
    peaks = ((depth >= highest) & (depth > _MIN_BULGE * depth.max())).astype(np.uint8)
    _, _, _, centroids = cv2.connectedComponentsWithStats(peaks)
    bulges: list[tuple[float, float, float]] = []
    candidates = [(x, y, float(depth[round(y), round(x)])) for x, y in centroids[1:]]
    for x, y, radius in sorted(candidates, key=lambda candidate: -candidate[2]):
        necks = (_neck_depth(depth, (x, y), (other[0], other[1])) for other in bulges)
        if all(neck < _NECK * radius for neck in necks):
            bulges.append((x, y, radius))
    return bulges


def _neck_depth(depth: Float32, one: tuple[float, float], other: tuple[float, float]) -> float:
    """Smallest depth on the line between two points (column, row)."""
    steps = np.linspace(0.0, 1.0, int(np.hypot(one[0] - other[0], one[1] - other[1])) + 2)
    columns = np.rint(one[0] + steps * (other[0] - one[0])).astype(int)
    rows = np.rint(one[1] + steps * (other[1] - one[1])).astype(int)
    return float(depth[rows, columns].min())
