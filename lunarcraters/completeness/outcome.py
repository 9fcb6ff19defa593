"""The outcome: which planted craters came back, and how well placed and measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.completeness.freshness import compute_freshness
from lunarcraters.completeness.plan import Planned
from lunarcraters.completeness.plants import SIMPLE_KM
from lunarcraters.completeness.sampling import Circles, CraterArrays, locate
from lunarcraters.detection.band_merging import OctaveRange, merge_duplicates
from lunarcraters.geometry.circles import circle_iou
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.score_calibration import calibrate_scores
from lunarcraters.tiling.source import TileSource

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

MIN_IOU = 0.5
"""Intersection over union from which a detection is the planted crater."""


@dataclass(frozen=True, eq=False)
class Outcome(CraterArrays):
    """Planted craters and what came back of them.

    Attributes:
        diameter: Planted diameters, km or pixels of the mosaic, (n,).
        wear: Diffusion lengths over the radius, (n,).
        freshness: Freshness, 0 to 1, (n,).
        found: True for those that were detected, (n,).
        score: Calibrated scores of the detections, (n,); 0 where there is none.
        log_ratio: ln(detected / planted diameter), (n,); NaN where there is none.
        offset: Distances of the centres, planted diameters, (n,); NaN where there is none.
    """

    diameter: Float
    wear: Float
    freshness: Float
    found: Bool
    score: Float
    log_ratio: Float
    offset: Float


def judge(
    planned: Sequence[Planned],
    detections: Mapping[str, pd.DataFrame],
    source: TileSource,
    description: CatalogueInfo,
    info: ModelInfo,
) -> Outcome:
    """Compare planted craters with detections, one-to-one, highest score first.

    Args:
        planned: Regions and what was planted in them.
        detections: Detections of each region by its name, of all octaves.
        source: Source of the run.
        description: Description of the run's catalogue.
        info: Model description as it holds for the run.
    """
    parts = [
        _judge_region(one, detections[one.region.name], source, description, info)
        for one in planned
    ]
    return Outcome(
        *(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Outcome))
    )


def _judge_region(
    planned: Planned,
    table: pd.DataFrame,
    source: TileSource,
    description: CatalogueInfo,
    info: ModelInfo,
) -> Outcome:
    sites = planned.sites
    circles, scores = _merge(planned, table, source, description, info)
    plants = locate(sites.positions, sites.diameters, planned.region, source)
    distance = np.hypot(circles.x[:, None] - plants.x, circles.y[:, None] - plants.y)
    detected, planted = np.broadcast_arrays(circles.diameter[:, None], plants.diameter)
    near = distance < planted  # others have less overlap than what counts
    iou = np.zeros_like(distance)
    iou[near] = circle_iou(distance[near], detected[near], planted[near])
    of_plant = _assign(iou, scores)
    found = of_plant >= 0
    sizes_km = sites.diameters if description.has_crs else np.full(len(sites.diameters), SIMPLE_KM)
    fresh = [float(compute_freshness(d, w)) for d, w in zip(sizes_km, sites.wear, strict=True)]
    matched = of_plant[found]
    score, log_ratio, offset = (np.full(len(found), value) for value in (0.0, np.nan, np.nan))
    score[found] = scores[matched]
    log_ratio[found] = np.log(circles.diameter[matched] / plants.diameter[found])
    offset[found] = distance[matched, np.flatnonzero(found)] / plants.diameter[found]
    freshness = np.array(fresh, float)
    return Outcome(sites.diameters, sites.wear, freshness, found, score, log_ratio, offset)


def _merge(
    planned: Planned,
    table: pd.DataFrame,
    source: TileSource,
    description: CatalogueInfo,
    info: ModelInfo,
) -> tuple[Circles, Float]:
    """Merge the detections of a region as a run does, with calibrated scores."""
    if table.empty:
        return Circles(*np.empty((3, 0))), np.empty(0)
    columns, tiles = description.columns, planned.region.tiles
    octaves = OctaveRange(source.mosaic, tiles[0].level, tiles[-1].level + 1, info.diameters_px)
    _, merged = merge_duplicates(table, description, octaves)
    raw, diameters_px, diameters = (
        merged[name].to_numpy(float) for name in (columns.score, "mosaic_px", columns.diameter)
    )
    positions = merged[[columns.x, columns.y]].to_numpy(float)
    circles = locate(positions, diameters, planned.region, source)
    return circles, calibrate_scores(raw, diameters_px, info)


def _assign(iou: Float, scores: Float) -> Index:
    """Detection of each planted crater; -1 for none."""
    of_plant = np.full(iou.shape[1], -1)
    if not iou.size:
        return of_plant
    for detection in np.argsort(-scores, kind="stable").tolist():
        overlap = np.where(of_plant < 0, iou[detection], 0.0)
        best = int(np.argmax(overlap))
        if overlap[best] >= MIN_IOU:
            of_plant[best] = detection
    return of_plant
