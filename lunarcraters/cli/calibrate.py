"""`craters calibrate`."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from lunarcraters.cli.options import classes_option, json_option, quiet_option, workers_option
from lunarcraters.cli.progress import progress_bar


@click.command("calibrate")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--split", default="valid", show_default=True, help="Split to measure on.")
@click.option("--tta", "--mirrored", "tta", is_flag=True, help="For craters detect --tta.")
@workers_option
@classes_option
@quiet_option
@json_option
def command(
    model: Path, dataset: Path, tta: bool, quiet: bool, as_json: bool, **options: Any
) -> None:
    """Choose the thresholds and the diameter errors of MODEL on a split of DATASET.

    And give it the int8 form that craters detect --precision int8 runs.

    `craters train` does it at its end; do it for models of your own that were trained elsewhere.

    \b
    craters calibrate model.keras LU3M6TGT_yolo_format
    craters calibrate model.keras LU3M6TGT_yolo_format --tta
    """
    from lunarcraters import api
    from lunarcraters.calibration.record import CalibrationSummary
    from lunarcraters.records import to_json

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    progress = partial(progress_bar, quiet=quiet or as_json)
    info = api.calibrate(model, dataset, tta=tta, say=say, progress=progress, **options)
    info = info.for_run(tta=tta)
    if as_json:
        click.echo(to_json(CalibrationSummary.of(info), indent=None))
    elif not quiet:
        points = ", ".join(f"{name} {value:.3f}" for name, value in info.thresholds.items())
        click.echo(f"{model}: {points}")
        if info.int8 and info.int8.f1 and not tta:
            f1 = info.int8.f1
            click.echo(f"F1 at balanced: {f1.float32:.4f}, in 8 bits {f1.int8:.4f}")
