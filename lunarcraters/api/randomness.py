"""The verb that tells whether craters are clustered."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from lunarcraters.api.counts import read_areas
from lunarcraters.api.paths import Ground, PathOrText
from lunarcraters.catalogue.binning import Binning
from lunarcraters.files import local_output
from lunarcraters.progress import Progress, no_progress

if TYPE_CHECKING:
    from lunarcraters.catalogue.randomness import RandomnessTable
    from lunarcraters.catalogue.table import Catalogue


def measure_randomness(
    catalogue: "Catalogue | PathOrText",
    *,
    area: Ground | None = None,
    name_column: str | None = None,
    binning: Binning = "sqrt2",
    min_score: float | str | None = None,
    out: PathOrText | None = None,
    figure: PathOrText | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> "RandomnessTable":
    """Tell by bins of diameter whether craters are clustered (`craters randomness`).

    Args:
        catalogue: Catalogue or crater count, its file, the directory of a run, or the address of a
            PostGIS table.
        area: File of polygons, each of which is tested, those of one name together; or west, south,
            east and north in degrees. None for all the ground that was searched.
        name_column: Column of the names of the polygons; None for the usual ones.
        binning: Convention of the bins.
        min_score: Lowest score, or operating point; None for "balanced" where there is one.
        out: Table to write (.csv); None for none.
        figure: PNG to write, of the standard deviations by diameter; None for none.
        overwrite: True to replace a table that is there.
        progress: Function of the number of areas done and in all.

    Raises:
        RunError: The directory is not a finished run.
        CatalogueError: It is not known where the craters or the ground are, or there are none.
        AreaError: The areas cannot be read, or nothing of them was searched.
        OptionError: There is no such convention of bins.
        OutputError: The table exists or is read, it or the figure has another suffix, or a file
            cannot be written.
    """
    from lunarcraters.catalogue.binning import check_binning
    from lunarcraters.catalogue.randomness import RandomnessTable, assess_randomness
    from lunarcraters.counts.areas import count_on_areas
    from lunarcraters.files import new_table, write_rows

    check_binning(binning)
    picture = None if figure is None else local_output(figure)
    if picture is not None:
        from lunarcraters.plots.files import check_png

        check_png(picture)
    target = new_table(out, inputs=[catalogue, area], overwrite=overwrite)
    counts = count_on_areas(catalogue, lambda: read_areas(area, name_column), outlines=True)
    least = counts[0].catalogue.threshold(min_score)
    craters = {one.name: one.catalogue.above_score(least) for one in counts}
    bins = assess_randomness(craters, binning, progress)
    table = RandomnessTable(binning=binning, min_score=least, bins=bins)
    if picture is not None:
        from lunarcraters.plots.randomness import draw_randomness

        draw_randomness(bins, picture)
    if target is not None:
        write_rows([asdict(row) for row in bins], target)
    return table
