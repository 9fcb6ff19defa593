"""The craters and tiles whose review would tell most of a run.

The score is a calibrated precision p. Whether a crater is true is least known where p (1 - p) is
largest, at a score of 0.5. Suggestions are spread over diameters, a factor of two wide each.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lunarcraters.catalogue.columns import REVIEW, CatalogueColumns
from lunarcraters.catalogue.review_state import UNSEEN
from lunarcraters.reviews.compare import Comparison


@dataclass(frozen=True)
class SuggestedCrater:
    """A crater to look at.

    Attributes:
        crater_id: Identifier.
        x: Longitude in degrees, or x in pixels.
        y: Latitude in degrees, or y in pixels.
        diameter: Diameter, km or pixels.
        score: Score, 0 to 1.
    """

    crater_id: str
    x: float
    y: float
    diameter: float
    score: float


@dataclass(frozen=True)
class SuggestedTile:
    """A tile to look at.

    Attributes:
        tile: Name of the tile.
        x: Mean longitude of its unseen craters in degrees, or mean x in pixels.
        y: Mean latitude of its unseen craters in degrees, or mean y in pixels.
        unseen: Number of its unseen craters.
        variance: Sum of score (1 - score) over them: the variance of the number of true ones.
    """

    tile: str
    x: float
    y: float
    unseen: int
    variance: float


def suggest_craters(
    comparison: Comparison, columns: CatalogueColumns, count: int
) -> tuple[SuggestedCrater, ...]:
    """Choose the unseen craters whose review would tell most, the most doubtful first.

    Args:
        comparison: Edited catalogue compared with its run.
        columns: Names of the columns.
        count: Number of craters at most.
    """
    unseen = _find_unseen(comparison)
    size = np.floor(np.log2(unseen[columns.diameter]))
    doubt = -unseen["variance"]
    # The most doubtful of every size come first, then the second of every size, and so on.
    rank = doubt.groupby(size).rank(method="first")
    order = np.lexsort((unseen["crater_id"], doubt, rank))
    names = [columns.crater_id, *columns.circle, columns.score]
    rows = unseen.iloc[order[:count]][names].itertuples(index=False)
    return tuple(SuggestedCrater(*row) for row in rows)


def suggest_tiles(
    comparison: Comparison, columns: CatalogueColumns, count: int
) -> tuple[SuggestedTile, ...]:
    """Choose the tiles whose review would tell most, the most doubtful first.

    Args:
        comparison: Edited catalogue compared with its run.
        columns: Names of the columns.
        count: Number of tiles at most.
    """
    unseen = _find_unseen(comparison)
    unseen = unseen[unseen["tile"] != ""]
    if not len(unseen):
        return ()
    groups = unseen.groupby("tile")
    # Longitudes are averaged from that of the first crater, so that 180 divides no tile.
    x = unseen[columns.x]
    start = groups[columns.x].transform("first")
    offset = (x - start + 180.0) % 360.0 - 180.0 if columns.x == "lon" else x - start
    middle = (start + offset).groupby(unseen["tile"]).mean()
    tiles = pd.DataFrame(
        {
            "x": (middle + 180.0) % 360.0 - 180.0 if columns.x == "lon" else middle,
            "y": groups[columns.y].mean(),
            "unseen": groups.size(),
            "variance": groups["variance"].sum(),
        }
    ).sort_values("variance", ascending=False, kind="stable")
    return tuple(SuggestedTile(*row) for row in tiles.head(count).itertuples())


def _find_unseen(comparison: Comparison) -> pd.DataFrame:
    """Take the unseen craters that have a score, with the variance of each."""
    craters = comparison.craters
    unseen = craters[(craters[REVIEW] == UNSEEN) & craters["score"].notna()]
    return unseen.assign(variance=unseen["score"] * (1.0 - unseen["score"]))
