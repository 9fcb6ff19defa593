"""`craters detect`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lunarcraters.cli.options import (
    detect_options,
    json_option,
    model_option,
    output_option,
    overwrite_option,
    quiet_option,
    source_options,
)
from lunarcraters.cli.progress import progress_bar
from lunarcraters.cli.wording import duration, length
from lunarcraters.detection.options import DetectOptions, SourceOptions

if TYPE_CHECKING:
    from lunarcraters.detection.summary import RunSummary


@click.command("detect")
@click.argument("source", nargs=-1, required=True, metavar="SOURCE...")
@output_option("Directory of the run.")
@model_option
@detect_options
@source_options
@overwrite_option
@quiet_option
@json_option
def command(
    source: tuple[str, ...],
    out: Path,
    model: Path | None,
    options: DetectOptions,
    source_options: SourceOptions,
    overwrite: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Detect the craters of SOURCE: rasters, a directory of them, or what craters tile wrote.

    A raster is whatever GDAL opens: a file, a URL, a file in an archive, a subdataset.

    If a run is interrupted, give the same command again to resume it. Tiles that cannot be read are
    left out, whole or in part, and the exit code is 1.

    \b
    craters detect mosaic.tif -o run
    craters detect tiles/ -o run --workers 2
    craters detect https://example.org/mosaic.tif -o run
    craters detect 'zip://delivery.zip!mosaic.tif' -o run
    craters detect site.tif -o run --tta
    craters detect mosaic.tif -o run --model my.keras --scheduler tcp://10.0.0.1:8786
    """
    from lunarcraters.detection.search.preload import preload

    if options.scheduler is None:
        preload()  # before the libraries below, which take the client two seconds to import
    from lunarcraters import api
    from lunarcraters.errors import MosaicError
    from lunarcraters.records import to_json

    with progress_bar("detecting", quiet=quiet or as_json) as progress:
        try:
            summary = api.detect_to_directory(
                source, out, model, source_options, options, overwrite=overwrite, progress=progress
            )
        except KeyboardInterrupt:
            click.echo("The same command goes on where this one stopped.", err=True)
            raise
    if as_json:
        click.echo(to_json(summary.counts, indent=None))
    elif not quiet:
        _print(summary, out)
    unread = summary.counts.unread_tiles
    if unread:
        raise MosaicError(
            f"{unread} of {summary.tiles} tiles could not be read whole, and {out} lacks craters "
            f"({out / 'run.json'} names the tiles): mend the mosaic and run the same command "
            "again, which searches those"
        )


def _print(summary: "RunSummary", out: Path) -> None:
    counts, balanced = summary.counts, ""
    if summary.balanced_score is not None:
        balanced = f", {counts.balanced} above {summary.balanced_score:.3g} (balanced)"
    click.echo(
        f"{counts.craters} craters{balanced} in {out}: write them with craters export {out} OUT"
    )
    if not summary.has_crs:
        click.echo("The image has no coordinate system: positions and diameters are pixels.")
    if summary.smaller:
        option = f"{'craters tile ' if summary.is_tile_set else ''}--smallest"
        size = length(summary.smaller.diameter, has_crs=summary.has_crs)
        click.echo(
            f"With {option} {summary.smaller.smallest_px:g}, craters from {size} are found, in "
            f"about {duration(summary.smaller_seconds)}."
        )
