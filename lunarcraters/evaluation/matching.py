"""Matching detections with reference craters, one-to-one.

Some craters are ignored, because the comparison can say nothing about them: references that are
clipped by the edge of a label tile, have another size than asked for, or lie off the ground that
was searched or off that of the reference; and unmatched detections that cross the edge of their
label tile, have another size, or lie off either ground, as craters on the outline of a count do. A
detection that matches an ignored reference is neither true nor false.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.review_state import find_confirmed
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, warn
from lunarcraters.evaluation.reference import Reference
from lunarcraters.evaluation.rules import Rule
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import find_close_pairs

Float = NDArray[np.float64]
Index = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Matches:
    """n detections and m references, and the pairs of them that are the same crater.

    Lengths are in km, or in pixels without a coordinate system.

    Attributes:
        score: Scores of the detections, (n,); NaN where there is none, and for craters that were
            confirmed by eye, which count whatever their scores.
        detected: Diameters of the detections, (n,).
        deviation: Standard deviations of the detected diameters, (n,); NaN where not known.
        reference_of: Index of the reference that each detection matches, (n,); -1 for none.
        counted: True for detections that are true or false, (n,); the others are ignored.
        offset: Detection less reference, east and north (or x and y), (n, 2); NaN unmatched.
        reference: Diameters of the references, (m,).
        reference_counted: True for references that count, (m,); the others are ignored.
    """

    score: Float
    detected: Float
    deviation: Float
    reference_of: Index
    counted: Bool
    offset: Float
    reference: Float
    reference_counted: Bool

    @property
    def true(self) -> Bool:
        """True for detections that count and match a reference, (n,)."""
        return self.counted & (self.reference_of >= 0)

    def above(self, threshold: float | None) -> Bool:
        """Tell which detections score enough, or have no score, (n,).

        Args:
            threshold: Score from which a detection counts; None where all do.
        """
        return ~(self.score < (-np.inf if threshold is None else threshold))


def pool_matches(parts: Sequence[Matches]) -> Matches:
    """Put the matches of several images together as if they were one."""
    starts = np.cumsum([0, *(len(part.reference) for part in parts)])
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Matches)
    }
    shifted = [
        np.where(part.reference_of >= 0, part.reference_of + start, -1)
        for part, start in zip(parts, starts.tolist(), strict=False)
    ]
    return Matches(**{**columns, "reference_of": np.concatenate(shifted)})


def match_craters(
    detections: Catalogue,
    reference: Reference,
    rule: Rule,
    *,
    min_diameter: float = 0.0,
    max_diameter: float = np.inf,
) -> Matches:
    """Match detections to references, one-to-one, highest score first.

    Each detection takes the best reference that is still free, and an ignored one only if there
    is no other (as COCO's evaluation does).

    Args:
        detections: Catalogue to score.
        reference: Reference craters.
        rule: Condition under which a detection and a reference are the same crater.
        min_diameter: Smallest crater that counts, km or pixels.
        max_diameter: Largest crater that counts, km or pixels.

    Raises:
        CatalogueError: One is in pixels, the other on the Moon; or one has no positions; or labels
            are of a smaller image than the one searched. A `CratersWarning` tells of labels of an
            image of another name.
    """
    _check_same_body(detections, reference)
    if reference.image is not None:
        _check_same_image(detections, reference.image, reference)
    sizes, positions = detections.diameters, detections.positions
    limits = min_diameter, max_diameter
    reference_counted = _within(reference.diameters, *limits) & ~reference.clipped
    judged = _within(sizes, *limits) & ~reference.crosses_edge(positions, sizes)
    for ground in (detections.footprint, reference.footprint):
        reference_counted &= _on_ground(ground, reference.positions)
        judged &= _on_ground(ground, positions)
    scores = np.where(find_confirmed(detections.craters), np.nan, detections.scores)
    i, j, offset = _match_pairs(detections, scores, reference, rule, reference_counted)
    reference_of = np.full(len(sizes), -1)
    reference_of[i] = j
    offsets = np.full((len(sizes), 2), np.nan)
    offsets[i] = offset
    to_counted = np.zeros(len(sizes), dtype=bool)
    to_counted[i] = reference_counted[j]
    return Matches(
        score=scores,
        detected=sizes,
        deviation=detections.deviations,
        reference_of=reference_of,
        counted=np.where(reference_of >= 0, to_counted, judged),
        offset=offsets,
        reference=reference.diameters,
        reference_counted=reference_counted,
    )


def _check_same_body(detections: Catalogue, reference: Reference) -> None:
    """Refuse a reference without positions, in pixels of an image, or of another body."""
    reference.require_positions()
    if detections.has_crs != reference.has_crs:
        raise CatalogueError(
            "the catalogue is in pixels and the reference on the Moon, or the other way round: "
            "detect on a mosaic with a coordinate system, or give a reference in pixels"
        )
    if not detections.info.is_on_body(reference.radius_m):
        raise CatalogueError(
            "the catalogue and the reference are of bodies of other radii: give a reference of the "
            "body that was searched"
        )


def _check_same_image(detections: Catalogue, image: Path, reference: Reference) -> None:
    """Refuse labels of an image that is smaller than the one searched, and tell of another name."""
    searched = detections.info.properties.get("input")
    name, ground = f"the image {searched}" if searched else "the image", detections.footprint
    if ground is not None and reference.tiles is not None:
        _, right, _, bottom = reference.tiles[0]
        if ground.bounds[2] > right + 0.5 or ground.bounds[3] > bottom + 0.5:
            raise CatalogueError(
                f"the labels are of {image}, {right:.0f} x {bottom:.0f} pixels, and {name} that "
                "was searched is larger: give the labels of that image"
            )
    if searched and Path(searched).stem != image.stem:
        warn(
            f"the labels are of {image}, and {searched} was searched: where they are not the same "
            "image, give the labels of the latter"
        )


def _match_pairs(
    detections: Catalogue, scores: Float, reference: Reference, rule: Rule, reference_counted: Bool
) -> tuple[Index, Index, Float]:
    """Detections and references that match, (k,) each, and their offsets, (k, 2)."""
    sizes, positions = detections.diameters, detections.positions
    i, j = find_close_pairs(
        _to_space(positions, reference),
        sizes,
        _to_space(reference.positions, reference),
        reference.diameters,
        reach=rule.reach * (1.0 + 1e-9),
        max_ratio=rule.max_ratio * (1.0 + 1e-9),
    )
    offset = _offsets(positions[i], reference.positions[j], reference)
    quality = rule.quality(offset, sizes[i], reference.diameters[j], reference.boxes[j])
    chosen = _assign(i, j, quality, scores, reference_counted)
    return i[chosen], j[chosen], offset[chosen]


def _assign(i: Index, j: Index, quality: Float, score: Float, counted: Bool) -> Index:
    """Choose the rows of the pairs (i, j) that become matches."""
    fits = np.flatnonzero(~np.isnan(quality))
    # Without a score (catalogue against catalogue) the order is that of the table, by size.
    value = np.nan_to_num(score, nan=1.0)[i[fits]]
    fits = fits[np.lexsort((j[fits], -quality[fits], ~counted[j[fits]], i[fits], -value))]
    taken_i: set[int] = set()
    taken_j: set[int] = set()
    chosen = []
    for row, one, other in zip(fits.tolist(), i[fits].tolist(), j[fits].tolist(), strict=True):
        if one not in taken_i and other not in taken_j:
            taken_i.add(one)
            taken_j.add(other)
            chosen.append(row)
    return np.array(chosen, dtype=np.int64)


def _within(diameters: Float, low: float, high: float) -> Bool:
    return np.asarray((diameters >= low) & (diameters <= high))


def _on_ground(ground: BaseGeometry | None, positions: Float) -> Bool:
    """True for positions on a footprint; for all where it is not known."""
    if ground is None:
        return np.ones(len(positions), dtype=bool)
    shapely.prepare(ground)
    return np.asarray(shapely.intersects_xy(ground, positions[:, 0], positions[:, 1]))


def _to_space(positions: Float, reference: Reference) -> Float:
    """Convert positions to points whose straight distances are at most those on the sphere."""
    if reference.radius_m is None:
        return positions
    return sphere.unit_vectors(*positions.T) * reference.radius_m / 1000.0


def _offsets(positions: Float, origins: Float, reference: Reference) -> Float:
    """Offsets of positions from origins, east and north, true in distance, km (or pixels)."""
    if reference.radius_m is None:
        return positions - origins
    (lon, lat), (lon0, lat0) = positions.T, origins.T
    step = sphere.unit_vectors(lon, lat) - sphere.unit_vectors(lon0, lat0)
    lon0_rad, lat0_rad = np.radians(lon0), np.radians(lat0)
    east = -np.sin(lon0_rad) * step[:, 0] + np.cos(lon0_rad) * step[:, 1]
    outward = np.cos(lon0_rad) * step[:, 0] + np.sin(lon0_rad) * step[:, 1]
    north = np.cos(lat0_rad) * step[:, 2] - np.sin(lat0_rad) * outward
    plane = np.column_stack([east, north])
    length = np.linalg.norm(plane, axis=1)
    arc = sphere.distance_km(lon, lat, lon0, lat0, reference.radius_m)
    return plane * (arc / np.where(length > 0.0, length, 1.0))[:, None]
