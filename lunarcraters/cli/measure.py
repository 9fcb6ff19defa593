"""`craters measure`."""

from pathlib import Path
from typing import Any

import click

from lunarcraters.cli.options import (
    CataloguePath,
    json_option,
    nodata_option,
    overwrite_option,
    quiet_option,
    unit_option,
)
from lunarcraters.cli.progress import progress_bar


@click.command("measure")
@click.argument("run", type=CataloguePath())
@click.option("--elevation", required=True, metavar="DEM", help="Elevation model of the ground.")
@click.option("-o", "--output", "out", type=CataloguePath(),
              help="Catalogue to write [default: the measures stay in RUN].")  # fmt: skip
@unit_option
@click.option("--crs", help="Coordinate system of the elevation model [default: its own].")
@nodata_option
@overwrite_option
@json_option
@quiet_option
def command(
    run: Path | str,
    elevation: str,
    out: Path | str | None,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Measure the craters of RUN in three dimensions on an elevation model.

    RUN is a run of craters detect, whose catalogue has the measures from then on, in craters
    export, plot and report; or any catalogue, with -o. The elevation model may be in any
    projection and resolution. Measured are the diameter at the rim crest, depth, rim height,
    depth/diameter, the steepest slope and the freshness, with their errors; craters of less than 8
    pixels of the elevation model, or with too little ground, have a note in their place.

    \b
    craters measure run --elevation dem.tif
    craters export run measured.gpkg
    craters measure reference.csv --elevation dem.tif -o measured.csv
    craters measure run --elevation dem_km.tif --unit km --overwrite
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    with progress_bar("measuring", quiet=quiet or as_json, unit="craters") as progress:
        done = api.measure(run, elevation, out, progress=progress, **options)
    if as_json:
        click.echo(to_json(done))
    elif not quiet:
        ratio = done.median_depth_to_diameter
        scored = f", score >= {done.min_score:.3g}" if done.min_score else ""
        click.echo(
            f"{done.measured} of {done.craters} craters measured"
            + (f" (median depth/diameter {ratio:.3f}{scored})" if ratio is not None else "")
            + f" in {done.out}"
        )
        for note, count in done.notes.items():
            click.echo(f"{count:8} {note}")
