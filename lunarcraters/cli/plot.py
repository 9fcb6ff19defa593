"""`craters plot`."""

import json
from pathlib import Path

import click

from lunarcraters.cli.options import crs_option, json_option, min_score_option


@click.group("plot")
def command() -> None:
    """Draw pictures of what was found.

    \b
    craters plot map run map.png
    craters plot csfd run csfd.png
    """


@command.command("map")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--mosaic", type=click.Path(path_type=Path),
              help="The mosaic underneath [default: the one that was searched].")  # fmt: skip
@min_score_option
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
    chosen = found.select(found.threshold(min_score))
    draw_map(chosen, under, out)
    click.echo(f"{len(chosen)} craters drawn in {out}")


@command.command("csfd")
@click.argument("catalogue", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@min_score_option
@json_option
def csfd(catalogue: Path, out: Path, min_score: str | None, as_json: bool) -> None:
    """Draw the crater size-frequency distribution of CATALOGUE as the PNG file OUT.

    CATALOGUE is a run of craters detect, or a file of craters export that tells the area.
    Cumulative, differential and R plots with bins of sqrt(2) and Poisson errors; hollow where
    craters are missed because they are small.

    \b
    craters plot csfd run csfd.png
    craters export run mare.gpkg --area mare_outline.gpkg
    craters plot csfd mare.gpkg csfd.png
    """
    from lunarcraters.catalogue.csfd import size_frequency
    from lunarcraters.catalogue.figures import draw_csfd
    from lunarcraters.execution.run import read_found

    found = read_found(catalogue)
    counted = size_frequency(found.select(found.threshold(min_score)))
    draw_csfd(counted, out)
    if as_json:
        columns = ("counts", "cumulative", "differential", "relative")
        table = {name: getattr(counted, name).tolist() for name in columns}
        about = {"area_km2": counted.area_km2, "complete_from_km": counted.complete_from_km}
        click.echo(json.dumps({**about, "edges_km": counted.edges.tolist(), **table}, indent=1))
    else:
        click.echo(
            f"{counted.at_least[0]:.0f} craters on {counted.area_km2:.1f} km2, complete from "
            f"{counted.complete_from_km:.3g} km, drawn in {out}"
        )
