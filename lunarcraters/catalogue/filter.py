"""Filtering a catalogue by the size and place of its craters."""

import json
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.export_limits import ExportLimits
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import OptionError
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.geometry.area import Area
from lunarcraters.geometry.touching import may_touch

Float = NDArray[np.float64]

_HULL_MARGIN_M, _HULL_MARGIN_PX = 1.0, 1e-3  # by which the craters on a hull are within it


@dataclass(frozen=True)
class CraterFilter:
    """Conditions on the craters of a catalogue.

    Attributes:
        min_diameter: Smallest diameter, km (pixels where there is no coordinate system).
        max_diameter: Largest diameter, km (pixels).
        area: Area in which centres lie; None for everywhere. With it, craters count as a whole.
        fractions: True for all craters that touch the area, each with the part of it that lies
            inside as the column `fraction`; of a catalogue with fractions, inside both areas.
    """

    min_diameter: float = 0.0
    max_diameter: float = np.inf
    area: Area | None = None
    fractions: bool = False

    def __post_init__(self) -> None:
        """Check that the conditions leave something.

        Raises:
            OptionError: No diameter is in the range, or fractions have no area.
        """
        if not self.min_diameter <= self.max_diameter:
            raise OptionError(
                f"min_diameter is {self.min_diameter:g} and max_diameter {self.max_diameter:g}: "
                "give numbers, the smaller one first"
            )
        if self.fractions and self.area is None:
            raise OptionError("fractions are of an area: give an area too")

    def limits(self, min_score: float, earlier: ExportLimits | None = None) -> ExportLimits:
        """Describe the craters that are left of a run.

        Args:
            min_score: Lowest score of these craters.
            earlier: Limits of the catalogue that is filtered; None for a run.
        """
        before = earlier or ExportLimits()
        largest = min(self.max_diameter, before.max_diameter or np.inf)
        limits = ExportLimits(
            max(min_score, before.min_score),
            float(max(self.min_diameter, before.min_diameter)),
            float(largest) if np.isfinite(largest) else None,
            before.area,
            before.area_crs,
            before.fractions,
            before.without_clusters,
        )
        if self.area is None:
            return limits
        earlier_area = before.read_area()
        area = self.area if earlier_area is None else self.area.intersect(earlier_area)
        outline = json.loads(str(shapely.to_geojson(area.outline)))
        crs = None if area.crs is None else area.crs.to_wkt()
        parts = self.fractions and (earlier_area is None or before.fractions)
        return replace(limits, area=outline, area_crs=crs, fractions=parts)

    def apply(self, catalogue: Catalogue) -> Catalogue:
        """Take the craters that meet the conditions; identifiers are kept."""
        diameters, filtered = catalogue.diameters, catalogue
        sized = (diameters >= self.min_diameter) & (diameters <= self.max_diameter)
        if not sized.all():  # a copy of a million craters for each of many areas takes minutes
            filtered = catalogue.rows(sized)
        if self.area is None:
            return filtered
        if not self.fractions:
            return take_centred(filtered.rows(self.area.contains(*filtered.positions.T)))
        filtered = filtered.rows(may_touch(self.area, filtered.positions, filtered.diameters))
        shares = _compute_fractions(self.area, filtered)
        return filtered.with_fractions(shares).rows(shares > 0.0)


def take_centred(catalogue: Catalogue) -> Catalogue:
    """Take craters as a whole: of those with fractions the ones whose centre is on their ground.

    Args:
        catalogue: Craters, perhaps with fractions; all of them are taken where the ground is not
            known.
    """
    if FRACTION not in catalogue.craters:
        return catalogue
    taken = catalogue
    if catalogue.footprint is not None:
        ground = Area(catalogue.footprint, catalogue.crs)
        cut = ~(catalogue.craters[FRACTION].to_numpy(float) >= 1.0)
        inside = ~cut
        inside[cut] = ground.contains(*catalogue.positions[cut].T)
        taken = catalogue.rows(inside)
    return Catalogue.from_table(taken.craters.drop(columns=FRACTION), taken.info)


def _compute_fractions(area: Area, catalogue: Catalogue) -> Float:
    """Compute the part of each crater that lies in an area and on the ground counted before, (n,).

    A crater whose earlier fraction is 1 lies on that ground as a whole. One that the outlines of
    both cut has the part that lies within both; where the ground is not known, the smaller one.
    A crater that a person added has no earlier fraction.
    """
    fractions = area.compute_shares(catalogue.positions, catalogue.diameters)
    if FRACTION not in catalogue.craters:
        return fractions
    earlier = catalogue.craters[FRACTION].to_numpy(float)
    cut = np.isnan(earlier) | (np.maximum(earlier, fractions) < 1.0)
    fractions = np.fmin(earlier, fractions)
    if catalogue.info.footprint is not None and cut.any():
        ground = area.intersect(Area(catalogue.info.footprint, catalogue.info.crs))
        on_edge = catalogue.rows(cut)
        shares = ground.compute_shares(on_edge.positions, on_edge.diameters)
        fractions[cut] = np.minimum(fractions[cut], shares)
    return fractions


def measure_fractions(catalogue: Catalogue) -> Catalogue:
    """Fill in the parts of craters that have none, where the others have one.

    Args:
        catalogue: Craters; a part that is not known is that on the ground of the catalogue, or the
            crater as a whole where the ground is not known.
    """
    if FRACTION not in catalogue.craters:
        return catalogue
    fractions = catalogue.craters[FRACTION].to_numpy(float, copy=True)
    missing = np.isnan(fractions)
    fractions[missing] = 1.0
    if catalogue.footprint is not None and missing.any():
        ground, added = Area(catalogue.footprint, catalogue.crs), catalogue.rows(missing)
        fractions[missing] = ground.compute_shares(added.positions, added.diameters)
    return catalogue.with_fractions(fractions)


def enclose(
    catalogue: Catalogue, enclosing: NDArray[np.bool_], confirmed: NDArray[np.bool_]
) -> ExportLimits:
    """Find the narrowest limits that contain some craters: the area is their convex hull.

    Exports keep craters that a person confirmed whatever they score. The lowest score is that of
    the other ones if most craters of the catalogue within the limits that score less are not among
    those to contain: else it is the person who left few others.

    Args:
        catalogue: Catalogue of n craters.
        enclosing: True for the craters that the limits contain, at least one, (n,).
        confirmed: True for those that a person confirmed, (n,).
    """
    inner = catalogue.rows(enclosing)
    (x, y), crs, margin = inner.positions.T, None, _HULL_MARGIN_PX
    if inner.radius_m is not None:
        middle = sphere.unit_vectors(x, y).mean(axis=0)
        lon, lat = (float(angle) for angle in sphere.vectors_to_lonlat(middle))
        crs, margin = stereographic.local_frame(lon, lat, inner.radius_m), _HULL_MARGIN_M
        x, y = sphere.from_lonlat(crs, x, y)
    points = np.column_stack([x, y])  # one opposite the middle is at no place
    hull = shapely.convex_hull(shapely.multipoints(points[np.isfinite(points).all(axis=1)]))
    outline = shapely.buffer(hull, margin, join_style="mitre")
    limits = ExportLimits(
        float(np.nanmin(inner.scores, initial=1.0)),
        float(inner.diameters.min()),
        float(inner.diameters.max()),
        json.loads(str(shapely.to_geojson(outline))),
        None if crs is None else crs.to_wkt(),
    )
    others = catalogue.scores[enclosing & ~confirmed]
    within = limits.contain(catalogue.positions, catalogue.diameters, catalogue.scores)
    least = float(np.nanmin(others, initial=1.0))
    below = enclosing[within & (catalogue.scores < least)]
    is_exempt = len(others) and 2 * below.sum() < len(below)
    return replace(limits, min_score=least) if is_exempt else limits
