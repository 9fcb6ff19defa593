"""`craters plot`."""

from pathlib import Path

import click

from lunarcraters.cli.options import crs_option


@click.group("plot")
def command() -> None:
    """Draw pictures of what was found.

    \b
    craters plot map run map.png
    """


@command.command("map")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--mosaic", type=click.Path(path_type=Path),
              help="The mosaic underneath [default: the one that was searched].")  # fmt: skip
@click.option(
    "--min-score",
    metavar="SCORE|NAME",
    help="Lowest score, or an operating point of the model [default: balanced].",
)
@crs_option
def draw(run: Path, out: Path, mosaic: Path | None, min_score: str | None, crs: str | None) -> None:
    """Draw the craters of RUN over their mosaic, as the PNG file OUT.

    \b
    craters plot map run map.png
    craters plot map run map.png --min-score pure --mosaic mosaic.tif
    """
    from lunarcraters.catalogue.figures import draw_map
    from lunarcraters.execution.run import read_run, searched_mosaic

    found = read_run(run)
    under = searched_mosaic(run, mosaic, crs=crs)
    chosen = found.select(found.threshold(min_score or found.default_threshold))
    draw_map(chosen, under, out)
    click.echo(f"{len(chosen)} craters drawn in {out}")
