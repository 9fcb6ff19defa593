"""The binned count `.stat` of craterstats, as craterstats 3.6 reads and writes it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lunarcraters.catalogue.binning import Binning
from lunarcraters.catalogue.csfd import bin_by_size, relative_errors
from lunarcraters.counts.areas import AreaCount
from lunarcraters.counts.edge_names import EdgeName
from lunarcraters.errors import OptionError
from lunarcraters.files import replacing

STAT = ".stat"

_HEADINGS = (
    "D_min", "F(D)", "N_inc", "Error", "C(D)", "N_cum", "Error", "D_mean", "N_diff", "Error",
    "N_event",
)  # fmt: skip


def check_stat(counts: Sequence[AreaCount], edge: EdgeName) -> AreaCount:
    """Check that counts have a place in a `.stat`, which holds one count on one area.

    Args:
        counts: Craters by area.
        edge: Rule for craters on the edge of an area.

    Returns:
        The only count.

    Raises:
        OptionError: There are several areas, or craters of each size have an area of their own.
    """
    if len(counts) > 1:
        raise OptionError(
            f"a {STAT} holds the count of one area, and there are {len(counts)}: give one polygon "
            "at a time with --area, or write a .csv"
        )
    if edge == "buffered":
        raise OptionError(
            f"a {STAT} holds craters on one area, and buffered counts have an area for each bin: "
            "give another --edge, or write a .csv"
        )
    return counts[0]


def write_stat(one: AreaCount, min_score: float, binning: Binning, path: Path) -> None:
    """Write a count as `.stat`: a row for each bin, empty ones too, and one that ends the last.

    Ages by craterstats take `N_event` craters, whole ones, on the area of the file. An estimated
    number, whose error is not that of as many craters, therefore has no place in it.

    Args:
        one: Craters of any score on one area.
        min_score: Lowest score of the craters that are counted.
        binning: Convention of the bins; craterstats takes those of a `.stat` for pseudo-log.
        path: File to write, replaced if it is there.

    Raises:
        OutputError: The file cannot be written.
    """
    csfd = one.count(min_score, binning)
    _, bins = bin_by_size(one.catalogue.above_score(min_score).diameters, binning)
    events = np.bincount(bins, minlength=len(csfd.counts)).astype(float)
    at_least = csfd.at_least
    columns = (
        csfd.edges[:-1],
        csfd.counts,
        csfd.counts / csfd.area_km2,
        csfd.counts / csfd.area_km2 * np.nan_to_num(relative_errors(csfd.counts)),
        at_least,
        csfd.cumulative,
        csfd.cumulative * relative_errors(at_least),
        csfd.diameters,
        csfd.differential,
        csfd.differential * np.nan_to_num(relative_errors(events)),
        events,
    )
    rows = [*zip(*(column.tolist() for column in columns), strict=True)]
    rows.append((float(csfd.edges[-1]), *[0.0] * (len(columns) - 1)))
    lines = [
        "# Crater count by diameter, for craterstats",
        f"# Binning: {binning}",
        f"# Total area = {csfd.area_km2:.12g} km^2",
        "# " + "".join(f"{name:>16}" for name in _HEADINGS),
        *("  " + "".join(f"{value:16.9g}" for value in row) for row in rows),
    ]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
