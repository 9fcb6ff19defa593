"""The data of the review mode: what the map does not hold, and the head of the saved file."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lunarcraters.catalogue.formats.geojson import describe_collection
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.records import to_plain
from lunarcraters.report.closeups import Closeup, make_closeups
from lunarcraters.report.ground import GroundLattice, make_lattice
from lunarcraters.report.map import compute_ellipses


@dataclass(frozen=True)
class ReviewData:
    """What the page needs to review its craters and to save them.

    Attributes:
        identity: SHA-256 of the run's catalogue; reviews of different runs are kept apart by it.
        columns: Names of the columns of a crater, in the order of the saved file.
        ids: Identifiers, (n,).
        levels: Octaves, (n,).
        tile_names: Names of the tiles.
        tiles: Index of each crater's tile in `tile_names`, (n,).
        collection: Members of the saved GeoJSON but its features.
        ground: Lattice of the mosaic's places on the Moon; null for an image without coordinates.
        closeups: Closeups by row.
    """

    identity: str
    columns: tuple[str, ...]
    ids: list[str]
    levels: list[int]
    tile_names: list[str]
    tiles: list[int]
    collection: dict[str, Any]
    ground: GroundLattice | None
    closeups: dict[int, Closeup]


def make_review_data(
    shown: Catalogue,
    catalogue: Path,
    mosaic: Mosaic,
    *,
    left_out: int,
    min_score: float,
    closeups: int,
) -> dict[str, Any]:
    """Make the data of the review mode, as JSON.

    Args:
        shown: Craters of the page.
        catalogue: File of the run's catalogue.
        mosaic: Mosaic underneath.
        left_out: Number of smaller craters of the run that the page does not hold.
        min_score: Score about which craters are doubtful.
        closeups: Number of the most doubtful craters that may have closeups.
    """
    identity = hashlib.sha256(catalogue.read_bytes()).hexdigest()
    collection = describe_collection(
        replace(shown.info, properties={**shown.properties, "review_of": identity})
    )
    smallest = float(shown.diameters.min()) if left_out else 0.0
    collection["catalogue"]["limits"] = {"min_score": 0.0, "min_diameter": smallest}
    table = shown.craters
    tile_names, tiles = np.unique(table["tile"].to_numpy(str), return_inverse=True)
    data: dict[str, Any] = to_plain(
        ReviewData(
            identity,
            shown.columns.names,
            table["crater_id"].tolist(),
            table["level"].tolist(),
            tile_names.tolist(),
            tiles.tolist(),
            collection,
            make_lattice(mosaic.grid, mosaic.pixel_size_m) if mosaic.has_crs else None,
            _make_closeups(shown, mosaic, min_score, closeups),
        )
    )
    return data


def _make_closeups(
    shown: Catalogue, mosaic: Mosaic, min_score: float, most: int
) -> dict[int, Closeup]:
    ellipses = compute_ellipses(shown.positions, shown.diameters, mosaic)
    doubt = np.abs(np.nan_to_num(shown.scores, nan=1.0) - min_score)
    return make_closeups(
        mosaic,
        ellipses["x"].astype(float),
        -ellipses["y"].astype(float),
        np.maximum(ellipses["width"], ellipses["height"]).astype(float),
        np.argsort(doubt, kind="stable")[:most],
    )
