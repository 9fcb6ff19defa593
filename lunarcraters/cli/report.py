"""`craters report`."""

from pathlib import Path
from typing import Any

import click

from lunarcraters.cli.options import (
    crs_option,
    min_score_option,
    output_option,
    overwrite_option,
    quiet_option,
)


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path))
@output_option("HTML file to write.")
@click.option("--edited", type=click.Path(path_type=Path),
              help="Edited catalogue of the run, whose craters are shown and with whose decisions "
              "the review begins.")  # fmt: skip
@click.option("--reference", type=click.Path(path_type=Path),
              help="Catalogue or labels to score the run against.")  # fmt: skip
@click.option("--min-diameter", type=click.FloatRange(0), default=0.0,
              help="Smallest crater that is scored, km (pixels without coordinates).")  # fmt: skip
@click.option("--mosaic", metavar="MOSAIC",
              help="The mosaic underneath [default: the one that was searched].")  # fmt: skip
@min_score_option
@click.option("--closeups", type=click.IntRange(0), default=500, show_default=True,
              help="Most doubtful craters that the review shows at full resolution, where the "
              "mosaic has more pixels than its picture.")  # fmt: skip
@crs_option
@overwrite_option
@quiet_option
def command(run: Path, out: Path, quiet: bool, **options: Any) -> None:
    """Write one HTML page that shows RUN: a map to zoom, counts, and how it was made.

    Sliders choose craters by score and diameter, on the map and in the plots. The page is one
    file that needs no network; send it to a colleague. Its review mode goes through the craters
    from the most doubtful one, corrects them, and saves them as a GeoJSON file.

    \b
    craters report run -o report.html
    craters report run -o report.html --reference reference.csv --min-diameter 2
    craters report run -o reviewed.html --edited craters.gpkg
    """
    from lunarcraters import api

    craters = api.write_report(run, out, **options)
    if not quiet:
        click.echo(f"{craters} craters in {out}")
