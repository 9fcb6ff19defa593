"""`craters purity`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.cli.options import CataloguePath, json_option, overwrite_option
from lunarcraters.cli.tables import print_table
from lunarcraters.cli.wording import diameter_range

if TYPE_CHECKING:
    from lunarcraters.purity.record import Purity


@click.command("purity")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("labels", type=CataloguePath())
@click.option("--area", type=click.Path(path_type=Path),
              help="Ground that LABELS covers: polygons in a GeoPackage, GeoJSON or Shapefile "
              "[default: the reference's own, or all reviewed craters].")  # fmt: skip
@click.option("--min-diameter", type=click.FloatRange(0, min_open=True),
              help="Smallest detection that is labelled, km (pixels without coordinates) [default: "
              "the one from which on the reference is complete].")  # fmt: skip
@click.option("--max-diameter", type=click.FloatRange(0, min_open=True),
              help="Largest detection that is labelled [default: the one up to which the "
              "reference is complete].")  # fmt: skip
@click.option("--all-seen", is_flag=True,
              help="You looked at every crater: unseen ones are accepted.")  # fmt: skip
@overwrite_option
@json_option
def command(run: Path, labels: Path | str, as_json: bool, **options: Any) -> None:
    """Measure which detections of RUN are craters, by LABELS on some of them.

    LABELS is the catalogue that you exported from RUN and reviewed in a GIS or on the page of
    craters report (column review), or a reference: a catalogue or labels of all craters on a part
    of the ground. A detection there without a match is no crater.

    The probability that a detection is a crater is fitted by its score and diameter, and kept in
    RUN as purity.json. craters csfd, craters date and craters plot csfd then count by it.

    \b
    craters purity run reviewed.gpkg
    craters purity run reference.csv --area mare_outline.gpkg
    craters purity run reviewed.gpkg --area mare_outline.gpkg --all-seen --overwrite
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    result = api.measure_purity(run, labels, **options)
    if as_json:
        click.echo(to_json(result))
    else:
        _print(result)


def _print(result: "Purity") -> None:
    share = result.craters / result.labelled
    click.echo(
        f"{result.labelled} detections labelled by a {result.kind}: {result.craters} are craters "
        f"({100.0 * share:.0f} %), and their mean score is {result.mean_score:.2f}"
    )
    rows = []
    for row in result.bins:
        share_of_bin = f"{row.craters / row.labelled:.2f}" if row.labelled else "-"
        score = f"{row.mean_score:.2f}" if row.labelled else "-"
        numbers = str(row.labelled), str(row.craters), share_of_bin, score
        rows.append((diameter_range(row.min_km, row.max_km), *numbers))
    headings = "diameter, " + result.unit, "labelled", "craters", "share", "mean score"
    print_table(headings, rows)
