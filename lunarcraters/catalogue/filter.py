"""Selection: the craters of a catalogue that a count is about, by size and place."""

from dataclasses import dataclass, replace

import numpy as np

from lunarcraters.catalogue.table import FRACTION, Catalogue
from lunarcraters.geometry.area import Area


@dataclass(frozen=True)
class Selection:
    """Which craters.

    Attributes:
        min_diameter: Smallest diameter, km (pixels where there is no coordinate system).
        max_diameter: Largest diameter.
        area: Only craters whose centre lies in it.
        fractions: Rather all craters that touch the area, each with the part of it that lies
            inside as the column `fraction`.
    """

    min_diameter: float = 0.0
    max_diameter: float = np.inf
    area: Area | None = None
    fractions: bool = False

    def of(self, catalogue: Catalogue) -> Catalogue:
        """The craters that are meant, identifiers kept."""
        diameters = catalogue.diameters
        sizes = (diameters >= self.min_diameter) & (diameters <= self.max_diameter)
        some = replace(catalogue, craters=catalogue.craters[sizes])
        if self.area is None:
            return some
        if not self.fractions:
            inside = self.area.holds(*some.positions.T)
            return replace(some, craters=some.craters[inside])
        share = self.area.share(some.positions, some.diameters)
        return replace(some, craters=some.craters.assign(**{FRACTION: share})[share > 0.0])
