"""`craters completeness`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.cli.options import (
    crs_option,
    json_option,
    overwrite_option,
    quiet_option,
    workers_option,
)
from lunarcraters.cli.progress import progress_bar
from lunarcraters.cli.tables import print_table
from lunarcraters.cli.wording import diameter_range, share

if TYPE_CHECKING:
    from lunarcraters.completeness.record import Completeness


@click.command("completeness")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--mosaic", metavar="MOSAIC",
              help="The mosaic [default: the one that RUN searched].")  # fmt: skip
@crs_option
@click.option("--model", type=click.Path(path_type=Path),
              help="The model of RUN [default: where RUN found it].")  # fmt: skip
@click.option("--sun-azimuth", "sun_azimuth_deg", type=float, metavar="DEGREES",
              help="Azimuth of the sun, clockwise from north (from the top of an image without "
              "coordinates) [default: estimated from the craters].")  # fmt: skip
@click.option("--sun-altitude", "sun_altitude_deg", type=float, metavar="DEGREES",
              help="Height of the sun above the horizon [default: the label's, or estimated "
              "from the craters].")  # fmt: skip
@click.option("--budget", type=float, default=0.25, show_default=True, metavar="SHARE",
              help="Most pixels to search, as a share of those of RUN; a planted crater counts "
              "as 15,000.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Seed of all random choices.")  # fmt: skip
@workers_option
@overwrite_option
@quiet_option
@json_option
def command(run: Path, quiet: bool, as_json: bool, **options: Any) -> None:
    """Measure which craters RUN misses, by craters planted into its mosaic.

    Craters of known size and wear are planted into the picture, lit as the picture is lit. Some
    of the tiles are searched again, and what comes back tells the recall and the errors of
    diameters by size and freshness. The result is kept in RUN as completeness.json.

    If it is interrupted, give the same command again to resume it.

    \b
    craters completeness run
    craters completeness run --sun-azimuth 280 --sun-altitude 25
    craters completeness run --budget 1 --overwrite
    """
    from lunarcraters.detection.search.preload import preload

    # Before the libraries below, which take the client a while to import.
    preload("lunarcraters.completeness.planted_tiles")
    from lunarcraters import api
    from lunarcraters.records import to_json

    with progress_bar("planting", quiet=quiet or as_json) as progress:
        result = api.measure_completeness(run, progress=progress, **options)
    if as_json:
        click.echo(to_json(result))
    elif not quiet:
        _print(result)


def _print(result: "Completeness") -> None:
    sun = result.sun
    where = " from the top of the picture" if sun.azimuth_source == "picture" else ""
    azimuth = f"azimuth {sun.azimuth_deg:.0f}{where}"
    if sun.azimuth_source == "neighbours":
        azimuth = "the azimuths of the craters around them"
    click.echo(
        f"{result.planted} craters planted under a sun at {azimuth} and "
        f"altitude {sun.altitude_deg:.0f} degrees (from the {sun.source}); "
        f"{100.0 * result.searched_share:.0f} % of the run's pixels searched"
    )
    names = [one.name for one in result.freshness]
    by_class = [{row.min_km: row.recall for row in one.bins} for one in result.freshness]
    rows = [
        (
            diameter_range(row.min_km, row.max_km),
            str(row.planted),
            f"{row.recall:.2f} ± {row.recall_error:.2f}",
            *(share(recalls.get(row.min_km)) for recalls in by_class),
            _error(row.diameter_bias, row.diameter_scatter),
            share(row.offset_median),
        )
        for row in result.bins
    ]
    headings = "diameter, " + result.unit, "planted", "recall", *names, "diameter error", "offset"
    print_table(headings, rows)
    check = result.score_check
    if check is not None and check.is_wrong:
        click.echo(
            "Do not take scores for probabilities here: those from "
            f"{check.min_score:g} to {check.max_score:g} are {check.mean_score:.2f} in the mean, "
            f"but planted craters imply that {100.0 * check.crater_share:.0f} % of these "
            "detections are craters."
        )


def _error(bias: float | None, scatter: float | None) -> str:
    if bias is None or scatter is None:
        return "-"
    return f"{100.0 * bias:+.0f} ± {100.0 * scatter:.0f} %"
