"""Verbs on counts: estimate the true ones, date them, and draw them."""

from collections.abc import Sequence
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lunarcraters.api.paths import Ground, PathOrText
from lunarcraters.catalogue.binning import Binning
from lunarcraters.counts.edge_names import EdgeName
from lunarcraters.files import local_output

if TYPE_CHECKING:
    from lunarcraters.catalogue.csfd import SizeFrequency
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.counts.record import CountTable
    from lunarcraters.dating.record import Dating
    from lunarcraters.geometry.area import Area


_NO_ESTIMATES = (
    "no estimates: they need a run whose completeness was measured, which craters completeness {} "
    "does"
)


def csfd(
    catalogue: "Catalogue | PathOrText",
    *,
    area: Ground | None = None,
    name_column: str | None = None,
    edge: EdgeName = "centre",
    binning: Binning = "sqrt2",
    min_score: float | str | None = None,
    out: PathOrText | None = None,
    overwrite: bool = False,
) -> "CountTable":
    """Count craters by size, and estimate how many there are in truth (`craters csfd`).

    The estimates need a run whose completeness was measured; without, there are counts alone.

    Args:
        catalogue: Catalogue or crater count, its file, the directory of a run, or the address of a
            PostGIS table.
        area: File of polygons, each of which has its rows, those of one name together; or west,
            south, east and north in degrees. None for all the ground that was searched.
        name_column: Column of the names of the polygons; None for the usual ones.
        edge: Rule for craters on the edge of an area; other ones than "centre" need `area`.
        binning: Convention of the bins.
        min_score: Lowest score of the raw count, or operating point; None for "balanced" where
            there is one.
        out: Table to write (.csv), or count without estimates of one area for craterstats (.stat);
            None for none.
        overwrite: True to replace a table that is there.

    Raises:
        RunError: The directory is not a finished run, or its completeness or purity is damaged.
        CatalogueError: The area is not known, or there are no craters.
        AreaError: The areas cannot be read, or nothing of them was searched.
        OptionError: There is no such rule or convention, a rule lacks an area, or a .stat cannot
            hold the counts.
        OutputError: The table exists, is read, has another suffix, or cannot be written.
    """
    from lunarcraters.completeness.record import find_completeness
    from lunarcraters.counts.areas import count_on_areas
    from lunarcraters.counts.record import CountTable
    from lunarcraters.counts.stat_file import STAT, check_stat, write_stat
    from lunarcraters.counts.table import estimate_on_areas, list_bins
    from lunarcraters.files import new_table, write_rows
    from lunarcraters.purity.record import find_purity

    check_rules(binning, edge, area)
    target = new_table(out, (".csv", STAT), inputs=[catalogue, area], overwrite=overwrite)
    counts = count_on_areas(catalogue, lambda: read_areas(area, name_column), edge)
    completeness, purity = find_completeness(catalogue), find_purity(catalogue)
    least = counts[0].catalogue.threshold(min_score)
    table = CountTable(
        binning=binning,
        edge=edge,
        min_score=least,
        bins=list_bins(estimate_on_areas(counts, completeness, least, binning, purity)),
        note="" if completeness else _explain_no_estimates(catalogue),
    )
    if target is not None and target.suffix.lower() == STAT:
        write_stat(check_stat(counts, edge), least, binning, target)
    elif target is not None:
        write_rows([asdict(row) for row in table.bins], target)
    return table


def date(
    catalogue: "Catalogue | PathOrText",
    *,
    area: Ground | None = None,
    name_column: str | None = None,
    edge: EdgeName = "centre",
    system: str | None = None,
    fit_range: tuple[float, float] | None = None,
    binning: Binning = "sqrt2",
    min_score: float | str | None = None,
    out: PathOrText | None = None,
    overwrite: bool = False,
) -> "Dating":
    """Fit model ages to areas by their craters (`craters date`).

    A run whose completeness was measured has ages of the estimated numbers beside the raw ones.

    Args:
        catalogue: Catalogue or crater count, its file, the directory of a run, or the address of a
            PostGIS table.
        area: File of polygons, each of which is dated, those of one name together; or west, south,
            east and north in degrees. None for all the ground that was searched.
        name_column: Column of the names of the polygons; None for the usual ones.
        edge: Rule for craters on the edge of an area; other ones than "centre" need `area`.
        system: Chronology system of craterstats, by its name or words of it; None for Neukum et al.
            (2001).
        fit_range: Smallest and largest diameter, km; None for those that are not missed.
        binning: Convention of the bins, to whose edges the range is widened.
        min_score: Lowest score, or operating point; None for "balanced" where there is one.
        out: Table to write (.csv); None for none.
        overwrite: True to replace a table that is there.

    Raises:
        RunError: The directory is not a finished run, or its completeness or purity is damaged.
        CatalogueError: The catalogue cannot be dated, or there are no craters.
        AreaError: The areas cannot be read, or nothing of them was searched.
        OptionError: craterstats is not installed, there is no such system, range, rule or
            convention, or a rule lacks an area.
        OutputError: The table exists, is read, has another suffix, or cannot be written.
    """
    from lunarcraters.completeness.record import find_completeness
    from lunarcraters.counts.areas import count_on_areas
    from lunarcraters.dating.ages import date_areas
    from lunarcraters.dating.chronology import load_system
    from lunarcraters.dating.record import Dating, write_table
    from lunarcraters.files import new_table
    from lunarcraters.purity.record import find_purity

    check_rules(binning, edge, area)
    target = new_table(out, inputs=[catalogue, area], overwrite=overwrite)
    counts = count_on_areas(catalogue, lambda: read_areas(area, name_column), edge)
    chronology = load_system(system)
    least = counts[0].catalogue.threshold(min_score)
    dating = Dating(
        system=chronology.name,
        binning=binning,
        edge=edge,
        min_score=least,
        areas=date_areas(
            counts,
            chronology,
            least,
            fit_range,
            binning,
            find_completeness(catalogue),
            find_purity(catalogue),
        ),
    )
    if target is not None:
        write_table(dating, target)
    return dating


def plot_csfd(
    catalogue: "Catalogue | PathOrText",
    out: PathOrText,
    *,
    area: Ground | None = None,
    name_column: str | None = None,
    edge: EdgeName = "centre",
    binning: Binning = "sqrt2",
    isochrons: float | Literal["fit"] | Sequence[float | Literal["fit"]] = (),
    system: str | None = None,
    fit_range: tuple[float, float] | None = None,
    min_score: float | str | None = None,
) -> "SizeFrequency":
    """Draw the crater size-frequency distribution, as a PNG (`craters plot csfd`).

    A run whose completeness was measured has the estimated numbers drawn beside those counted.

    Args:
        catalogue: Catalogue that tells the area searched; its file, or the directory of a run.
        out: PNG to write.
        area: File of polygons, each of which is drawn in a colour of its own; or west, south, east
            and north in degrees. None for all the ground that was searched.
        name_column: Column of the names of the polygons; None for the usual ones.
        edge: Rule for craters on the edge of an area; other ones than "centre" need `area`.
        binning: Convention of the bins.
        isochrons: Ages in Ga of isochrons to draw, and "fit" for that of the age of each area, by
            counts and by estimates.
        system: Chronology system of the isochrons; see `date`.
        fit_range: Smallest and largest diameter of the fit, km; see `date`.
        min_score: Lowest score, or operating point; None for "balanced" where there is one.

    Returns:
        Counts by diameter, of all areas together.

    Raises:
        RunError: The directory is not a finished run, or its completeness or purity is damaged.
        CatalogueError: The area is not known, or there are no craters.
        AreaError: The areas cannot be read, or nothing of them was searched.
        OptionError: There is no such rule or convention, or a rule lacks an area; isochrons are
            asked for, and craterstats is not installed, or there is no such system, range or age.
        OutputError: The picture cannot be written, or is not named .png.
    """
    from lunarcraters.completeness.record import find_completeness
    from lunarcraters.counts.areas import count_on_areas, find_span, pool_counts
    from lunarcraters.counts.table import estimate_on_areas
    from lunarcraters.dating.isochrons import make_isochrons
    from lunarcraters.plots.csfd import draw_csfd
    from lunarcraters.purity.record import find_purity

    check_rules(binning, edge, area)
    counts = count_on_areas(catalogue, lambda: read_areas(area, name_column), edge)
    least = counts[0].catalogue.threshold(min_score)
    span = find_span(counts, least)
    pooled = pool_counts([one.count(least, binning, span) for one in counts], binning)
    series = {one.name: one.count(least, binning) for one in counts}
    series = {name: one for name, one in series.items() if one.counts.sum() > 0.0}
    completeness, purity = find_completeness(catalogue), find_purity(catalogue)
    lines = make_isochrons(
        counts, isochrons, system, least, fit_range, binning, completeness, purity
    )
    # An area that is not drawn, for lack of counted craters, may have an estimated age.
    lines = [line for line in lines if line.area is None or line.area in series]
    estimates = {}
    if completeness is not None:
        by_area = estimate_on_areas(counts, completeness, least, binning, purity)
        estimates = {name: by_area[name].points() for name in series}
    draw_csfd(series, local_output(out), lines, pooled.complete_from_km, estimates)
    return pooled


def _explain_no_estimates(catalogue: "Catalogue | PathOrText") -> str:
    """Say why there are no estimates of a catalogue, and which command measures what they need."""
    from lunarcraters.completeness.record import find_obstacle

    if not (isinstance(catalogue, str | PathLike) and Path(catalogue).is_dir()):
        return _NO_ESTIMATES.format("RUN")
    obstacle = find_obstacle(Path(catalogue))
    return f"no estimates: {obstacle}" if obstacle else _NO_ESTIMATES.format(Path(catalogue))


def check_rules(binning: Binning, edge: EdgeName, area: Ground | None) -> None:
    """Check the rules of a count.

    Args:
        binning: Convention of the bins.
        edge: Rule for craters on the edge of an area.
        area: Areas to count on; None for all ground.

    Raises:
        OptionError: There is no such rule or convention, or the rule lacks an area.
    """
    from lunarcraters.catalogue.binning import check_binning
    from lunarcraters.counts.edge_names import check_edge

    check_binning(binning)
    check_edge(edge, has_areas=area is not None)


def read_areas(area: Ground | None, name_column: str | None) -> "dict[str, Area] | None":
    """Read areas by name.

    Args:
        area: File of polygons, or west, south, east and north in degrees; None for all ground.
        name_column: Column of the names of the polygons; None for the usual ones.

    Raises:
        AreaError: The areas cannot be read.
        OptionError: There is a column of names, and no file that could have it.
    """
    from lunarcraters.errors import OptionError
    from lunarcraters.geometry.given_areas import make_area, read_edges, read_named_areas

    if name_column is not None and not isinstance(area, str | PathLike):
        raise OptionError(
            f"--name-column {name_column} is of a file of polygons, and none is given: give one "
            "with --area, or leave out --name-column"
        )
    if area is None:
        return None
    if isinstance(area, str | PathLike):
        return read_named_areas(Path(area), column=name_column)
    edges = read_edges(area)
    return {",".join(f"{edge:g}" for edge in edges): make_area(edges)}
