"""The data of the review mode: what the map does not hold, and the head of the saved file."""

import base64
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.formats.geojson import describe_collection
from lunarcraters.catalogue.review_state import REVIEW_OF
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.records import to_json, to_plain
from lunarcraters.report.closeups import Closeup, make_closeups
from lunarcraters.report.ground import GroundLattice, make_lattice
from lunarcraters.report.map import compute_ellipses, make_columns
from lunarcraters.report.marks import Marks, make_marks
from lunarcraters.reviews.compare import Comparison


@dataclass(frozen=True)
class ReviewData:
    """What the page needs to review its craters and to save them.

    Attributes:
        identity: SHA-256 of the run's catalogue, which saved files name.
        key: Name under which the browser keeps the review: that of the run, and of the edited
            catalogue with which it begins.
        columns: Names of the columns of a crater, in the order of the saved file.
        ids: Identifiers, (n,).
        levels: Octaves, (n,).
        tile_names: Names of the tiles.
        tiles: Index of each crater's tile in `tile_names`, (n,).
        collection: Members of the saved GeoJSON but its features.
        ground: Lattice of the mosaic's places on the Moon; null for an image without coordinates.
        closeups: Closeups by row.
        start: Decisions with which the review begins; null for none.
        craters: Columns of the craters of the run, float64 as base64; null where they are those of
            the map.
    """

    identity: str
    key: str
    columns: tuple[str, ...]
    ids: list[str]
    levels: list[int]
    tile_names: list[str]
    tiles: list[int]
    collection: dict[str, Any]
    ground: GroundLattice | None
    closeups: dict[int, Closeup]
    start: Marks | None
    craters: dict[str, str] | None


def make_review_data(
    detected: Catalogue,
    identity: str,
    mosaic: Mosaic,
    *,
    comparison: Comparison | None,
    left_out: int,
    min_score: float,
    closeups: int,
) -> dict[str, Any]:
    """Make the data of the review mode, as JSON.

    Args:
        detected: Craters of the run, as many as a page holds.
        identity: SHA-256 of the run's catalogue.
        mosaic: Mosaic underneath.
        comparison: Edited catalogue, which the map shows, compared with the run; None for a map of
            the run.
        left_out: Number of smaller craters of the run that the page does not hold.
        min_score: Score about which craters are doubtful.
        closeups: Number of the most doubtful craters that may have closeups.
    """
    collection = describe_collection(
        replace(detected.info, properties={**detected.properties, REVIEW_OF: identity})
    )
    smallest = float(detected.diameters.min()) if left_out else 0.0
    collection["catalogue"]["limits"] = {"min_score": 0.0, "min_diameter": smallest}
    ellipses = compute_ellipses(detected.positions, detected.diameters, mosaic)
    table, start, key = detected.craters, None, identity
    if comparison is not None:
        start = make_marks(comparison, detected)
        key += f" {hashlib.sha256(to_json(start).encode()).hexdigest()}"
    tile_names, tiles = np.unique(table["tile"].to_numpy(str), return_inverse=True)
    data: dict[str, Any] = to_plain(
        ReviewData(
            identity,
            key,
            detected.columns.names,
            table["crater_id"].tolist(),
            table["level"].tolist(),
            tile_names.tolist(),
            tiles.tolist(),
            collection,
            make_lattice(mosaic.grid, mosaic.pixel_size_m) if mosaic.has_crs else None,
            _make_closeups(detected, ellipses, mosaic, min_score, closeups),
            start,
            None if start is None else _encode_columns(make_columns(detected, ellipses)),
        )
    )
    return data


def _encode_columns(columns: dict[str, NDArray[Any]]) -> dict[str, str]:
    return {
        name: base64.b64encode(column.astype(float).tobytes()).decode()
        for name, column in columns.items()
    }


def _make_closeups(
    detected: Catalogue,
    ellipses: dict[str, NDArray[Any]],
    mosaic: Mosaic,
    min_score: float,
    most: int,
) -> dict[int, Closeup]:
    doubt = np.abs(np.nan_to_num(detected.scores, nan=1.0) - min_score)
    return make_closeups(
        mosaic,
        ellipses["x"].astype(float),
        -ellipses["y"].astype(float),
        np.maximum(ellipses["width"], ellipses["height"]).astype(float),
        np.argsort(doubt, kind="stable")[:most],
    )
