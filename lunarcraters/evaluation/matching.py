"""Which detection is which reference crater, and which craters are left out of the score.

Left out (ignored) are craters about which the comparison can say nothing: references clipped by
the edge of a label tile, outside the sizes asked for, or off the ground that was searched; and
unmatched detections that cross the edge of their label tile, are of other sizes, or lie off the
ground that the reference covers. A detection matched to an ignored reference is neither true nor
false.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.reference import Reference
from lunarcraters.evaluation.rules import Rule
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import close_pairs

Float = NDArray[np.float64]
Index = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Matches:
    """n detections and m references, one-to-one where they match. Lengths in km or pixels.

    Attributes:
        score: Scores of the detections, (n,); NaN where there is none.
        detected: Diameters of the detections, (n,).
        deviation: Their standard deviations, (n,); NaN where not known.
        reference_of: The reference each detection matches, (n,); -1 where none.
        counted: Detections that are true or false, (n,); the others are ignored.
        offset: Detection less reference, east and north (or x and y), (n, 2); NaN unmatched.
        reference: Diameters of the references, (m,).
        reference_counted: References to be found, (m,); the others are ignored.
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
        """Detections that are true, (n,)."""
        return self.counted & (self.reference_of >= 0)


def pooled(parts: Sequence[Matches]) -> Matches:
    """Matches of several comparisons as one."""
    starts = np.cumsum([0, *(len(part.reference) for part in parts)])
    columns = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Matches)
    }
    moved = [
        np.where(part.reference_of >= 0, part.reference_of + start, -1)
        for part, start in zip(parts, starts.tolist(), strict=False)
    ]
    return Matches(**{**columns, "reference_of": np.concatenate(moved)})


def match(
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
        detections: The catalogue to be scored.
        reference: What it is scored against.
        rule: When the two are one crater.
        min_diameter: Smallest crater that counts, km or pixels.
        max_diameter: Largest crater that counts.

    Raises:
        CatalogueError: One is in pixels, the other on the Moon.
    """
    if detections.is_pixels != reference.is_pixels:
        raise CatalogueError(
            "the catalogue is in pixels and the reference on the Moon, or the other way round: "
            "detect on a mosaic with a coordinate system, or give a reference in pixels"
        )
    sizes, positions = detections.diameters, detections.positions
    reference_counted = ~reference.clipped & _within(
        reference.diameters, min_diameter, max_diameter
    )
    reference_counted &= _on(detections.footprint, reference.positions)
    i, j = close_pairs(
        _space(positions, reference),
        sizes,
        _space(reference.positions, reference),
        reference.diameters,
        reach=rule.reach * (1.0 + 1e-9),
        max_ratio=rule.max_ratio * (1.0 + 1e-9),
    )
    offset = _offsets(positions[i], reference.positions[j], reference)
    quality = rule.quality(offset, sizes[i], reference.diameters[j], reference.boxes[j])
    chosen = _assign(i, j, quality, detections.scores, reference_counted)
    reference_of = np.full(len(sizes), -1)
    reference_of[i[chosen]] = j[chosen]
    offsets = np.full((len(sizes), 2), np.nan)
    offsets[i[chosen]] = offset[chosen]
    judged = _within(sizes, min_diameter, max_diameter) & _on(reference.footprint, positions)
    judged &= ~reference.crosses_edge(positions, sizes)
    matched = reference_of >= 0
    to_counted = np.zeros(len(sizes), dtype=bool)
    to_counted[matched] = reference_counted[reference_of[matched]]
    return Matches(
        score=detections.scores,
        detected=sizes,
        deviation=detections.deviations,
        reference_of=reference_of,
        counted=np.where(matched, to_counted, judged),
        offset=offsets,
        reference=reference.diameters,
        reference_counted=reference_counted,
    )


def pool(matches: Sequence[Matches]) -> Matches:
    """The matches of several images as one."""
    joined = {
        field.name: np.concatenate([getattr(one, field.name) for one in matches])
        for field in fields(Matches)
    }
    starts = np.cumsum([0, *(len(one.reference) for one in matches[:-1])])
    joined["reference_of"] = np.concatenate(
        [
            np.where(one.reference_of >= 0, one.reference_of + start, -1)
            for one, start in zip(matches, starts, strict=True)
        ]
    )
    return Matches(**joined)


def _assign(i: Index, j: Index, quality: Float, score: Float, counted: Bool) -> Index:
    """Rows of the pairs (i, j) that become matches."""
    fits = np.flatnonzero(~np.isnan(quality))
    # Without a score (catalogue against catalogue) all are equal, and go by order: by size.
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


def _on(ground: BaseGeometry | None, positions: Float) -> Bool:
    """Positions on a footprint; all of them where it is not known."""
    if ground is None:
        return np.ones(len(positions), dtype=bool)
    shapely.prepare(ground)
    return np.asarray(shapely.intersects_xy(ground, positions[:, 0], positions[:, 1]))


def _space(positions: Float, reference: Reference) -> Float:
    """Positions in which straight distances are no longer than those on the sphere."""
    if reference.radius_m is None:
        return positions
    return sphere.unit_vectors(*positions.T) * reference.radius_m / 1000.0


def _offsets(positions: Float, origins: Float, reference: Reference) -> Float:
    """East and north of positions as seen from origins, true in distance, km (or pixels)."""
    if reference.radius_m is None:
        return positions - origins
    (lon, lat), (lon0, lat0) = positions.T, origins.T
    step = sphere.unit_vectors(lon, lat) - sphere.unit_vectors(lon0, lat0)
    turn, tilt = np.radians(lon0), np.radians(lat0)
    east = -np.sin(turn) * step[:, 0] + np.cos(turn) * step[:, 1]
    outward = np.cos(turn) * step[:, 0] + np.sin(turn) * step[:, 1]
    north = np.cos(tilt) * step[:, 2] - np.sin(tilt) * outward
    plane = np.column_stack([east, north])
    length = np.linalg.norm(plane, axis=1)
    arc = sphere.distance_km(lon, lat, lon0, lat0, reference.radius_m)
    return plane * (arc / np.where(length > 0.0, length, 1.0))[:, None]
