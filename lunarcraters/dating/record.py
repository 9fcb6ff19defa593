"""Records of model ages, as `craters date --json` prints them, and as a table."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lunarcraters.catalogue.binning import Binning
from lunarcraters.counts.edge_names import EdgeName
from lunarcraters.files import write_rows


@dataclass(frozen=True, kw_only=True)
class ModelAge:
    """A model age by Poisson timing analysis.

    Attributes:
        craters: Number of craters in the range; one partly inside the area counts for that part.
        age_ga: Age, Ga: the median of its likelihood. Null where there is none.
        low_ga: 15.9th percentile of the likelihood, Ga.
        high_ga: 84.1st percentile of the likelihood, Ga.
        n1_per_km2: Craters of 1 km and larger per km^2 that the age stands for.
        n1_low: Craters of 1 km and larger per km^2 that `low_ga` stands for.
        n1_high: Craters of 1 km and larger per km^2 that `high_ga` stands for.
        fit_probability: Probability that craters of the isochron deviate from it as much; null
            where there are not two craters, or not two bins.
        note: Reason why there is no age or why the fit is poor; empty for a good fit.
    """

    craters: float
    age_ga: float | None = None
    low_ga: float | None = None
    high_ga: float | None = None
    n1_per_km2: float | None = None
    n1_low: float | None = None
    n1_high: float | None = None
    fit_probability: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class AreaAge:
    """The model age of one area.

    Attributes:
        area: Name of the area; `all` for all the ground that was searched.
        area_km2: Ground of the area that was searched, km^2.
        min_km: Lower edge of the smallest bin of the fit, km.
        max_km: Upper edge of the largest bin of the fit, km; diameters are below it.
        raw: Age of the craters that were counted.
        estimated: Age of the estimated number of craters; null where the completeness of the run
            was not measured.
    """

    area: str
    area_km2: float
    min_km: float
    max_km: float
    raw: ModelAge
    estimated: ModelAge | None = None


@dataclass(frozen=True, kw_only=True)
class Dating:
    """Model ages of one area or more.

    Attributes:
        system: Chronology system, by craterstats' name.
        binning: Bins to whose edges the range of the fit is widened.
        edge: Rule for craters on the edge of an area.
        min_score: Lowest score of the craters that were counted.
        areas: Age of each area, in the order of the file.
    """

    system: str
    binning: Binning
    edge: EdgeName
    min_score: float
    areas: tuple[AreaAge, ...]


def write_table(dating: Dating, path: Path) -> None:
    """Write model ages as CSV: one row an area, in UTF-8.

    Args:
        dating: Model ages.
        path: File to write, replaced if it is there.

    Raises:
        OutputError: The file cannot be written.
    """
    write_rows([_flatten(asdict(area)) for area in dating.areas], path)


def _flatten(record: dict[str, Any]) -> dict[str, Any]:
    """Give the fields of records within a record columns of their own: `raw_age_ga`."""
    row: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            row |= {f"{name}_{key}": inner for key, inner in value.items()}
        elif not (name == "estimated" and value is None):
            row[name] = value
    return row
