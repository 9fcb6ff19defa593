"""Collars: a frame of one value around the ground, told from shadow by its edge.

Shadow too is a large share of one value, and it may reach the frame. But its outline is ragged,
islands of it lie all over the ground, and the ground is dim beside it.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.spread import spread_evenly
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.statistics import plan_samples

_SIDE_PX = 256
_FRAME_WINDOWS = 64
_EXTENTS = 16

_FRAME_SHARE = 0.05
_SMOOTH_SHARE = 0.7
_PARTLY_SMOOTH_SHARE = 0.2
_ISLANDS_SHARE = 0.02
_SIMILAR = 0.1
_SIMILAR_SHARE = 0.3
_USUAL_SHARE = 0.18  # beside blurred shadow 0.2 and more, beside spoilt collars mostly 0.1

_RING_PX = 2  # where ground begins: interpolation spoils the pixel between
_LOSSY_RING_PX = 9  # compression in blocks of 8 pixels spoils those

_CLEAN_PX = 9  # patches up to this side are left out of account: lossy compression makes such
_PATCH_PX = 5
_TOLERANCE_PX = 4.0
_ON_LINE = 0.6

Bool = NDArray[np.bool_]


@dataclass
class Collar:
    """Counts of pixels of one value in windows along the frame of a mosaic and all over it.

    Attributes:
        frame: Number of pixels at the frame, and of those that have the value.
        edges: Number of windows that the edge of the value crosses, and of those in which it is
            smooth.
        islands: Number of pixels that have the value, and of those in islands within a window.
        ring: Number of pixels beside the edge, and of those that are nearly as dark (or bright) as
            the value.
    """

    frame: NDArray[np.int64]
    edges: NDArray[np.int64]
    islands: NDArray[np.int64]
    ring: NDArray[np.int64]

    @property
    def is_collar(self) -> bool:
        """True where the value fills a collar."""
        return self._is_collar(_SMOOTH_SHARE)

    @property
    def may_be_shadow(self) -> bool:
        """True where the value fills a collar, and perhaps shadow too: both make up its edge."""
        if self._is_collar(_SMOOTH_SHARE):
            return self.has_islands
        return self._is_collar(_PARTLY_SMOOTH_SHARE)

    @property
    def may_be_spoilt(self) -> bool:
        """True where the value fills a collar but for values beside its edge, which is all smooth.

        Compression that the file no longer tells, or resampling, may have made those of the value.
        """
        touches = _share(self.frame) >= _FRAME_SHARE
        smooth = self.edges[0] > 0 and self.edges[1] == self.edges[0]
        return touches and bool(smooth) and not self.is_collar

    @property
    def borders_on_usual_ground(self) -> bool:
        """True where ground beside the edge is as bright as elsewhere, as beside no shadow."""
        return _share(self.ring) <= _USUAL_SHARE

    def _is_collar(self, smooth_share: float) -> bool:
        touches = _share(self.frame) >= _FRAME_SHARE
        sharp = not self.ring[0] or _share(self.ring) <= _SIMILAR_SHARE
        smooth = not self.edges[0] or _share(self.edges) >= smooth_share
        return touches and sharp and smooth

    @property
    def has_islands(self) -> bool:
        """True where the value also occurs within the ground, as shadow may."""
        return _share(self.islands) > _ISLANDS_SHARE


def measure_collar(
    mosaic: Mosaic, value: float, others: NDArray[np.float64], *, lossy: bool
) -> Collar:
    """Measure how the pixels of one value lie in a mosaic.

    Args:
        mosaic: Mosaic to read.
        value: Value that may fill a collar.
        others: Sample of the other values, (n,), at least one.
        lossy: True where compression has changed the values.
    """
    collar = Collar(*(np.zeros(2, np.int64) for _ in range(4)))
    windows = list(_plan_windows(mosaic.extents))
    collar.frame += _count_on_frame(mosaic, value, windows)
    if _share(collar.frame) < _FRAME_SHARE:
        return collar  # no collar, whatever else there is
    darker = value <= np.median(others)
    limit = float(np.quantile(others, _SIMILAR if darker else 1.0 - _SIMILAR))
    for box, _ in windows:
        try:
            values, valid = mosaic.read(box)
        except MosaicError:
            continue
        same = valid & (values == value)
        smooth = _has_smooth_edge(same)
        if smooth is not None:
            collar.edges += np.array((1, smooth))
        patches = _without_specks(same, _CLEAN_PX) if lossy else same
        collar.islands += _count(same, _islands(patches))
        ring = valid & ~same & _ring(same, _LOSSY_RING_PX if lossy else _RING_PX)
        real = values.astype(np.float64)
        collar.ring += _count(ring, ring & (real <= limit if darker else real >= limit))
    return collar


def _count_on_frame(
    mosaic: Mosaic, value: float, windows: Sequence[tuple[Box, Box | None]]
) -> NDArray[np.int64]:
    """Count the pixels at the edges of extents, and those of them that have a value."""
    counts = np.zeros(2, np.int64)
    for box, extent in windows:
        if extent is not None:
            with suppress(MosaicError):
                values, valid = mosaic.read(box)
                border = _on_frame(box, extent) & valid
                counts += _count(border, border & (values == value))
    return counts


def _count(some: Bool, of_these: Bool) -> NDArray[np.int64]:
    return np.array((np.count_nonzero(some), np.count_nonzero(of_these)), np.int64)


def _share(counts: NDArray[np.int64]) -> float:
    return float(counts[1] / max(counts[0], 1))


def _plan_windows(extents: tuple[Box, ...]) -> Iterator[tuple[Box, Box | None]]:
    """Windows along the edges of some extents, with the extent, and windows all over."""
    chosen = spread_evenly(extents, _EXTENTS)
    for extent in chosen:
        width, height = min(extent.width, _SIDE_PX), min(extent.height, _SIDE_PX)
        right, bottom = extent.width - width, extent.height - height
        along = max(_FRAME_WINDOWS // 4 // len(chosen), 1)
        steps = [i / along for i in range(along + 1)]
        places = {(round(right * step), y) for step in steps for y in (0, bottom)}
        places |= {(x, round(bottom * step)) for step in steps for x in (0, right)}
        for x, y in sorted(places):
            yield Box(extent.left + x, extent.top + y, width, height), extent
    for box in plan_samples(extents):
        yield box, None


def _on_frame(box: Box, extent: Box) -> Bool:
    """Pixels of a window that lie at the edge of an extent, (height, width)."""
    border = np.zeros((box.height, box.width), np.bool_)
    border[0] |= box.top == extent.top
    border[-1] |= box.bottom == extent.bottom
    border[:, 0] |= box.left == extent.left
    border[:, -1] |= box.right == extent.right
    return border


def _islands(same: Bool) -> Bool:
    """Pixels in patches that do not reach the border of their window."""
    count, labels = cv2.connectedComponents(same.astype(np.uint8), connectivity=8)
    inside = np.ones(count, np.bool_)
    inside[np.concatenate([[0], labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = False
    return np.asarray(inside[labels])


def _without_specks(same: Bool, side: int) -> Bool:
    """Pixels in patches that are at least `side` pixels wide."""
    kernel = np.ones((side, side), np.uint8)
    return cv2.morphologyEx(same.astype(np.uint8), cv2.MORPH_OPEN, kernel) > 0


def _ring(same: Bool, distance_px: int) -> Bool:
    """Pixels at a distance from the patches of a value."""
    patches = _without_specks(same, _PATCH_PX).astype(np.uint8)
    near, far = (
        cv2.dilate(patches, np.ones((side, side), np.uint8)) > 0
        for side in (2 * distance_px - 1, 2 * distance_px + 1)
    )
    return np.asarray(far & ~near)


def _has_smooth_edge(same: Bool) -> bool | None:
    """Tell whether the edge of a value follows a line or a slight curve; None without an edge."""
    kernel = np.ones((_CLEAN_PX, _CLEAN_PX), np.uint8)
    closed = cv2.morphologyEx(same.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
    cleaned = _without_specks(closed > 0, _CLEAN_PX)
    # The first change from each side: a strip has two edges.
    sides = [cleaned, cleaned[:, ::-1], cleaned.T, cleaned.T[:, ::-1]]
    answers = [answer for answer in map(_follows_curve, sides) if answer is not None]
    return any(answers) if answers else None


def _follows_curve(cleaned: Bool) -> bool | None:
    """Tell whether the first change along each row lies on a parabola; None without changes."""
    changes = cleaned[:, 1:] != cleaned[:, :-1]
    rows = np.flatnonzero(changes.any(axis=1))
    if len(rows) < _SIDE_PX // 8:
        return None
    columns = changes[rows].argmax(axis=1).astype(float)
    beyond = np.zeros(len(rows))
    for _ in range(4):
        near = beyond <= max(_TOLERANCE_PX, float(np.median(beyond)))
        curve = np.polynomial.Polynomial.fit(rows[near], columns[near], 2)
        beyond = np.abs(columns - curve(rows))
    return bool(np.mean(beyond <= _TOLERANCE_PX) >= _ON_LINE)
