"""The decisions of an edited catalogue, with which the review mode of its page begins."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import REVIEW, CatalogueColumns
from lunarcraters.catalogue.review_state import ACCEPTED, REJECTED
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.catalogue.text import is_among
from lunarcraters.reviews.compare import Comparison


@dataclass(frozen=True)
class Circle:
    """A crater's place and size.

    Attributes:
        across: Longitude in degrees, or x in pixels.
        along: Latitude in degrees, or y in pixels.
        diameter: Diameter, km or pixels.
    """

    across: float
    along: float
    diameter: float


@dataclass(frozen=True)
class Marks:
    """Decisions on the craters of a page, as its `Marks.restore` takes them.

    Attributes:
        accepted: Rows of accepted craters.
        rejected: Rows of rejected craters.
        circles: Circles of craters that were moved or resized, by row.
        added: Circles of added craters.
    """

    accepted: list[int]
    rejected: list[int]
    circles: dict[int, Circle]
    added: list[Circle]


def make_marks(comparison: Comparison, detected: Catalogue) -> Marks:
    """Turn what a person changed in the catalogue of a run into decisions on a page.

    Args:
        comparison: Edited catalogue compared with the run.
        detected: Craters of the run that the page holds.
    """
    rows = pd.Series(np.arange(len(detected)), index=detected.craters["crater_id"])
    craters = comparison.craters
    craters = craters[is_among(craters["crater_id"], rows.index)]
    numbers = rows.loc[craters["crater_id"]].to_numpy()
    states = craters[REVIEW].to_numpy()
    before = _read_circles(detected.craters, detected.columns)[numbers]
    after = _read_circles(craters, detected.columns)
    moved, resized = craters["moved"].to_numpy(bool), craters["resized"].to_numpy(bool)
    circles = np.where(np.column_stack([moved, moved, resized]), after, before)
    changed = np.flatnonzero(moved | resized)
    return Marks(
        numbers[states == ACCEPTED].tolist(),
        numbers[states == REJECTED].tolist(),
        dict(zip(numbers[changed].tolist(), _to_circles(circles[changed]), strict=True)),
        _to_circles(_read_circles(comparison.added, detected.columns)),
    )


def _read_circles(craters: pd.DataFrame, columns: CatalogueColumns) -> NDArray[np.float64]:
    return craters[list(columns.circle)].to_numpy(float)


def _to_circles(circles: NDArray[np.float64]) -> list[Circle]:
    return [Circle(*row) for row in circles.tolist()]
