"""`craters detect`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.cli.options import (
    crs_option,
    json_option,
    nodata_option,
    output_option,
    overwrite_option,
    precision_option,
    quiet_option,
    smallest_option,
)
from lunarcraters.cli.progress import progress_bar
from lunarcraters.cli.wording import duration, length

if TYPE_CHECKING:
    from lunarcraters.tiling.source import TileSource

_SOON_S = 60.0


@click.command("detect")
@click.argument("source", nargs=-1, required=True, type=click.Path(path_type=Path))
@output_option("Directory of the run.")
@click.option("--model", type=click.Path(path_type=Path),
              help="A .keras file [default: the weights that come with craters].")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), help="Processes [default: one a core, up to 8].")
@click.option("--scheduler", metavar="ADDRESS", help="A running Dask cluster to use instead.")
@precision_option
@click.option("--mirrored", is_flag=True,
              help="Average over mirror images: better, in four times the time.")  # fmt: skip
@click.option("--batch", type=click.IntRange(1),
              help="Tiles given to the network at once [default: a megapixel, or 2].")  # fmt: skip
@click.option("--size", type=click.IntRange(64), help="Largest tile, pixels.")
@click.option("--halo", type=click.IntRange(0), help="Margin around each tile's core, pixels.")
@click.option("--levels", type=click.IntRange(1),
              help="Octaves from full resolution on [default: what fits].")  # fmt: skip
@smallest_option
@crs_option
@nodata_option
@click.option("--strict", is_flag=True, help="Stop at a tile that cannot be read.")
@overwrite_option
@quiet_option
@json_option
def command(
    source: tuple[Path, ...],
    out: Path,
    model: Path | None,
    workers: int | None,
    scheduler: str | None,
    precision: str,
    mirrored: bool,
    batch: int | None,
    size: int | None,
    halo: int | None,
    levels: int | None,
    smallest_px: float | None,
    crs: str | None,
    nodata: float | None,
    strict: bool,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Find the craters of SOURCE: rasters, a directory of them, or what craters tile wrote.

    A run that was stopped goes on when the same command is given again. Tiles that cannot be read
    are left out, and the exit code is 1.

    \b
    craters detect mosaic.tif -o run
    craters detect tiles/ -o run --workers 2
    craters detect site.tif -o run --mirrored
    craters detect mosaic.tif -o run --model my.keras --scheduler tcp://10.0.0.1:8786
    """
    from lunarcraters.detection.preload import head_start

    if scheduler is None:
        head_start()  # before the libraries below, which take the client two seconds to import
    from lunarcraters.detection.detect import detect, open_source
    from lunarcraters.detection.run import RESULT
    from lunarcraters.errors import MosaicError
    from lunarcraters.network.model_file import shipped_model

    model = model or shipped_model()
    tiles = open_source(
        source, model, size=size, halo=halo, levels=levels, smallest_px=smallest_px,
        crs=crs, nodata=nodata,
    )  # fmt: skip
    with progress_bar("detecting", quiet=quiet or as_json) as progress:
        found = detect(
            tiles, out, model, workers=workers, scheduler=scheduler, precision=precision,
            mirrored=mirrored, at_once=batch, strict=strict, overwrite=overwrite, progress=progress,
        )  # fmt: skip
    balanced = found.about.thresholds.get("balanced")
    summary = {
        "run": str(out),
        "craters": len(found),
        "balanced": None if balanced is None else found.count(balanced),
        "searched_km2": found.about.footprint_area_km2,
        "unread_tiles": int(found.about.properties.get("unread_tiles", 0)),
    }
    if as_json:
        click.echo(json.dumps(summary))
    elif not quiet:
        best = (
            "" if balanced is None else f", {summary['balanced']} above {balanced:.2f} (balanced)"
        )
        click.echo(f"{len(found)} craters{best} in {out}: write them with craters export {out} OUT")
        if found.about.is_pixels:
            click.echo("The picture has no coordinate system: positions and diameters are pixels.")
        hint = _one_octave_more(tiles, model, json.loads((out / RESULT).read_text()))
        if hint:
            click.echo(hint)
    if summary["unread_tiles"]:
        raise MosaicError(
            f"{summary['unread_tiles']} of {len(tiles.tiles)} tiles could not be read, and {out} "
            f"lacks their craters ({out / RESULT} names them): mend the mosaic and run the same "
            "command again, which goes on with those"
        )


def _one_octave_more(source: "TileSource", model: Path, result: dict[str, Any]) -> str | None:
    """A sentence on smaller craters, where they would be found in less than a minute."""
    from lunarcraters.detection.estimate import finer_octaves, levels_of
    from lunarcraters.tiling.source import TileSet

    finer = finer_octaves(source, levels_of(source, model), model)
    whole = result["searched_tiles"] == result["tiles"]  # else its time is of a part
    if not (finer and whole and finer[0].times * result["seconds"] < _SOON_S):
        return None
    option = f"{'craters tile ' if isinstance(source, TileSet) else ''}--smallest"
    size = length(finer[0].diameter, has_place=source.mosaic.crs is not None)
    time = duration(finer[0].times * result["seconds"])
    return f"With {option} {finer[0].smallest_px:g} craters from {size} are found, in about {time}."
