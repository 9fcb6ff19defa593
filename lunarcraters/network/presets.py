"""Presets: the networks and their trainings, as data."""

from dataclasses import dataclass, replace
from typing import Literal

from lunarcraters.errors import ModelError

Photometric = Literal["local", "unit", "relief"]
"""Normalisation: `local` by the local mean and deviation, `unit` to grey values of 0 to 1, `relief`
to slopes and local heights, of heights."""

Pooling = Literal["max", "blurred"]
"""Pooling: `max` takes the maximum of two by two pixels. `blurred` takes means of such maxima, and
hardly depends on the place of the grid."""

Schedule = Literal["cosine", "plateau"]
"""Learning rate: `cosine` falls to zero over all epochs after a warm-up. `plateau` is halved when
the validation loss has not improved for 3 epochs, down to 1e-6."""


@dataclass(frozen=True)
class Preset:
    """A network, its input and output, and its training.

    Attributes:
        name: Name of the preset, as `--preset` takes it.
        stem: Stride of the first convolution, which the heads undo; 1 for no stem.
        filters: Number of filters of each encoder level, then of the bottleneck.
        blocks: Number of residual blocks of each encoder level, then of the bottleneck.
        pooling: Pooling between encoder levels, `max` or `blurred`.
        channels: Number of channels of the input; grey is repeated.
        input_size: Side of the input, pixels; None for any multiple of the stride.
        heads: Names of the output channels: `mask`, `centre` and `log_size`, or `mask` alone.
        photometry: Normalisation of the grey values, `local` or `unit`; `relief` of heights.
        diameters_px: Smallest and largest diameter that one octave detects, pixels.
        octaves: Shares of the crops at 1, 1/2, 1/4 ... of the resolution; the sum is 1.
        batch_size: Number of crops per training step.
        epochs: Largest number of epochs.
        steps: Number of training steps per epoch; None for one pass over the tiles.
        learning_rate: Highest learning rate of AdamW.
        weight_decay: Weight decay of AdamW.
        schedule: Schedule of the learning rate, `cosine` or `plateau`.
        patience: Number of epochs without a better validation loss after which training stops;
            None to train for all epochs.
        rotated: Share of the crops that are rotated by any angle, 0 to 1.
        coarsened: Share of the crops that are shown as by a coarser camera, 0 to 1.
        photometric_jitter: Size of the random changes of gamma and local contrast, as a factor.
    """

    name: str
    stem: int
    filters: tuple[int, ...]
    blocks: tuple[int, ...]
    pooling: Pooling
    channels: int
    input_size: int | None
    heads: tuple[str, ...]
    photometry: Photometric
    diameters_px: tuple[float, float]
    octaves: tuple[float, ...]
    batch_size: int
    epochs: int
    steps: int | None
    learning_rate: float
    weight_decay: float
    schedule: Schedule
    patience: int | None
    rotated: float = 0.0
    coarsened: float = 0.0
    photometric_jitter: float = 1.0


_COMPACT = Preset(
    name="compact",
    stem=4,
    filters=(64, 128, 256),
    blocks=(2, 2, 3),
    pooling="blurred",
    channels=1,
    input_size=None,
    heads=("mask", "centre", "log_size"),
    photometry="local",
    diameters_px=(8.0, 72.0),
    octaves=(0.65, 0.25, 0.1),
    batch_size=8,
    epochs=40,
    steps=250,
    learning_rate=2e-3,
    weight_decay=1e-4,
    schedule="cosine",
    patience=None,
)

PRESETS = {
    preset.name: preset
    for preset in (
        _COMPACT,
        replace(
            _COMPACT,
            name="relief",
            channels=3,
            photometry="relief",
            octaves=(0.4, 0.25, 0.2, 0.15),
            epochs=10,
            steps=200,
            learning_rate=1e-3,
            rotated=0.5,
        ),
        Preset(
            name="baseline",
            stem=1,
            filters=(64, 128, 256, 512, 1024, 2048),
            blocks=(1, 1, 1, 1, 1, 1),
            pooling="max",
            channels=3,
            input_size=256,
            heads=("mask",),
            photometry="unit",
            diameters_px=(4.0, 200.0),
            octaves=(1.0,),
            batch_size=16,
            epochs=25,
            steps=None,
            learning_rate=1e-3,
            weight_decay=4e-3,
            schedule="plateau",
            patience=5,
        ),
    )
}


def get_preset(name: str) -> Preset:
    """Look up a preset.

    Args:
        name: Name of the preset, a key of `PRESETS`.

    Raises:
        ModelError: There is no such preset.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ModelError(f"no preset {name!r}: choose one of {', '.join(PRESETS)}") from None
