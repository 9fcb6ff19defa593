"""Presets: each network and the way it is trained, as data."""

from dataclasses import dataclass
from typing import Literal

from lunarcraters.errors import ModelError

Photometric = Literal["local", "unit"]
"""`local`: normalised by the local mean and deviation. `unit`: grey values scaled to 0..1."""

Pooling = Literal["max", "blurred"]
"""`max`: of two by two pixels. `blurred`: means of such maxima, which hardly depend on where the
grid lies."""


@dataclass(frozen=True)
class Preset:
    """A network with what it is given, what it is taught and how.

    Attributes:
        name: What `--preset` calls it.
        stem: Stride of the first convolution, which the heads undo; 1: there is none.
        filters: Filters of each encoder level, then of the bottleneck.
        blocks: Residual blocks of each encoder level, then of the bottleneck.
        pooling: What halves the resolution from level to level.
        channels: Channels of the input; grey is repeated.
        input_size: Side of the input, pixels; None for any multiple of the network's stride.
        heads: What each output channel is: `mask`, `centre` and `log_size`, or `mask` alone.
        photometry: How grey values become input.
        diameters_px: Smallest and largest crater that one octave answers for, pixels.
        octaves: How often it is shown a scene at 1, 1/2, 1/4 ... of its resolution.
        batch_size: Tiles a training step.
        epochs: Epochs at most.
        steps: Training steps an epoch; None for one pass over the tiles.
        learning_rate: Highest learning rate of AdamW.
        weight_decay: Weight decay of AdamW.
        schedule: `cosine` to zero over all epochs after a warm-up, or `plateau`: halved when the
            validation loss has not improved for 3 epochs, down to 1e-6.
        patience: Epochs without a better validation loss after which training stops; None: never.
        rotated: Share of the crops that are turned by any angle, not by quarter turns alone.
        coarsened: Share of the crops that are shown as a coarser camera sees them, enlarged again.
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
    schedule: Literal["cosine", "plateau"]
    patience: int | None
    rotated: float = 0.0
    coarsened: float = 0.0

    @property
    def stride(self) -> int:
        """Input sides are multiples of this: the stem divides them, then each level halves them."""
        return int(self.stem * 2 ** (len(self.filters) - 1))


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
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


def preset(name: str) -> Preset:
    """Return the preset of that name.

    Raises:
        ModelError: There is none.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ModelError(f"no preset {name!r}: choose one of {', '.join(PRESETS)}") from None
