"""A teacher: a trained model whose view of every crop is taught beside the labels.

What it says of a mirror image, moved a little, laid back in its place, is one look; the mean over
looks is better than any one of them (`craters detect --mirrored`). A network that is taught one
look after the other learns their mean, and to see the same wherever the crop's grid lies
(distillation, Hinton et al. 2015, arXiv:1503.02531).
"""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np

from lunarcraters.errors import ModelError
from lunarcraters.network.inference import Detector
from lunarcraters.network.model_file import read_info
from lunarcraters.network.presets import Preset
from lunarcraters.training.sampling import Batch, Sampler


@dataclass(frozen=True)
class TaughtSampler:
    """Batches of a sampler, whose targets end with the maps of a teacher.

    Batch number `n` still depends on the seed and on `n` alone: so does the look that is taken.
    """

    sampler: Sampler
    teacher: Detector
    _turn: Lock = field(default_factory=Lock)  # the 8-bit form does one thing at a time

    @property
    def preset(self) -> Preset:
        """What is taught."""
        return self.sampler.preset

    @property
    def channels(self) -> int:
        """Of the targets: those of the labels, then the teacher's maps."""
        return self.sampler.channels + len(self.preset.heads)

    def __len__(self) -> int:
        """Scenes an epoch."""
        return len(self.sampler)

    def batch(self, number: int) -> Batch:
        """Batch `number` of the training: images and targets, stacked."""
        images, targets = self.sampler.batch(number)
        with self._turn:
            maps = self.teacher.look(images, number)
        return images, np.concatenate([targets, maps], axis=-1)


def check_teacher(path: Path, preset: Preset) -> None:
    """Make sure that a model can teach a preset.

    Raises:
        ModelError: It is no model file, or gives other maps.
    """
    info = read_info(path)
    if (info.heads, info.photometry) != (preset.heads, preset.photometry):
        raise ModelError(
            f"{path} cannot teach the preset {preset.name}: it gives {', '.join(info.heads)} for "
            f"{info.photometry} grey values, not {', '.join(preset.heads)} for {preset.photometry} "
            "ones: give a model of the same preset"
        )


def open_teacher(path: Path) -> Detector:
    """Load a teacher, in eight bits where it has that form."""
    precision = "int8" if read_info(path).eight_bit else "float32"
    return Detector(path, precision=precision, threads=1)
