"""`craters info`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lunarcraters.catalogue.wording import format_number
from lunarcraters.cli.options import (
    json_option,
    model_option,
    precision_option,
    source_options,
    workers_option,
)
from lunarcraters.cli.wording import diameter_range, duration, length
from lunarcraters.detection.options import AskedPrecision, SourceOptions

if TYPE_CHECKING:
    from lunarcraters.detection.cost import Cost
    from lunarcraters.detection.estimate import Finer, Level


@click.command("info")
@click.argument("source", nargs=-1, required=True, metavar="SOURCE...")
@model_option
@workers_option
@precision_option
@source_options
@click.option("--plan-only", is_flag=True, help="Do not search a few tiles to estimate the time.")
@json_option
def command(
    source: tuple[str, ...],
    model: Path | None,
    workers: int | None,
    precision: AskedPrecision,
    source_options: SourceOptions,
    plan_only: bool,
    as_json: bool,
) -> None:
    """Tell what craters detect SOURCE would search, and what it would cost on this machine.

    \b
    craters info mosaic.tif
    craters info mosaic.tif --workers 4 --precision int8
    """
    from lunarcraters.detection.search.preload import preload

    preload()  # before the libraries below, which take the client a while to import
    from lunarcraters import api
    from lunarcraters.records import to_json

    estimate = api.info(
        source, model, source_options, workers=workers, precision=precision, plan_only=plan_only
    )
    if as_json:
        click.echo(to_json(estimate, indent=None))
        return
    for name in ("mosaic", "size", "place"):
        click.echo(f"{name:10} {getattr(estimate, name)}")
    click.echo(_table(estimate.levels))
    if estimate.fetched_bytes is not None:
        click.echo(f"network    at most {estimate.fetched_bytes / 1e6:,.1f} MB are fetched")
    if estimate.cost:
        click.echo(_costs(estimate.cost))
    for octave in estimate.finer:
        click.echo(_more(octave, estimate.cost, has_crs=estimate.levels[0].gsd_m is not None))


def _table(levels: "tuple[Level, ...]") -> str:
    unit = "px" if levels[0].gsd_m is None else "km"
    rows = [f"{'level':>5} {f'diameters, {unit}':>18} {'tiles':>9} {'megapixels':>11}"]
    for level in levels:
        low, high = level.diameters
        sizes = diameter_range(low, high)
        megapixels = f"{level.pixels / 1e6:,.1f}"
        rows.append(f"{level.level:5} {sizes:>18} {level.tiles:9,} {megapixels:>11}")
    return "\n".join(rows)


def _more(octave: "Finer", cost: "Cost | None", *, has_crs: bool) -> str:
    size = length(octave.diameter, has_crs=has_crs)
    time = duration(octave.times * cost.seconds) if cost else f"{octave.times:.1f} times the pixels"
    return f"finer      --smallest {octave.smallest_px:g}: craters from {size}, about {time}"


def _costs(cost: "Cost") -> str:
    workers = "1 worker" if cost.workers == 1 else f"{cost.workers} workers"
    return "\n".join(
        [
            f"empty      {cost.empty_share:.0%} of {cost.looked_at} tiles looked at",
            f"speed      {cost.pixels_per_s / 1e6:.2f} megapixels/s with {workers}",
            f"time       about {duration(cost.seconds)} of searching and stitching",
            f"memory     about {cost.memory_bytes / 1e9:.1f} GB",
            f"disk       about {format_number(cost.disk_bytes / 1e9, 2)} GB",
        ]
    )
