"""Which craters of a run an export took, as the files that it wrote keep it."""

from dataclasses import dataclass
from typing import Any
from warnings import warn

import numpy as np
import shapely.geometry
from numpy.typing import NDArray
from pyproj import CRS

from lunarcraters.errors import CratersWarning
from lunarcraters.geometry.area import Area
from lunarcraters.geometry.touching import may_touch

Float = NDArray[np.float64]

_ROUNDING = 1e-6


@dataclass(frozen=True)
class ExportLimits:
    """Which craters of a run an export took.

    Attributes:
        min_score: Lowest score.
        min_diameter: Smallest diameter, km or pixels.
        max_diameter: Largest diameter, km or pixels; null for no such limit.
        area: Area in which centres lie, as a GeoJSON geometry; null for everywhere.
        area_crs: Coordinate system of the area, as WKT; null where positions are pixels.
        fractions: True where all craters that touch the area were taken.
        without_clusters: True where members of clusters were left out; nothing else here tells
            which they were.
        of_run: False of the export of a table: nothing tells which craters of a run it took.
    """

    min_score: float = 0.0
    min_diameter: float = 0.0
    max_diameter: float | None = None
    area: dict[str, Any] | None = None
    area_crs: str | None = None
    fractions: bool = False
    without_clusters: bool = False
    of_run: bool = True

    def contain(self, positions: Float, diameters: Float, scores: Float) -> NDArray[np.bool_]:
        """Tell which craters of the run are within the limits, (n,).

        Args:
            positions: Centres, degrees or pixels, (n, 2).
            diameters: Diameters, km or pixels, (n,).
            scores: Scores, (n,); NaN where a crater has none.
        """
        inside = ~(scores < self.min_score) & (diameters >= self.min_diameter)
        if self.max_diameter is not None:
            inside &= diameters <= self.max_diameter
        ground = self.read_area()
        if ground is not None and self.fractions:
            inside &= may_touch(ground, positions, diameters)
            inside[inside] = ground.compute_shares(positions[inside], diameters[inside]) > 0.0
        elif ground is not None:
            inside &= ground.contains(*positions.T)
        return np.asarray(inside)

    def warn_below(self, min_score: float) -> None:
        """Warn of a score that is asked for if the export took no craters of such low scores.

        Args:
            min_score: Lowest score that is asked for.
        """
        if min_score < self.min_score * (1.0 - _ROUNDING):
            warn(
                f"craters that score less than {self.min_score:.3f} were left out when the "
                f"catalogue was exported, and {min_score:.3f} is asked for: export the run again "
                "with a lower --min-score",
                CratersWarning,
                stacklevel=2,
            )

    def read_area(self) -> Area | None:
        """Read the area of the export; None for everywhere."""
        if self.area is None:
            return None
        crs = None if self.area_crs is None else CRS.from_wkt(self.area_crs)
        return Area(shapely.geometry.shape(self.area), crs)
