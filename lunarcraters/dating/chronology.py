"""Chronology systems of craterstats: production function, chronology and age likelihood.

Michael, Kneissl and Neesemann (2016), Icarus 277, 279: Poisson timing analysis. craterstats
(https://github.com/ggmichael/craterstats) is optional: `pip install 'lunarcraters[dating]'`.
"""

import re
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import OptionError

DEFAULT_SYSTEM = "Moon, Neukum et al. (2001)"
LEAST_PYTHON = (3, 12)
"""Oldest Python on which the releases of craterstats run that have Poisson timing analysis."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class AgeLikelihood:
    """Median and 1-sigma interval of the likelihood of an age.

    Attributes:
        age_ga: Median, Ga.
        low_ga: 15.9th percentile, Ga.
        high_ga: 84.1st percentile, Ga.
    """

    age_ga: float
    low_ga: float
    high_ga: float


class ChronologySystem:
    """A production function with its chronology function, as craterstats defines them."""

    def __init__(self, craterstats: Any, definition: dict[str, str], functions: Any) -> None:
        """Take the functions that a system names.

        Args:
            craterstats: Package craterstats.
            definition: System: its name, and the names of its functions.
            functions: All functions that craterstats defines.
        """
        self._craterstats = craterstats
        self.name = definition["name"]
        self.body = definition["body"]
        self._production = craterstats.Productionfn(functions, definition["pf"])
        self._chronology = craterstats.Chronologyfn(functions, definition["cf"])

    @property
    def range_km(self) -> tuple[float, float]:
        """Diameters for which the production function is defined, km."""
        low, high = np.asarray(self._production.range, float).tolist()
        return low, high

    def cumulative(self, diameters_km: Float, age_ga: float) -> Float:
        """Compute the craters per km^2 of each diameter and larger on ground of an age.

        Args:
            diameters_km: Diameters, km, (n,).
            age_ga: Age, Ga.
        """
        a0 = float(self._chronology.a0(age_ga))
        return np.asarray(self._production.evaluate("cumulative", diameters_km, a0), float)

    def differential(self, diameters_km: Float, age_ga: float) -> Float:
        """Compute the craters per km^2 and km of diameter on ground of an age.

        Args:
            diameters_km: Diameters, km, (n,).
            age_ga: Age, Ga.
        """
        a0 = float(self._chronology.a0(age_ga))
        return np.asarray(self._production.evaluate("differential", diameters_km, a0), float)

    def date(
        self, craters: int, area_km2: float, low_km: float, high_km: float
    ) -> AgeLikelihood | None:
        """Date ground by the number of its craters, by Poisson timing analysis.

        Args:
            craters: Number of craters from `low_km` to `high_km`, at least 1.
            area_km2: Area that they were counted on, km^2.
            low_km: Smallest diameter, km.
            high_km: Largest diameter, km.

        Returns:
            Likelihood of the age; None where ground of no age has so many craters.
        """
        count = self._craterstats.Cratercount()
        count.area = area_km2
        limits = [low_km, high_km]
        try:
            pdf = self._craterstats.Craterpdf(
                self._production, self._chronology, count, limits, k=craters
            )
        except IndexError:  # it looks for the age beyond the last one
            return None
        median, low, high = pdf.median1sigma()
        return AgeLikelihood(float(median), float(low), float(high))


def load_system(name: str | None = None) -> ChronologySystem:
    """Load a chronology system by its name, or by words of it: `neukum 1983`, `yue`, `hartmann`.

    Args:
        name: Name or words of it, whatever their case; None for Neukum et al. (2001).

    Raises:
        OptionError: craterstats is not installed, or no system, or more than one, has these words.
    """
    craterstats = _import_craterstats()
    functions = craterstats.Functionslist().functions
    systems = {system["name"]: system for system in functions["chronology_system"]}
    wanted = DEFAULT_SYSTEM if name is None else name
    fitting = [one for one in systems if one.lower() == wanted.lower()]
    fitting = fitting or [one for one in systems if _words(wanted) <= _words(one)]
    if len(fitting) > 1:  # the Moon goes without saying
        fitting = [one for one in fitting if systems[one]["body"] == "Moon"] or fitting
    if len(fitting) != 1:
        which = fitting or [one for one in systems if systems[one]["body"] == "Moon"]
        raise OptionError(
            f"system is {wanted!r}, which is {'several' if fitting else 'none'} of the chronology "
            f"systems of craterstats: give one of {'; '.join(which)}"
        )
    return ChronologySystem(craterstats, systems[fitting[0]], functions)


def _words(name: str) -> set[str]:
    return set(re.findall(r"\w+", name.lower()))


def _import_craterstats() -> Any:
    """Import craterstats, which is optional."""
    if sys.version_info < LEAST_PYTHON:
        running, least = (".".join(map(str, v[:2])) for v in (sys.version_info, LEAST_PYTHON))
        raise OptionError(
            f"ages are fitted by craterstats, which needs Python {least} or later (this is "
            f"{running}): pip install 'lunarcraters[dating]' in an environment with Python {least} "
            "or 3.13 and run the same command there; or write a .scc with craters export for a "
            "craterstats of your own"
        )
    try:
        import craterstats
    except ImportError as error:
        raise OptionError(
            "ages are fitted by craterstats, which is not installed: pip install "
            "'lunarcraters[dating]'"
        ) from error
    if not hasattr(craterstats, "Functionslist"):
        raise OptionError(
            f"craterstats {craterstats.__version__} is too old: pip install --upgrade "
            "'lunarcraters[dating]'"
        )
    return craterstats
