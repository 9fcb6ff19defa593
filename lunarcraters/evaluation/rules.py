"""When a detection is a reference crater: the rules of the field, as data."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lunarcraters.geometry.circles import circle_iou

Float = NDArray[np.float64]


class Rule(Protocol):
    """What matching asks of a rule; all lengths are in one unit."""

    @property
    def name(self) -> str:
        """As the command line calls it."""
        ...

    @property
    def reach(self) -> float:
        """No match is farther apart than this, in units of the sum of the radii."""
        ...

    @property
    def max_ratio(self) -> float:
        """No match differs more in diameter."""
        ...

    def quality(self, offset: Float, detected: Float, reference: Float, box: Float) -> Float:
        """How well pairs fit, more is better; NaN where they do not match.

        Args:
            offset: Centre of the detection less that of the reference, east and north, (n, 2).
            detected: Diameters of the detections, (n,).
            reference: Diameters of the references, (n,).
            box: Widths and heights of the references' boxes, (n, 2).
        """
        ...


@dataclass(frozen=True)
class OverlapRule:
    """Intersection over union of the circles, or of their boxes, is at least `min_iou`.

    A box of a detection is the square around its circle; that of a reference is its label's.
    """

    shape: Literal["circle", "box"]
    min_iou: float = 0.5

    @property
    def name(self) -> str:
        """As the command line calls it."""
        return self.shape

    @property
    def max_ratio(self) -> float:
        """The overlap is no more than the ratio of the areas."""
        return self.min_iou**-0.5

    @property
    def reach(self) -> float:
        """Circles meet; the sides of a box are at most 1 / min_iou times those of the other."""
        if self.shape == "circle":
            return 1.0
        return 2.0**0.5 * (1.0 + 1.0 / self.min_iou) / (1.0 + self.min_iou**0.5)

    def quality(self, offset: Float, detected: Float, reference: Float, box: Float) -> Float:
        """Intersection over union."""
        if self.shape == "circle":
            iou = circle_iou(np.linalg.norm(offset, axis=1), detected, reference)
        else:
            side = detected[:, None]
            reach = (side + box) / 2.0 - np.abs(offset)
            shared = np.clip(reach, 0.0, np.minimum(side, box)).prod(axis=1)
            iou = shared / (detected**2 + box.prod(axis=1) - shared)
        return np.where(iou >= self.min_iou, iou, np.nan)

    def __str__(self) -> str:
        return f"{self.shape} IoU >= {self.min_iou:g}"


@dataclass(frozen=True)
class DeepMoonRule:
    """The rule of DeepMoon (Silburt et al. 2019, Icarus 317).

    d^2 / min(r1, r2)^2 < `max_distance` and |r1 - r2| / min(r1, r2) < `max_difference`.
    """

    name: str = "deepmoon"
    max_distance: float = 1.8
    max_difference: float = 1.0

    @property
    def max_ratio(self) -> float:
        """Of diameters."""
        return 1.0 + self.max_difference

    @property
    def reach(self) -> float:
        """The smaller radius is at most half of the sum."""
        return self.max_distance**0.5 / 2.0

    def quality(self, offset: Float, detected: Float, reference: Float, box: Float) -> Float:
        """The squared distance in units of the smaller radius, negative."""
        smaller = np.minimum(detected, reference)
        distance = 4.0 * (offset**2).sum(axis=1) / smaller**2
        near = distance < self.max_distance
        return np.where(
            near & (np.abs(detected - reference) / smaller < self.max_difference), -distance, np.nan
        )

    def __str__(self) -> str:
        return f"d²/min(r)² < {self.max_distance:g}, |Δr|/min(r) < {self.max_difference:g}"


@dataclass(frozen=True)
class OffsetRule:
    """Centres within `max_offset` reference diameters, diameters within a factor `max_ratio`."""

    max_offset: float = 0.25
    max_ratio: float = 1.5
    name: str = "offset"

    @property
    def reach(self) -> float:
        """The reference diameter, written with the sum of the radii."""
        return 2.0 * self.max_offset / (1.0 + 1.0 / self.max_ratio)

    def quality(self, offset: Float, detected: Float, reference: Float, box: Float) -> Float:
        """The distance in reference diameters, negative."""
        distance = np.linalg.norm(offset, axis=1) / reference
        ratio = detected / reference
        near = distance <= self.max_offset
        alike = (ratio <= self.max_ratio) & (ratio >= 1.0 / self.max_ratio)
        return np.where(near & alike, -distance, np.nan)

    def __str__(self) -> str:
        return f"offset <= {self.max_offset:g} D, diameter ratio <= {self.max_ratio:g}"


RULES: dict[str, OverlapRule | DeepMoonRule | OffsetRule] = {
    "circle": OverlapRule("circle"),
    "box": OverlapRule("box"),
    "deepmoon": DeepMoonRule(),
    "deepmoon-strict": DeepMoonRule("deepmoon-strict", 0.5, 0.25),
    "offset": OffsetRule(),
}
"""The rules by name, with their usual thresholds; `dataclasses.replace` gives others."""
