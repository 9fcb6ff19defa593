"""The production function of Neukum: numbers of lunar craters by diameter."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

# Neukum, Ivanov and Hartmann (2001, Space Sci. Rev. 96, 55), table 1: log10 of the cumulative
# number per km2 and Ga as a polynomial of log10 of the diameter in km.
_COEFFICIENTS = (
    -3.0876,
    -3.557528,
    0.781027,
    1.021521,
    -0.156012,
    -0.444058,
    0.019977,
    0.086850,
    -0.005874,
    -0.006809,
    8.25e-4,
    5.54e-5,
)
_RANGE_KM = (0.01, 300.0)


def compute_cumulative_production(diameter_km: ArrayLike) -> Float:
    """Compute the number of craters per km2 and Ga that are at least so large.

    The function is that of Neukum et al. (2001): about D^-3 below 1.5 km and D^-2 between 2 and
    10 km. Outside 0.01-300 km, where it is not defined, it is continued as D^-3.

    Args:
        diameter_km: Diameters, km, any shape.

    Returns:
        Cumulative numbers per km2 and Ga, of the shape of `diameter_km`.
    """
    diameter = np.asarray(diameter_km, float)
    inside = np.clip(diameter, *_RANGE_KM)
    polynomial = np.polynomial.polynomial.polyval(np.log10(inside), _COEFFICIENTS)
    return np.asarray(10.0**polynomial * (diameter / inside) ** -3.0)


def sample_diameters_km(
    rng: np.random.Generator, smallest_km: float, largest_km: float, crater_area_km2: float
) -> Float:
    """Draw diameters from the production function, as many as cover an area together.

    Args:
        rng: Random number generator.
        smallest_km: Smallest diameter, km.
        largest_km: Largest diameter, km.
        crater_area_km2: Expected sum of the craters' areas, km2; overlaps count several times.

    Returns:
        Diameters, km, (n,).
    """
    grid = np.geomspace(smallest_km, largest_km, 512)
    cumulative = compute_cumulative_production(grid)
    share = (cumulative - cumulative[-1]) / (cumulative[0] - cumulative[-1])
    middles = np.sqrt(grid[1:] * grid[:-1])
    mean_area = float(np.sum(-np.diff(share) * np.pi / 4.0 * middles**2))
    count = rng.poisson(crater_area_km2 / mean_area)
    drawn = np.interp(rng.random(count), share[::-1], np.log(grid[::-1]))
    return np.asarray(np.exp(drawn))
