"""`craters train`."""

from functools import partial
from pathlib import Path
from typing import Any, get_args

import click

from lunarcraters.cli.options import classes_option, output_option, quiet_option
from lunarcraters.cli.progress import progress_bar
from lunarcraters.network.presets import PRESETS, Pooling
from lunarcraters.training.settings import TrainingPrecision


@click.command("train")
@click.argument("dataset", type=click.Path(path_type=Path))
@output_option("Directory of the training.")
@click.option("--preset", type=click.Choice(list(PRESETS)), default="compact", show_default=True,
              help="Network, target, loss and schedule.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(1), help="Epochs at most [default: the preset's].")
@click.option("--steps", type=click.IntRange(1), help="Steps an epoch [default: the preset's].")
@click.option("--batch", type=click.IntRange(1), help="Tiles a step [default: the preset's].")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True),
              help="Highest learning rate [default: the preset's].")  # fmt: skip
@click.option("--rotated", type=click.FloatRange(0, 1),
              help="Share of crops turned by any angle, not by quarters "
                   "[default: the preset's].")  # fmt: skip
@click.option(
    "--coarsened",
    type=click.FloatRange(0, 1),
    help="Share of crops shown as a coarser camera sees them, enlarged again "
    "[default: the preset's].",
)
@click.option("--pooling", type=click.Choice(get_args(Pooling)),
              help="How the network halves its resolution [default: the preset's].")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True,
              help="Seed of all random choices.")  # fmt: skip
@click.option("--precision", type=click.Choice(get_args(TrainingPrecision)), default="auto",
              show_default=True, help="auto: the faster one on this machine.")  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path),
              help="Model file of the same preset to begin with, or of pictures for the preset "
                   "relief.")  # fmt: skip
@click.option(
    "--teacher",
    type=click.Path(path_type=Path),
    help="Model file whose maps of mirror images are taught beside the labels.",
)
@click.option(
    "--resampled",
    is_flag=True,
    help="The teacher sees crops turned and rescaled a little, without blur and noise.",
)
@click.option(
    "--elevation",
    type=click.Path(path_type=Path),
    help="Directory of elevation rasters with catalogues, lit as further scenes.",
)
@click.option("--elevation-scenes", type=click.IntRange(1), default=100, show_default=True,
              help="Scenes of each elevation raster an epoch.")  # fmt: skip
@click.option("--left-out", metavar="NAME",
              help="Elevation model that validates a training of the preset relief "
                   "[default: the last].")  # fmt: skip
@classes_option
@click.option("--tune", is_flag=True,
              help="Tune the shipped weights, or --weights, to DATASET in minutes; keep them for "
                   "other images; compare before and after.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with the training in the directory.")
@click.option("--overwrite", is_flag=True, help="Replace the training in the directory.")
@click.option("--calibrate/--no-calibrate", default=True, show_default=True,
              help="Choose the thresholds on the validation split at the end.")  # fmt: skip
@quiet_option
def command(
    dataset: Path,
    out: Path,
    resume: bool,
    overwrite: bool,
    calibrate: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Train a network on DATASET, a directory in LU3M6TGT's or YOLO's layout, or its data.yaml.

    For the preset relief, DATASET holds elevation models, NAME.tif with NAME_craters.csv.

    \b
    craters train LU3M6TGT_yolo_format -o training
    craters train LU3M6TGT_yolo_format -o training --resume
    craters train LU3M6TGT_yolo_format -o baseline --preset baseline
    craters train my_tiles -o tuned --tune
    craters train my_tiles -o student --teacher training/model.keras
    craters train elevation_models -o relief --preset relief
    """
    from lunarcraters import api
    from lunarcraters.training.settings import TrainingOptions

    def say(line: str) -> None:
        if not quiet:
            click.echo(line)

    model = api.train(
        dataset,
        out,
        TrainingOptions(**options),
        resume=resume,
        overwrite=overwrite,
        calibrated=calibrate,
        say=say,
        progress=partial(progress_bar, quiet=quiet),
    )
    say(f"model: {model}\npictures: {out / 'curves.png'}, {out / 'panels.png'}")
