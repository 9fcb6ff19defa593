"""Populations: the craters of a rendered scene, in the order in which they form."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lunarcraters.rendering.production import sample_diameters_km

Float = NDArray[np.float64]

SMALLEST_PX, LARGEST_PX = 3.0, 400.0
"""Smallest and largest diameter of the craters that are made, pixels."""
SMALLEST_LISTED_PX = 4.0
"""Diameter from which craters are listed, pixels."""

MIDDLE_PX = 6.0
"""Diameter above which numbers follow the production function, and reference size of wear."""

MARGIN_PX = 48
"""Width of the margin in which craters and relief continue, so that edges are like the rest."""


@dataclass(frozen=True)
class Population:
    """Craters in the order in which they form.

    Attributes:
        x: Columns of the centres, pixels of the frame, (n,).
        y: Rows of the centres, pixels of the frame, (n,).
        diameter_px: Diameters, pixels, (n,).
        age: Ages, 1 for the oldest to 0, descending, (n,).
    """

    x: Float
    y: Float
    diameter_px: Float
    age: Float


def make_population(
    rng: np.random.Generator, width: int, height: int, pixel_size_m: float, coverage: float
) -> Population:
    """Draw craters of 6 px and more from the production function.

    Args:
        rng: Random number generator.
        width: Width of the frame, pixels.
        height: Height of the frame, pixels.
        pixel_size_m: Ground size of a pixel, metres.
        coverage: Sum of the areas of the craters over the area of the scene.
    """
    border = LARGEST_PX / 2 + MARGIN_PX
    area_km2 = (width + 2 * border) * (height + 2 * border) * (pixel_size_m / 1000.0) ** 2
    limits = MIDDLE_PX * pixel_size_m / 1000.0, LARGEST_PX * pixel_size_m / 1000.0
    diameter = sample_diameters_km(rng, *limits, coverage * area_km2) * 1000.0 / pixel_size_m
    return _scattered(rng, diameter, border, width, height)


def add_small_craters(
    rng: np.random.Generator, population: Population, width: int, height: int
) -> Population:
    """Add craters of 3 to 6 px to a population.

    Cumulative numbers follow D^-2, as on a surface near equilibrium, where old craters are lost as
    fast as new ones form (Trask 1966, JPL Tech. Rep. 32-800).

    Args:
        rng: Random number generator.
        population: Larger craters.
        width: Width of the frame, pixels.
        height: Height of the frame, pixels.
    """
    border = SMALLEST_PX + MARGIN_PX
    area = (width + 2 * border) / width * (height + 2 * border) / height
    x, y = population.x, population.y
    larger = np.count_nonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
    more = (SMALLEST_PX / MIDDLE_PX) ** -2 - 1.0
    count = rng.poisson(more * larger * area)
    diameter = MIDDLE_PX / np.sqrt(1.0 + more * rng.random(count))
    small = _scattered(rng, diameter, border, width, height)
    both = (population, small)
    order = np.argsort(-np.concatenate([part.age for part in both]), kind="stable")
    return Population(
        *(np.concatenate([getattr(p, f.name) for p in both])[order] for f in fields(Population))
    )


def _scattered(
    rng: np.random.Generator, diameter: Float, border: float, width: int, height: int
) -> Population:
    """Craters at random in the frame and a border around it, oldest first.

    Craters whose rim lies outside the margin are left out.
    """
    x = rng.uniform(-border, width + border, len(diameter))
    y = rng.uniform(-border, height + border, len(diameter))
    age = rng.random(len(diameter))
    reach = MARGIN_PX + diameter / 2
    inside = (x > -reach) & (x < width + reach) & (y > -reach) & (y < height + reach)
    order = np.argsort(-age, kind="stable")
    order = order[inside[order]]
    return Population(x[order], y[order], diameter[order], age[order])
