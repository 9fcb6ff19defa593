"""Selection: the craters of a catalogue that a count is about."""

from dataclasses import dataclass, replace

import numpy as np

from lunarcraters.catalogue.schema import FRACTION, Catalogue
from lunarcraters.raster.area import Area


@dataclass(frozen=True)
class Selection:
    """Which craters.

    Attributes:
        min_score: Lowest score; craters without one stay.
        min_diameter: Smallest diameter, km (pixels where there is no coordinate system).
        max_diameter: Largest diameter.
        area: Only craters whose centre lies in it.
        fractions: Rather all craters that touch the area, each with the part of it that lies
            inside as the column `fraction`.
    """

    min_score: float = 0.0
    min_diameter: float = 0.0
    max_diameter: float = np.inf
    area: Area | None = None
    fractions: bool = False

    def of(self, catalogue: Catalogue) -> Catalogue:
        """The craters that are meant, identifiers kept."""
        some = catalogue.select(self.min_score)
        sizes = (some.diameters >= self.min_diameter) & (some.diameters <= self.max_diameter)
        some = replace(some, craters=some.craters[sizes])
        if self.area is None:
            return some
        if not self.fractions:
            inside = self.area.holds(*some.positions.T)
            return replace(some, craters=some.craters[inside])
        share = self.area.share(some.positions, some.diameters)
        return replace(some, craters=some.craters.assign(**{FRACTION: share})[share > 0.0])
