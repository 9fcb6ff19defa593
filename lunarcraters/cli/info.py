"""`craters info`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lunarcraters.cli.options import (
    crs_option,
    json_option,
    nodata_option,
    precision_option,
    smallest_option,
)
from lunarcraters.cli.wording import duration, length

if TYPE_CHECKING:
    from lunarcraters.detection.estimate import Cost, Finer, Level
    from lunarcraters.mosaic.mosaic import Mosaic


@click.command("info")
@click.argument("source", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path),
              help="A .keras file [default: the weights that come with craters].")  # fmt: skip
@click.option("--workers", type=click.IntRange(1), help="Processes [default: one a core, up to 8].")
@precision_option
@click.option("--size", type=click.IntRange(64), help="Largest tile, pixels.")
@click.option("--halo", type=click.IntRange(0), help="Margin around each tile's core, pixels.")
@click.option("--levels", type=click.IntRange(1),
              help="Octaves from full resolution on [default: what fits].")  # fmt: skip
@smallest_option
@click.option("--plan-only", is_flag=True, help="Do not search a few tiles to foretell the time.")
@crs_option
@nodata_option
@json_option
def command(
    source: tuple[Path, ...],
    model: Path | None,
    workers: int | None,
    precision: str,
    size: int | None,
    halo: int | None,
    levels: int | None,
    smallest_px: float | None,
    plan_only: bool,
    crs: str | None,
    nodata: float | None,
    as_json: bool,
) -> None:
    """Tell what craters detect SOURCE would search, and what it would cost on this machine.

    \b
    craters info mosaic.tif
    craters info mosaic.tif --workers 4 --precision int8
    """
    from lunarcraters.detection.detect import open_source
    from lunarcraters.detection.estimate import finer_octaves, levels_of, measure_cost
    from lunarcraters.network.model_file import shipped_model

    model = model or shipped_model()
    tiles = open_source(
        source, model, size=size, halo=halo, levels=levels, smallest_px=smallest_px,
        crs=crs, nodata=nodata,
    )  # fmt: skip
    plan = levels_of(tiles, model)
    cost = None if plan_only else measure_cost(tiles, model, workers=workers, precision=precision)
    finer = finer_octaves(tiles, plan, model)
    if as_json:
        found = {
            "levels": [asdict(level) for level in plan],
            "cost": cost and asdict(cost),
            "finer": [asdict(octave) for octave in finer],
        }
        click.echo(json.dumps({**_described(tiles.mosaic), **found}))
        return
    for name, value in _described(tiles.mosaic).items():
        click.echo(f"{name:10} {value}")
    click.echo(_table(plan))
    if cost:
        click.echo(_costs(cost))
    for octave in finer:
        click.echo(_more(octave, cost, has_place=tiles.mosaic.crs is not None))


def _described(mosaic: "Mosaic") -> dict[str, str]:
    size = f"{mosaic.width:,} x {mosaic.height:,} pixels, {mosaic.dtype}"
    if mosaic.crs is None:
        return {"mosaic": mosaic.name, "size": size, "place": "none: a plain picture"}
    ground = f"{mosaic.pixel_size_m:.4g} m a pixel at the centre"
    return {"mosaic": mosaic.name, "size": f"{size}, {ground}", "place": mosaic.crs.name}


def _table(plan: "list[Level]") -> str:
    unit = "px" if plan[0].gsd_m is None else "km"
    rows = [f"{'level':>5} {f'diameters, {unit}':>18} {'tiles':>9} {'megapixels':>11}"]
    for level in plan:
        low, high = level.diameters
        sizes = f"{low:.3g} - {high:.3g}"
        megapixels = f"{level.pixels / 1e6:,.1f}"
        rows.append(f"{level.level:5} {sizes:>18} {level.tiles:9,} {megapixels:>11}")
    return "\n".join(rows)


def _more(octave: "Finer", cost: "Cost | None", *, has_place: bool) -> str:
    size = length(octave.diameter, has_place=has_place)
    time = duration(octave.times * cost.seconds) if cost else f"{octave.times:.1f} times the pixels"
    return f"finer      --smallest {octave.smallest_px:g}: craters from {size}, about {time}"


def _costs(cost: "Cost") -> str:
    return "\n".join(
        [
            f"empty      {cost.empty_share:.0%} of {cost.looked_at} tiles looked at",
            f"speed      {cost.pixels_per_s / 1e6:.2f} megapixels/s with {cost.workers} workers",
            f"time       about {duration(cost.seconds)} of searching",
            f"memory     about {cost.memory_bytes / 1e9:.1f} GB",
            f"disk       about {cost.disk_bytes / 1e9:.2g} GB",
        ]
    )
