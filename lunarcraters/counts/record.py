"""Records of counts by size and of their errors, as `--json` prints them."""

from dataclasses import dataclass

from lunarcraters.catalogue.binning import Binning
from lunarcraters.counts.edge_names import EdgeName


@dataclass(frozen=True, kw_only=True)
class CountBin:
    """Craters of a bin of diameters on one area.

    Attributes:
        area: Name of the area; `all` for all the ground that was searched.
        area_km2: Ground on which craters of this size were counted, km^2.
        min_km: Lower edge of the bin, km.
        max_km: Upper edge of the bin, km; diameters are below it.
        raw: Number of craters that score enough; one partly inside the area counts for that part.
        estimate: Estimated true number of craters; null where there is none.
        low90: 5th percentile of the expected number of craters; null where there is no estimate.
        high90: 95th percentile of the expected number of craters; null where there is no estimate.
        completeness: Share of the craters of this size that score enough to be in `raw`, 0 to 1;
            null where it was not measured, or no planted crater scored enough and craters did.
        trusted: True where the estimate is good enough to date by; so can be one of 0, where no
            craters were counted.
        purity: Share of the craters of `raw` that are craters in truth, 0 to 1; null where it was
            not measured.
    """

    area: str
    area_km2: float
    min_km: float
    max_km: float
    raw: float
    estimate: float | None = None
    low90: float | None = None
    high90: float | None = None
    completeness: float | None = None
    trusted: bool = False
    purity: float | None = None


@dataclass(frozen=True, kw_only=True)
class CountTable:
    """Counts and estimates by size on one area or more.

    Attributes:
        binning: Convention of the bins.
        edge: Rule for craters on the edge of an area.
        min_score: Lowest score of the craters of `raw`.
        bins: A row for each area and bin, area by area, the smallest craters first.
        note: Reason why there are no estimates; empty where there are.
    """

    binning: Binning
    edge: EdgeName
    min_score: float
    bins: tuple[CountBin, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ErrorBin:
    """Standard errors of a bin of diameters on one area, as shares of the number of craters.

    The squares of the parts add up to that of the total where they are small. All but `raw` are
    null where there is no estimate, or one of no craters.

    Attributes:
        area: Name of the area; `all` for all the ground that was searched.
        min_km: Lower edge of the bin, km.
        max_km: Upper edge of the bin, km; diameters are below it.
        raw: Poisson error of the raw count; null where no craters were counted.
        total: Error of the estimate.
        poisson: Part of the number of craters by which is estimated.
        planted: Part of the number of planted craters.
        wear: Part of the unknown wear of the surface, common to all bins.
        purity: Part of the share of craters among detections; 0 where it was not measured.
        model: Part of what planted craters do not tell, common to all bins.
        trusted: True where the estimate is good enough to date by.
    """

    area: str
    min_km: float
    max_km: float
    raw: float | None
    total: float | None
    poisson: float | None
    planted: float | None
    wear: float | None
    purity: float | None
    model: float | None
    trusted: bool


@dataclass(frozen=True, kw_only=True)
class ErrorTable:
    """Errors of estimates and their parts by size, on one area or more.

    Attributes:
        binning: Convention of the bins.
        edge: Rule for craters on the edge of an area.
        min_score: Lowest score of the craters of the raw count.
        bins: A row for each area and bin, area by area, the smallest craters first.
    """

    binning: Binning
    edge: EdgeName
    min_score: float
    bins: tuple[ErrorBin, ...]
