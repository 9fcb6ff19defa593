"""`craters tile`."""

from pathlib import Path

import click

from lunarcraters.cli.options import (
    crs_option,
    nodata_option,
    output_option,
    overwrite_option,
    quiet_option,
    smallest_option,
)
from lunarcraters.cli.progress import progress_bar


@click.command("tile")
@click.argument("mosaic", nargs=-1, required=True, type=click.Path(path_type=Path))
@output_option("Directory of the tiles.")
@click.option("--size", type=click.IntRange(64), default=1024, show_default=True,
              help="Largest tile, pixels.")  # fmt: skip
@click.option("--halo", type=click.IntRange(0), default=64, show_default=True,
              help="Margin around each tile's core, pixels.")  # fmt: skip
@click.option("--levels", type=click.IntRange(1),
              help="Octaves from full resolution on [default: what fits].")  # fmt: skip
@smallest_option
@click.option("--virtual", is_flag=True, help="Write VRTs, which hold no pixels.")
@crs_option
@nodata_option
@overwrite_option
@quiet_option
def command(
    mosaic: tuple[Path, ...],
    out: Path,
    size: int,
    halo: int,
    levels: int | None,
    smallest_px: float | None,
    virtual: bool,
    crs: str | None,
    nodata: float | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Cut MOSAIC (rasters, or directories of them) into georeferenced tiles with an index.

    \b
    craters tile mosaic.tif -o tiles
    craters tile wac/*.tif -o tiles --virtual --levels 4
    craters tile cube.cub -o tiles --crs IAU_2015:30130 --nodata 0
    """
    from lunarcraters.mosaic.mosaic import open_mosaic
    from lunarcraters.tiling.tileset import write_tiles

    with progress_bar("tiling", quiet=quiet) as progress:
        found = write_tiles(
            open_mosaic(mosaic, crs=crs, nodata=nodata),
            out,
            max_size=size,
            halo=halo,
            levels=levels,
            smallest_px=smallest_px,
            virtual=virtual,
            overwrite=overwrite,
            progress=progress,
        )
    if not quiet:
        click.echo(
            f"{len(found.tiles)} tiles in {out}: find craters with craters detect {out} -o RUN"
        )
