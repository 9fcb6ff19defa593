"""`craters randomness`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.cli.options import (
    CataloguePath,
    binning_option,
    json_option,
    min_score_option,
    named_area_options,
    overwrite_option,
)
from lunarcraters.cli.progress import progress_bar
from lunarcraters.cli.tables import print_table
from lunarcraters.cli.wording import diameter_range

if TYPE_CHECKING:
    from lunarcraters.catalogue.randomness import RandomnessBin, RandomnessTable

_HEADINGS = (
    "area", "diameter, km", "craters", "M2CND, km", "expected", "sigma", "p", "verdict",
)  # fmt: skip


@click.command("randomness")
@click.argument("catalogue", type=CataloguePath())
@named_area_options
@binning_option
@min_score_option
@click.option("-o", "--output", "out", type=click.Path(path_type=Path),
              help="Write the result as a table too (.csv).")  # fmt: skip
@click.option("--figure", type=click.Path(path_type=Path),
              help="Draw the standard deviations by diameter, as this PNG file.")  # fmt: skip
@overwrite_option
@json_option
def command(catalogue: Path | str, as_json: bool, **options: Any) -> None:
    """Tell by bins of diameter whether the craters of CATALOGUE are clustered.

    CATALOGUE is a run of craters detect, or a crater count or file of craters export that tells
    where its craters and its ground are. The mean distance to the second-closest crater of the bin
    is compared with that of random craters on the same ground (Michael et al. 2012). Clusters are
    mostly secondary craters, which do not count for an age; clustered, too, are the craters of
    ground of several ages: give each unit as a polygon of --area.

    \b
    craters randomness run
    craters randomness run --area mare_outline.gpkg -o randomness.csv --figure randomness.png
    craters randomness run --json
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    with progress_bar("testing", quiet=as_json, unit="areas") as progress:
        table = api.measure_randomness(catalogue, progress=progress, **options)
    if as_json:
        click.echo(to_json(table))
    else:
        _print(table)


def _print(randomness: "RandomnessTable") -> None:
    print_table(_HEADINGS, map(_cells, randomness.bins))
    for note in dict.fromkeys(row.note for row in randomness.bins if row.note):
        click.echo(f"not tested (-): {note}")


def _cells(row: "RandomnessBin") -> tuple[str, ...]:
    where = row.area, diameter_range(row.min_km, row.max_km), str(row.craters)
    if row.distance_km is None or row.expected_km is None or row.verdict is None:
        return (*where, "-", "-", "-", "-", "-")
    distances = f"{row.distance_km:.4g}", f"{row.expected_km:.4g}"
    return (*where, *distances, f"{row.sigmas:.1f}", f"{row.p_value:.2g}", row.verdict)
