"""`craters csfd`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.catalogue.wording import format_number
from lunarcraters.cli.options import (
    CataloguePath,
    area_options,
    binning_option,
    json_option,
    min_score_option,
    overwrite_option,
)
from lunarcraters.cli.tables import print_table
from lunarcraters.cli.wording import diameter_range, share

if TYPE_CHECKING:
    from lunarcraters.counts.record import CountBin, CountTable


@click.command("csfd")
@click.argument("catalogue", type=CataloguePath())
@area_options
@binning_option
@min_score_option
@click.option("-o", "--output", "out", type=click.Path(path_type=Path),
              help="Write the counts as a table too: .csv, or .stat for craterstats.")  # fmt: skip
@overwrite_option
@json_option
def command(catalogue: Path | str, as_json: bool, **options: Any) -> None:
    """Count the craters of CATALOGUE by size, and estimate how many there are in truth.

    CATALOGUE is a run of craters detect, or a crater count or file of craters export. Each bin of
    diameters and each polygon of --area has a row. The estimate needs a run whose completeness was
    measured (craters completeness). It comes with its 90 % interval, and says where it is not to
    be trusted. Where craters purity was measured too, detections count by their probability.
    A .stat holds the counts of one area, without estimates.

    \b
    craters csfd run -o counts.csv
    craters csfd run -o counts.csv --area mare_outline.gpkg --binning 10-per-decade
    craters csfd run -o mare.stat --area mare_outline.gpkg --binning pseudo-log
    craters csfd run --json
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    table = api.csfd(catalogue, **options)
    if as_json:
        click.echo(to_json(table))
    else:
        _print(table)


def _print(counts: "CountTable") -> None:
    headings = ["area", "diameter, km", "raw", "estimate", "90 %", "completeness", "trusted"]
    rows = [_cells(row) for row in counts.bins]
    if any(row.purity is not None for row in counts.bins):
        headings.append("purity")
        rows = [(*_cells(row), share(row.purity)) for row in counts.bins]
    print_table(headings, rows)
    if counts.note:
        click.echo(counts.note)


def _cells(row: "CountBin") -> tuple[str, ...]:
    where = row.area, diameter_range(row.min_km, row.max_km), format_number(row.raw, 6)
    if row.estimate is None or row.low90 is None or row.high90 is None:
        return (*where, "-", "-", "-", "-")
    interval = f"{row.low90:.0f} - {row.high90:.0f}"
    trusted = "yes" if row.trusted else "no"
    return (*where, f"{row.estimate:.0f}", interval, share(row.completeness), trusted)
