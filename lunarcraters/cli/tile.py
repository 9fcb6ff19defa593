"""`craters tile`."""

from pathlib import Path
from typing import Any

import click

from lunarcraters.cli.options import (
    crs_option,
    elevation_option,
    levels_option,
    nodata_option,
    output_option,
    overwrite_option,
    quiet_option,
    smallest_option,
)
from lunarcraters.cli.progress import progress_bar
from lunarcraters.mosaic.nodata import Nodata


@click.command("tile")
@click.argument("mosaic", nargs=-1, required=True, metavar="MOSAIC...")
@output_option("Directory of the tiles.")
@click.option("--size", type=click.IntRange(64), default=1024, show_default=True,
              help="Largest tile, pixels.")  # fmt: skip
@click.option("--halo", type=click.IntRange(0), default=64, show_default=True,
              help="Margin around each tile's core, pixels.")  # fmt: skip
@levels_option
@smallest_option
@click.option("--virtual", is_flag=True, help="Write VRTs, which hold no pixels.")
@crs_option
@nodata_option
@elevation_option
@overwrite_option
@quiet_option
def command(
    mosaic: tuple[str, ...],
    out: Path,
    crs: str | None,
    nodata: Nodata,
    quiet: bool,
    **options: Any,
) -> None:
    """Cut MOSAIC (rasters, or directories of them) into georeferenced tiles with an index.

    \b
    craters tile mosaic.tif -o tiles
    craters tile wac/*.tif -o tiles --virtual --levels 4
    craters tile cube.cub -o tiles --crs IAU_2015:30130 --nodata 0
    """
    from lunarcraters import api

    with progress_bar("tiling", quiet=quiet) as progress:
        opened = api.open_mosaic(mosaic, crs=crs, nodata=nodata)
        tiles = api.tile(opened, out, progress=progress, **options)
    if not quiet:
        click.echo(
            f"{len(tiles.tiles)} tiles in {out}: find craters with craters detect {out} -o RUN"
        )
