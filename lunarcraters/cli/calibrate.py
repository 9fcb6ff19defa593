"""`craters calibrate`."""

import json
from functools import partial
from pathlib import Path

import click

from lunarcraters.cli.options import json_option, quiet_option
from lunarcraters.cli.progress import progress_bar


@click.command("calibrate")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--split", default="valid", show_default=True, help="Split to measure on.")
@click.option("--mirrored", is_flag=True, help="For craters detect --mirrored.")
@click.option("--workers", type=click.IntRange(1), help="Processes [default: one a core, up to 8].")
@quiet_option
@json_option
def command(
    model: Path,
    dataset: Path,
    split: str,
    mirrored: bool,
    workers: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Choose the thresholds and the diameter errors of MODEL on a split of DATASET.

    And give it the 8-bit form that craters detect --precision int8 runs.

    `craters train` does it at its end; do it for models of your own that were trained elsewhere.

    \b
    craters calibrate model.keras LU3M6TGT_yolo_format
    craters calibrate model.keras LU3M6TGT_yolo_format --mirrored
    """
    from lunarcraters.calibration.calibrate import calibrate

    say = partial(click.echo, err=True)
    progress = partial(progress_bar, quiet=quiet or as_json)
    info = calibrate(
        model, dataset, split, workers=workers, mirrored=mirrored, say=say, progress=progress
    )
    info = info.used(mirrored=mirrored)
    if as_json:
        click.echo(json.dumps({"thresholds": info.thresholds, "diameter_sd": info.diameter_sd}))
    elif not quiet:
        points = ", ".join(f"{name} {value:.3f}" for name, value in info.thresholds.items())
        click.echo(f"{model}: {points}")
        if info.eight_bit and not mirrored:
            f1 = info.eight_bit["f1"]
            click.echo(f"F1 at balanced: {f1['float32']:.4f}, in 8 bits {f1['int8']:.4f}")
