"""`craters stac`."""

from pathlib import Path

import click

from lunarcraters.cli.options import output_option, overwrite_option


@click.command("stac")
@click.argument("run", type=click.Path(path_type=Path))
@output_option("JSON file to write.")
@overwrite_option
def command(run: Path, out: Path, overwrite: bool) -> None:
    """Describe RUN as a STAC item: ground, coordinate system, mask and catalogue.

    Files are named relative to the item, so write it into the run, or move both together. It has
    the extensions for projections and for the Solar System.

    \b
    craters stac run -o run/item.json
    """
    from lunarcraters import api

    api.write_stac_item(run, out, overwrite=overwrite)
