"""`craters plot`."""

from pathlib import Path
from typing import Any

import click

from lunarcraters.catalogue.wording import format_area, format_number
from lunarcraters.cli.options import (
    CataloguePath,
    area_options,
    binning_option,
    crs_option,
    json_option,
    min_score_option,
    nodata_option,
    overwrite_option,
    quiet_option,
    range_option,
    system_option,
    unit_option,
)
from lunarcraters.cli.progress import progress_bar
from lunarcraters.cli.wording import square_km


@click.group("plot")
def command() -> None:
    """Draw maps, counts and their errors, hazard maps, pieces of a mosaic, and trainings.

    \b
    craters plot map run map.png
    craters plot csfd run csfd.png
    craters plot errors run errors.png
    craters plot tiles run tiles.png
    craters plot hazard run hazard.png
    craters plot training training curves.png
    """


@command.command("map")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--mosaic", metavar="MOSAIC",
              help="The mosaic underneath [default: the one that was searched].")  # fmt: skip
@min_score_option
@crs_option
def map_command(run: Path, out: Path, **options: Any) -> None:
    """Draw the craters of RUN, or of a catalogue, over their mosaic, as the PNG file OUT.

    \b
    craters plot map run map.png
    craters plot map run map.png --min-score pure --mosaic mosaic.tif
    craters plot map reference.csv map.png --mosaic mosaic.tif
    """
    from lunarcraters import api

    click.echo(f"{api.plot_map(run, out, **options)} craters drawn in {out}")


@command.command("csfd")
@click.argument("catalogue", type=CataloguePath())
@click.argument("out", type=click.Path(path_type=Path))
@area_options
@binning_option
@click.option("--isochrons", callback=lambda _, __, text: _ages(text), metavar="AGE,...",
              help="Ages in Ga of isochrons to draw; fit for the age of the counts.")  # fmt: skip
@system_option
@range_option
@min_score_option
@json_option
def csfd_command(catalogue: Path | str, out: Path, as_json: bool, **options: Any) -> None:
    """Draw the crater size-frequency distribution of CATALOGUE as the PNG file OUT.

    CATALOGUE is a run of craters detect, or a crater count or file of craters export that tells the
    area (.scc, .diam, a pair NAME_CRATER.shp and NAME_AREA.shp, .gpkg ...).
    Cumulative, differential and R plots with Poisson errors; hollow where craters are missed
    because they are small. Each polygon of --area has a colour. Isochrons are craterstats': pip
    install 'lunarcraters[dating]'.

    \b
    craters plot csfd run csfd.png
    craters plot csfd run csfd.png --area mare_outline.gpkg --binning pseudo-log
    craters plot csfd run csfd.png --area mare_outline.gpkg --isochrons fit,1,3.5
    craters export run mare.gpkg --area mare_outline.gpkg
    craters plot csfd mare.gpkg csfd.png
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    counted = api.plot_csfd(catalogue, out, **options)
    if as_json:
        click.echo(to_json(counted.record()))
    else:
        click.echo(
            f"{counted.at_least[0]:.0f} craters on {format_area(counted.area_km2)} km2, complete "
            f"from {format_number(counted.complete_from_km, 3)} km, drawn in {out}"
        )


def _ages(text: str | None) -> tuple[Any, ...]:
    """Read ages of isochrons such as `fit,1,3.5`."""
    try:
        return tuple(part if part == "fit" else float(part) for part in (text or "").split(",")
                     if part)  # fmt: skip
    except ValueError:
        raise click.BadParameter(
            f"{text!r} has what is no age: give ages in Ga, or fit, such as fit,1,3.5"
        ) from None


@command.command("errors")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@area_options
@binning_option
@min_score_option
@json_option
def errors_command(run: Path, out: Path, as_json: bool, **options: Any) -> None:
    """Draw the errors of the estimates of RUN by diameter, and their parts, as the PNG file OUT.

    The estimates are those of craters csfd, of a run whose completeness was measured (craters
    completeness). The parts: the number of craters (Poisson), the number of planted craters, the
    unknown wear of the surface, the purity of the detections where it was measured (craters
    purity), and what planted craters do not tell. The largest part says what to do: count more
    ground, plant more craters, or review more detections. Each polygon of --area has a panel.

    \b
    craters plot errors run errors.png
    craters plot errors run errors.png --area units.gpkg
    craters plot errors run errors.png --json
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    table = api.plot_errors(run, out, **options)
    if as_json:
        click.echo(to_json(table))
        return
    errors = [row.total for row in table.bins if row.trusted and row.total is not None]
    summary = "no estimate is to be trusted"
    if errors:
        summary = f"{min(errors):.0%} to {max(errors):.0%} in the {len(errors)} bins to be trusted"
    click.echo(f"errors of estimates, {summary}, drawn in {out}")


@command.command("tiles")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--reference", type=click.Path(path_type=Path),
              help="Catalogue or labels: its mask and boxes are shown too.")  # fmt: skip
@click.option("--count", type=click.IntRange(1, 50), default=4, show_default=True,
              help="Pieces of the mosaic.")  # fmt: skip
@click.option("--mosaic", metavar="MOSAIC",
              help="The mosaic [default: the one that was searched].")  # fmt: skip
@min_score_option
@crs_option
def tiles_command(run: Path, out: Path, **options: Any) -> None:
    """Draw pieces of the mosaic of RUN beside their masks and boxes, as the PNG file OUT.

    \b
    craters plot tiles run tiles.png
    craters plot tiles run tiles.png --reference reference.csv --count 6
    """
    from lunarcraters import api

    click.echo(f"{api.plot_tiles(run, out, **options)} pieces drawn in {out}")


@command.command("hazard")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--elevation", metavar="DEM",
              help="Elevation model of the ground [default: the one that was searched].",
              )  # fmt: skip
@click.option("--cell", type=float, metavar="KM",
              help="Side of a cell, rounded to whole pixels [default: a fiftieth of the longer "
              "side, 8 pixels of the run and 4 of the elevation model at least].")  # fmt: skip
@click.option("--slope-limit", type=float, default=15.0, show_default=True, metavar="DEGREES",
              help="Slope from which ground is steep.")  # fmt: skip
@click.option("--min-diameter", type=float, default=0.0, metavar="KM",
              help="Smallest crater that counts.")  # fmt: skip
@min_score_option
@unit_option
@click.option("--crs", help="Coordinate system of the elevation model [default: its own].")
@nodata_option
@click.option("--raster", type=click.Path(path_type=Path), metavar="TIF",
              help="Cloud Optimized GeoTIFF to write [default: OUT with .tif].")  # fmt: skip
@overwrite_option
@json_option
@quiet_option
def hazard_command(run: Path, out: Path, as_json: bool, quiet: bool, **options: Any) -> None:
    """Draw the crater density and the steep ground of RUN on a grid, as the PNG file OUT.

    For landing sites: in each cell, the craters per km2 of searched ground, and the share of the
    ground that is steeper than a limit. The same cells are written as a Cloud Optimized GeoTIFF on
    the grid of the run, for QGIS. Cells of which less than half is known have no value. A run of a
    picture has slopes with --elevation only.

    \b
    craters plot hazard run hazard.png
    craters plot hazard run hazard.png --elevation dem.tif --slope-limit 10
    craters plot hazard run hazard.png --cell 2 --min-diameter 0.5 --raster cells.tif
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    with progress_bar("measuring slopes", quiet=quiet or as_json, unit="blocks") as progress:
        done = api.plot_hazard(run, out, progress=progress, **options)
    if as_json:
        click.echo(to_json(done))
    elif not quiet:
        steep = ""
        if done.steep_share is not None:
            steep = (
                f", {done.steep_share:.1%} of the ground steeper than {done.slope_limit:g} degrees"
            )
        click.echo(
            f"{done.craters} craters on {square_km(done.searched_km2)} km2{steep}, in "
            f"{done.columns} x {done.rows} cells of {done.cell_km:.3g} km, in {done.picture} and "
            f"{done.raster}"
        )
        if done.note:
            click.echo(done.note)


@command.command("training")
@click.argument("training", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
def training_command(training: Path, out: Path) -> None:
    """Draw the curves of TRAINING, a directory of craters train, as the PNG file OUT.

    A training that is still going on may be looked at.

    \b
    craters plot training training curves.png
    """
    from lunarcraters import api

    epochs = api.plot_training(training, out)
    click.echo(f"{epochs} {'epoch' if epochs == 1 else 'epochs'} drawn in {out}")
