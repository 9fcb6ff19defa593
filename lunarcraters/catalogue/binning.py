"""Bins of diameters, in the conventions of the field.

Crater Analysis Techniques Working Group (1979), Icarus 37, 467: bins a factor of sqrt(2) wide, one
edge at 1 km. Neukum (1983): 18 bins a decade at round diameters, "pseudo-logarithmic". The names
of craterstats for the same bins are `root-2`, `10/decade` and `pseudo-log`.
"""

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import check_choice

Binning = Literal["sqrt2", "10-per-decade", "pseudo-log"]
"""Bins a factor of sqrt(2) wide, ten equal bins a decade, or 18 bins a decade at round numbers."""

BINNINGS: tuple[Binning, ...] = get_args(Binning)

_PER_DECADE = {"sqrt2": 2.0 / np.log10(2.0), "10-per-decade": 10.0}
_ROUND = (1.0, 1.1, 1.2, 1.3, 1.4, 1.5, 1.7, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0)
_DIGITS = 9  # of the number of a bin: a diameter on an edge belongs to the larger bin
_ROUNDING = 2e-10  # what that rounding is, as a share of a diameter

Float = NDArray[np.float64]
Index = NDArray[np.int64]


def check_binning(binning: str) -> None:
    """Check the name of a convention of bins.

    Raises:
        OptionError: There is no such convention.
    """
    check_choice("binning", binning, BINNINGS)


def edges_between(smallest: float, largest: float, binning: Binning = "sqrt2") -> Float:
    """List the edges of the bins that hold a range of diameters.

    Args:
        smallest: Smallest diameter, above 0.
        largest: Largest diameter, not smaller; one on an edge is in the bin above it.
        binning: Convention of the bins.

    Returns:
        Edges, rising, (bins + 1,).
    """
    numbers = number_bins(np.array([smallest, largest]), binning)
    return lower_edges(np.arange(numbers[0], numbers[1] + 2), binning)


def number_bins(diameters: Float, binning: Binning = "sqrt2") -> Index:
    """Number the bins in which diameters lie; the bin that begins at 1 has the number 0.

    Args:
        diameters: Diameters, above 0, (n,).
        binning: Convention of the bins.
    """
    decades = np.log10(diameters)
    if binning in _PER_DECADE:
        return np.floor(np.round(decades * _PER_DECADE[binning], _DIGITS)).astype(np.int64)
    whole = np.floor(np.round(decades, _DIGITS))
    mantissa = np.round(diameters / 10.0**whole, _DIGITS)
    within = np.searchsorted(_ROUND, mantissa, side="right") - 1
    return np.asarray(whole * len(_ROUND) + within, np.int64)


def count_between(diameters: Float, edges: Float, weights: Float | None = None) -> NDArray[Any]:
    """Count diameters between edges that are given.

    One that lies on an edge but for rounding is in the bin above it, as in those of `number_bins`.

    Args:
        diameters: Diameters, (n,).
        edges: Edges of the bins, rising, the last above all diameters, (bins + 1,).
        weights: Number for which each diameter counts, (n,); None for 1.

    Returns:
        Number in each bin, (bins,): whole numbers without weights.
    """
    return np.histogram(diameters, edges * (1.0 - _ROUNDING), weights=weights)[0]


def lower_edges(numbers: Index, binning: Binning = "sqrt2") -> Float:
    """Return the lower edges of bins by their number, (n,).

    Args:
        numbers: Numbers of bins, 0 for the bin that begins at 1, (n,).
        binning: Convention of the bins.
    """
    if binning == "sqrt2":
        return np.exp2(0.5 * numbers)
    if binning in _PER_DECADE:
        return np.asarray(10.0 ** (numbers / _PER_DECADE[binning]))
    whole, within = np.divmod(numbers, len(_ROUND))
    return np.asarray(np.array(_ROUND)[within] * 10.0**whole)
