"""Comparison of a catalogue and a reference by size alone, where one has no positions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.csfd import count_groups
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.exported import choose_threshold, warn_of_sizes
from lunarcraters.evaluation.reference import Reference, from_catalogue

Float = NDArray[np.float64]


@dataclass(frozen=True)
class SizeBin:
    """Craters of one bin of diameters on both sides.

    A crater partly inside the area counted on counts for that part.

    Attributes:
        low: Lower edge, km.
        high: Upper edge, km; diameters are below it. Null for no limit.
        references: Number of references.
        detections: Number of detections.
        references_per_km2: References per km^2; null where their area is not known.
        detections_per_km2: Detections per km^2; null where their area is not known.
        ratio: Detections per km^2 over references per km^2; null where one is not known or 0.
        ratio_error: Standard deviation of the ratio, by Poisson errors; null where the ratio is.
    """

    low: float
    high: float | None
    references: float
    detections: float
    references_per_km2: float | None
    detections_per_km2: float | None
    ratio: float | None
    ratio_error: float | None


@dataclass(frozen=True)
class SizeComparison:
    """A catalogue compared with a reference bin by bin, without matching craters.

    Attributes:
        references: Number of references that count.
        detections: Number of detections that count.
        reference_km2: Area on which the references were counted, km^2; null where not known.
        detection_km2: Area on which the detections were counted, km^2; null where not known.
        min_diameter: Smallest crater that counts, km.
        max_diameter: Largest crater that counts, km; null for no limit.
        min_score: Score, or operating point, from which a detection counts; null for all.
        bins: Counts by diameter.
    """

    references: float
    detections: float
    reference_km2: float | None
    detection_km2: float | None
    min_diameter: float
    max_diameter: float | None
    min_score: str | None
    bins: tuple[SizeBin, ...]

    def record(self) -> "SizeComparison":
        """Give the record that `craters evaluate --json` prints: the comparison itself."""
        return self


def compare_sizes(
    catalogue: Catalogue,
    reference: Reference,
    *,
    min_diameter: float = 0.0,
    max_diameter: float = float("inf"),
    min_score: float | str | None = None,
    bins: Sequence[float] | None = None,
) -> SizeComparison:
    """Compare a catalogue with a reference by size.

    Args:
        catalogue: Detections.
        reference: Reference craters.
        min_diameter: Smallest crater that counts, km.
        max_diameter: Largest crater that counts, km.
        min_score: Score, or operating point, from which a detection counts; None for "balanced"
            where there is one, or for the score of an export if it is higher, else for all.
        bins: Lower edges of the diameter bins, rising, km; None for factors of sqrt(2).

    Raises:
        CatalogueError: One is in pixels, or neither has a crater that counts.
    """
    if not (catalogue.has_crs and reference.has_crs):
        raise CatalogueError(
            "a count on an area in km2 and craters in pixels cannot be compared: detect on a "
            "mosaic with a coordinate system"
        )
    min_score = choose_threshold(catalogue.info) if min_score is None else min_score
    counted = catalogue if min_score is None else catalogue.filter(min_score)
    ours = _within(counted.diameters, from_catalogue(counted).fractions, min_diameter, max_diameter)
    theirs = _within(reference.diameters, reference.fractions, min_diameter, max_diameter)
    warn_of_sizes(catalogue.info, theirs[0])
    if not len(ours[0]) + len(theirs[0]):
        raise CatalogueError("no crater has a size that counts: change --min-diameter")
    sizes, shares = zip(theirs, ours, strict=True)
    edges, counts = count_groups(sizes, shares, None if bins is None else np.append(bins, np.inf))
    areas = reference.area_km2, catalogue.footprint_area_km2
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), *counts, strict=True)
    return SizeComparison(
        references=sum(counts[0]),
        detections=sum(counts[1]),
        reference_km2=areas[0],
        detection_km2=areas[1],
        min_diameter=min_diameter,
        max_diameter=None if max_diameter == float("inf") else max_diameter,
        min_score=None if min_score is None else str(min_score),
        bins=tuple(_bin(low, high, n, m, areas) for low, high, n, m in rows),
    )


def _within(sizes: Float, fractions: Float | None, low: float, high: float) -> tuple[Float, Float]:
    """Sizes within limits, and the parts for which they count."""
    kept = (sizes >= low) & (sizes <= high)
    return sizes[kept], np.ones(int(kept.sum())) if fractions is None else fractions[kept]


def _bin(
    low: float,
    high: float,
    references: float,
    detections: float,
    areas: tuple[float | None, float | None],
) -> SizeBin:
    expected, measured = (
        count / area if area else None
        for count, area in zip((references, detections), areas, strict=True)
    )
    ratio = measured / expected if measured and expected else None
    error = None if ratio is None else ratio * (1.0 / references + 1.0 / detections) ** 0.5
    return SizeBin(
        low=low,
        high=None if high == float("inf") else high,
        references=references,
        detections=detections,
        references_per_km2=expected,
        detections_per_km2=measured,
        ratio=ratio,
        ratio_error=error,
    )
