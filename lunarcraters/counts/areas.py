"""Craters counted on areas with names: whole ones, parts of them, or on ground that is widened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path

import numpy as np

from lunarcraters.catalogue.binning import Binning, edges_between
from lunarcraters.catalogue.csfd import SizeFrequency, count_by_size, require_craters
from lunarcraters.catalogue.filter import CraterFilter, take_centred
from lunarcraters.catalogue.format_names import WITH_GROUND
from lunarcraters.catalogue.ground import clip_outline, describe_ground, warn_of_unread_tiles
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.counts.binned import BinnedCount
from lunarcraters.counts.buffered import WidenedGround
from lunarcraters.counts.edge_names import EdgeName
from lunarcraters.detection.run import SearchedGround, read_detections
from lunarcraters.errors import AreaError, CatalogueError, warn
from lunarcraters.geometry.area import Area

WHOLE = "all"
"""Name of the ground of a catalogue that no areas divide."""

_NO_AREA = (
    "the area that the craters were counted on is not known: give its outline with --area, or give "
    "a run, or what craters export wrote of one (of a catalogue with --area) as .diam, "
    f"{WITH_GROUND}"
)


@dataclass(frozen=True, eq=False)
class AreaCount:
    """The craters of any score that count on one area.

    Attributes:
        name: Name of the area.
        catalogue: Craters; the column `fraction` where one counts for the part of it that lies
            inside. Its footprint is the ground of the area that was searched, but None where a run
            was counted without `outlines`.
        area_km2: Ground of the area that was searched, km^2; 0 where nothing of it was.
        widened: Ground on which craters of each size count; None where all sizes have one ground.
    """

    name: str
    catalogue: Catalogue
    area_km2: float
    widened: WidenedGround | None = None

    def count(
        self,
        min_score: float,
        binning: Binning = "sqrt2",
        span: tuple[float, float] | None = None,
    ) -> SizeFrequency:
        """Count the craters that score enough by size.

        Args:
            min_score: Lowest score; craters without one, and those confirmed by eye, count too.
            binning: Convention of the bins.
            span: Smallest and largest diameter that the bins hold at least, km.
        """
        craters = self.catalogue.above_score(min_score)
        counted = count_by_size(craters, self.area_km2, binning, span)
        if self.widened is None:
            return counted
        return replace(counted, bin_areas_km2=self.widened.areas_km2(counted.diameters))

    def count_with_errors(
        self,
        min_score: float,
        binning: Binning = "sqrt2",
        span: tuple[float, float] | None = None,
    ) -> BinnedCount:
        """Count the craters that score enough by size, with their Poisson errors.

        Args:
            min_score: Lowest score.
            binning: Convention of the bins.
            span: Smallest and largest diameter that the bins hold at least, km.
        """
        counted = self.count(min_score, binning, span)
        covariance = np.diag(counted.variances)
        return BinnedCount(counted.edges, counted.counts, covariance, counted.areas_km2)


def require_ground(info: CatalogueInfo) -> None:
    """Check that craters lie on the Moon, where ground has an area.

    Raises:
        CatalogueError: They are in pixels.
    """
    if not info.has_crs:
        raise CatalogueError(
            "craters in pixels have no area in km2 to be counted on: give the image a "
            "coordinate system and detect them again (craters detect --crs)"
        )


def count_on_areas(
    source: "Catalogue | str | PathLike[str]",
    areas: Mapping[str, Area] | Callable[[], Mapping[str, Area] | None] | None = None,
    edge: EdgeName = "centre",
    *,
    outlines: bool = False,
) -> tuple[AreaCount, ...]:
    """Count the craters of a run or catalogue on areas.

    Args:
        source: Catalogue, directory of a run, file of a catalogue, or address of a PostGIS table.
        areas: Areas by name, or a function that reads them, which is not called for craters in
            pixels; None for all the ground that was searched.
        edge: Rule for craters on the edge of an area.
        outlines: True for the outline of the ground searched of each area, as the footprint of its
            catalogue, which takes longer; False where its size is enough.

    Returns:
        Counts in the order of the areas.

    Raises:
        RunError: The directory is not a finished run.
        CatalogueError: The catalogue is in pixels, has no positions where areas are given, or does
            not tell its area where none are.
        AreaError: Nothing of any area was searched.
        MosaicError: The mask of the run is missing or damaged, and areas are given.
    """
    run, name = None, "the catalogue"
    if isinstance(source, Catalogue):
        catalogue = source
    else:
        catalogue, name = read_detections(source), fspath(source)
        run = Path(source) if Path(source).is_dir() else None
    warn_of_unread_tiles(catalogue.info)
    require_ground(catalogue.info)
    areas = areas() if callable(areas) else areas
    if areas is None:
        if not catalogue.footprint_area_km2:
            raise CatalogueError(_NO_AREA)
        return (AreaCount(WHOLE, catalogue, catalogue.footprint_area_km2),)
    catalogue.info.require_positions()
    searched = None if run is None else SearchedGround(run)
    if searched is None:
        warn(describe_ground(catalogue.info, name))
    crs = catalogue.info.crs
    counts = tuple(
        _count_on_area(catalogue, searched, area_name, area.on_body(crs), edge, outlines)
        for area_name, area in areas.items()
    )
    if not any(count.area_km2 for count in counts):
        raise AreaError("nothing of any area was searched: look where they lie")
    return counts


def _count_on_area(
    catalogue: Catalogue,
    searched: SearchedGround | None,
    name: str,
    area: Area,
    edge: EdgeName,
    outlines: bool,
) -> AreaCount:
    """Count the craters of a catalogue on one area, whose ground may not have been searched."""
    try:
        if searched is None:
            info = clip_outline(catalogue.info, area, name)
        elif outlines:
            info = searched.clip(catalogue.info, area)
        else:
            km2 = searched.measure_km2(area)
            info = replace(catalogue.info, footprint=None, footprint_area_km2=km2)
        area_km2 = info.footprint_area_km2 or 0.0
    except AreaError:
        area_km2 = 0.0
    if not area_km2:  # as on an area that holds no centre of a pixel
        none = catalogue.rows(slice(0, 0)).with_info(footprint=None, footprint_area_km2=0.0)
        return AreaCount(name, none, 0.0)
    ground = {"footprint": info.footprint, "footprint_area_km2": area_km2}
    if edge == "buffered":
        widened, craters = WidenedGround(area, catalogue.info, area_km2), take_centred(catalogue)
        touching = craters.rows(widened.touches(craters.positions, craters.diameters))
        return AreaCount(name, touching.with_info(**ground), area_km2, widened)
    inside = CraterFilter(area=area, fractions=edge == "fractions").apply(catalogue)
    return AreaCount(name, inside.with_info(**ground), area_km2)


def find_span(counts: Sequence[AreaCount], min_score: float) -> tuple[float, float]:
    """Find the smallest and the largest diameter of all craters that score enough, km.

    Args:
        counts: Craters by area.
        min_score: Lowest score of the craters that are counted.

    Raises:
        CatalogueError: There are no craters.
    """
    diameters = [one.catalogue.above_score(min_score).diameters for one in counts]
    held = np.concatenate(diameters)
    require_craters(len(held))
    return float(held.min()), float(held.max())


def pool_counts(counts: Sequence[SizeFrequency], binning: Binning = "sqrt2") -> SizeFrequency:
    """Add up the counts of areas, in each bin on the sum of their ground.

    Args:
        counts: Counts by size in bins of one convention; those without craters add their ground.
            Buffered ones hold the bins of all (`span`): beyond its bins, an area adds its ground as
            it is, not widened.
        binning: Convention of the bins.

    Raises:
        CatalogueError: There are no craters.
    """
    held = [one for one in counts if one.counts.sum() > 0.0]
    require_craters(len(held))
    edges = edges_between(
        min(one.edges[0] for one in held), max(one.edges[-2] for one in held), binning
    )
    total, squares, km2 = np.zeros((3, len(edges) - 1))
    for one in counts:
        first = int(np.argmin(np.abs(edges - one.edges[0])))
        bins = slice(first, first + len(one.counts))
        total[bins] += one.counts
        squares[bins] += one.variances
        areas = np.full(len(total), one.area_km2)
        areas[bins] = one.areas_km2
        km2 += areas
    widened = any(one.bin_areas_km2 is not None for one in counts)
    area_km2 = sum(one.area_km2 for one in counts)
    return SizeFrequency(edges, total, area_km2, km2 if widened else None, squares)
