"""The verb that draws the errors of estimates."""

import numpy as np

from lunarcraters.api.counts import check_rules, read_areas
from lunarcraters.api.paths import Ground, PathOrText, as_run
from lunarcraters.catalogue.binning import Binning
from lunarcraters.counts.edge_names import EdgeName
from lunarcraters.counts.record import ErrorTable
from lunarcraters.errors import CatalogueError
from lunarcraters.files import local_output


def plot_errors(
    run: PathOrText,
    out: PathOrText,
    *,
    area: Ground | None = None,
    name_column: str | None = None,
    edge: EdgeName = "centre",
    binning: Binning = "sqrt2",
    min_score: float | str | None = None,
) -> ErrorTable:
    """Draw the errors of estimates by size, and their parts, as a PNG (`craters plot errors`).

    Args:
        run: Directory of a run whose completeness was measured.
        out: PNG to write.
        area: File of polygons, each of which has a panel of its own, those of one name together; or
            west, south, east and north in degrees. None for all the ground that was searched.
        name_column: Column of the names of the polygons; None for the usual ones.
        edge: Rule for craters on the edge of an area; other ones than "centre" need `area`.
        binning: Convention of the bins.
        min_score: Lowest score of the raw count, or operating point; None for "balanced".

    Returns:
        Errors that were drawn, and those of areas beyond the panels of the figure.

    Raises:
        RunError: The directory is not a finished run, or its completeness was not measured.
        CatalogueError: There are no craters, or none of sizes that were planted.
        AreaError: The areas cannot be read, or nothing of them was searched.
        OptionError: There is no such rule or convention, or a rule lacks an area.
        OutputError: The figure cannot be written.
    """
    from lunarcraters.completeness.record import read_completeness
    from lunarcraters.counts.areas import count_on_areas, require_ground
    from lunarcraters.counts.table import estimate_on_areas, list_errors
    from lunarcraters.detection.run import open_run
    from lunarcraters.plots.errors import draw_errors
    from lunarcraters.plots.files import check_png
    from lunarcraters.purity.record import find_purity

    check_rules(binning, edge, area)
    check_png(target := local_output(out))
    folder = as_run(run)
    require_ground(open_run(folder).info)
    completeness = read_completeness(folder)
    counts = count_on_areas(run, lambda: read_areas(area, name_column), edge)
    least = counts[0].catalogue.threshold(min_score)
    estimates = estimate_on_areas(counts, completeness, least, binning, find_purity(run))
    budgets = {name: one.errors for name, one in estimates.items()}
    estimated = {name: one for name, one in budgets.items() if np.isfinite(one.total).any()}
    if not estimated:
        raise CatalogueError(
            f"no crater of {run} is as large as those that were planted, so there are no estimates "
            "whose errors could be drawn: give a larger --area"
        )
    draw_errors(estimated, target)
    return ErrorTable(binning=binning, edge=edge, min_score=least, bins=list_errors(budgets))
