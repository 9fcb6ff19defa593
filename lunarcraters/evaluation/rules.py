"""Matching rules: conditions under which a detection and a reference are the same crater.

Each has a `name` on the command line, two bounds of the pairs that can match, `reach` (distance of
centres, in units of the sum of the radii) and `max_ratio` (of diameters, either way), and is
described by its text. `quality` rates n pairs: higher is better, NaN where they do not match. It
takes the centres of detections less those of references, east and north, (n, 2), the diameters of
both, (n,), and the widths and heights of the references' boxes, (n, 2), all in one unit.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import CatalogueError
from lunarcraters.geometry.circles import circle_iou

Float = NDArray[np.float64]


@dataclass(frozen=True)
class OverlapRule:
    """Intersection over union of the circles, or of their boxes, is at least `min_iou`.

    The box of a detection is the square around its circle; the box of a reference is its label's.

    Attributes:
        shape: Shape that is compared.
        min_iou: Least intersection over union, 0..1.
    """

    shape: Literal["circle", "box"]
    min_iou: float = 0.5

    @property
    def name(self) -> str:
        """Name of the rule on the command line."""
        return self.shape

    @property
    def max_ratio(self) -> float:
        """Largest ratio of diameters: the overlap is no more than the ratio of the areas."""
        return self.min_iou**-0.5

    @property
    def reach(self) -> float:
        """Largest distance of centres, in units of the sum of the radii.

        Circles meet; the sides of a box are at most 1 / min_iou times those of the other.
        """
        if self.shape == "circle":
            return 1.0
        return 2.0**0.5 * (1.0 + 1.0 / self.min_iou) / (1.0 + self.min_iou**0.5)

    def quality(self, offset: Float, detected: Float, reference: Float, box: Float) -> Float:
        """Compute the intersection over union."""
        if self.shape == "circle":
            iou = circle_iou(np.linalg.norm(offset, axis=1), detected, reference)
        else:
            side = detected[:, None]
            reach = (side + box) / 2.0 - np.abs(offset)
            shared = np.clip(reach, 0.0, np.minimum(side, box)).prod(axis=1)
            iou = shared / (detected**2 + box.prod(axis=1) - shared)
        return np.where(iou >= self.min_iou, iou, np.nan)

    def __str__(self) -> str:
        """Describe the condition, for people to read."""
        return f"{self.shape} IoU >= {self.min_iou:g}"


@dataclass(frozen=True)
class DeepMoonRule:
    """The rule of DeepMoon (Silburt et al. 2019, Icarus 317).

    d^2 / min(r1, r2)^2 < `max_distance` and |r1 - r2| / min(r1, r2) < `max_difference`.

    Attributes:
        name: Name of the rule on the command line.
        max_distance: Largest squared distance in units of the smaller radius.
        max_difference: Largest difference of radii in units of the smaller.
    """

    name: str = "deepmoon"
    max_distance: float = 1.8
    max_difference: float = 1.0

    @property
    def max_ratio(self) -> float:
        """Largest ratio of diameters."""
        return 1.0 + self.max_difference

    @property
    def reach(self) -> float:
        """Largest distance of centres: the smaller radius is at most half of the sum."""
        return self.max_distance**0.5 / 2.0

    def quality(self, offset: Float, detected: Float, reference: Float, box: Float) -> Float:
        """Compute the negative squared distance in units of the smaller radius."""
        smaller = np.minimum(detected, reference)
        distance = 4.0 * (offset**2).sum(axis=1) / smaller**2
        near = distance < self.max_distance
        return np.where(
            near & (np.abs(detected - reference) / smaller < self.max_difference), -distance, np.nan
        )

    def __str__(self) -> str:
        """Describe the condition, for people to read."""
        return f"d²/min(r)² < {self.max_distance:g}, |Δr|/min(r) < {self.max_difference:g}"


@dataclass(frozen=True)
class OffsetRule:
    """Centres are close together and diameters similar.

    Attributes:
        max_offset: Largest distance of centres, in reference diameters.
        max_ratio: Largest ratio of diameters, either way.
        name: Name of the rule on the command line.
    """

    max_offset: float = 0.25
    max_ratio: float = 1.5
    name: str = "offset"

    @property
    def reach(self) -> float:
        """Largest distance of centres, in units of the sum of the radii."""
        return 2.0 * self.max_offset / (1.0 + 1.0 / self.max_ratio)

    def quality(self, offset: Float, detected: Float, reference: Float, box: Float) -> Float:
        """Compute the negative distance in reference diameters."""
        distance = np.linalg.norm(offset, axis=1) / reference
        ratio = detected / reference
        near = distance <= self.max_offset
        alike = (ratio <= self.max_ratio) & (ratio >= 1.0 / self.max_ratio)
        return np.where(near & alike, -distance, np.nan)

    def __str__(self) -> str:
        """Describe the condition, for people to read."""
        return f"offset <= {self.max_offset:g} D, diameter ratio <= {self.max_ratio:g}"


Rule = OverlapRule | DeepMoonRule | OffsetRule
"""A matching rule."""

RULES: dict[str, Rule] = {
    "circle": OverlapRule("circle"),
    "box": OverlapRule("box"),
    "deepmoon": DeepMoonRule(),
    "deepmoon-strict": DeepMoonRule("deepmoon-strict", 0.5, 0.25),
    "offset": OffsetRule(),
}
"""Rules by name, with their default thresholds; `dataclasses.replace` gives others."""


def get_rule(name: str) -> Rule:
    """Look up a rule by its name.

    Raises:
        CatalogueError: There is no such rule.
    """
    if name not in RULES:
        raise CatalogueError(f"there is no matching rule {name!r}: give one of {', '.join(RULES)}")
    return RULES[name]
