"""`craters plot`."""

import json
from pathlib import Path

import click

from lunarcraters.cli.options import CataloguePath, crs_option, json_option, min_score_option
from lunarcraters.errors import DatasetError


@click.group("plot")
def command() -> None:
    """Draw pictures of what was found.

    \b
    craters plot map run map.png
    craters plot csfd run csfd.png
    craters plot tiles run tiles.png
    craters plot training training curves.png
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
    from lunarcraters.detection.run import read_run, searched_mosaic
    from lunarcraters.plots.maps import draw_map

    found = read_run(run)
    under = searched_mosaic(run, mosaic, crs=crs)
    chosen = found.select(found.threshold(min_score))
    draw_map(chosen, under, out)
    click.echo(f"{len(chosen)} craters drawn in {out}")


@command.command("csfd")
@click.argument("catalogue", type=CataloguePath())
@click.argument("out", type=click.Path(path_type=Path))
@min_score_option
@json_option
def csfd(catalogue: Path | str, out: Path, min_score: str | None, as_json: bool) -> None:
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
    from lunarcraters.detection.run import read_found
    from lunarcraters.plots.csfd import draw_csfd

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


@command.command("tiles")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--reference", type=click.Path(path_type=Path),
              help="Catalogue or labels: its mask and boxes are shown too.")  # fmt: skip
@click.option("--count", type=click.IntRange(1, 50), default=4, show_default=True,
              help="Pieces of the mosaic.")  # fmt: skip
@click.option("--mosaic", type=click.Path(path_type=Path),
              help="The mosaic [default: the one that was searched].")  # fmt: skip
@min_score_option
@crs_option
def tiles(
    run: Path,
    out: Path,
    reference: Path | None,
    count: int,
    mosaic: Path | None,
    min_score: str | None,
    crs: str | None,
) -> None:
    """Draw pieces of the mosaic of RUN beside their masks and boxes, as the PNG file OUT.

    \b
    craters plot tiles run tiles.png
    craters plot tiles run tiles.png --reference reference.csv --count 6
    """
    from lunarcraters.detection.run import MASK, read_run, searched_mosaic
    from lunarcraters.evaluation.reference import read_reference
    from lunarcraters.mosaic.mosaic import open_mosaic
    from lunarcraters.plots.panels import draw_panels

    found = read_run(run)
    drawn = draw_panels(
        found.select(found.threshold(min_score)),
        searched_mosaic(run, mosaic, crs=crs),
        open_mosaic(run / MASK) if (run / MASK).is_file() else None,
        None if reference is None else read_reference(reference),
        out,
        count=count,
    )
    click.echo(f"{drawn} pieces drawn in {out}")


@command.command("training")
@click.argument("training", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def training(training: Path, out: Path) -> None:
    """Draw the curves of TRAINING, a directory of craters train, as the PNG file OUT.

    A training that is still going on may be looked at.

    \b
    craters plot training training curves.png
    """
    from lunarcraters.network.startup import start_tensorflow

    start_tensorflow()
    from lunarcraters.plots.training import draw_curves
    from lunarcraters.training.history import read_history

    rows = read_history(training)
    if not rows:
        raise DatasetError(
            f"{training} has no epoch of a training in it: give the directory that craters train "
            "writes, after its first epoch"
        )
    draw_curves(rows, out)
    click.echo(f"{len(rows)} epochs drawn in {out}")
