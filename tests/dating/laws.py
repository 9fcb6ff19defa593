"""A chronology system by which ages can be told without craterstats."""

import numpy as np

from lunarcraters.dating.chronology import AgeLikelihood


class PowerLaw:
    """Ground of 1 Ga has 0.01 craters of 1 km and larger a km^2, and a fourth of them at 2 km."""

    name, body, range_km = "Power law", "Moon", (0.1, 100.0)

    def cumulative(self, diameters_km, age_ga):
        return 0.01 * age_ga * diameters_km**-2.0

    def differential(self, diameters_km, age_ga):
        return 0.02 * age_ga * diameters_km**-3.0

    def date(self, craters, area_km2, low_km, high_km):
        low, high = self.cumulative(np.array([low_km, high_km]), 1.0)
        age_ga = craters / area_km2 / (low - high)
        return AgeLikelihood(age_ga, 0.9 * age_ga, 1.1 * age_ga)
