"""A teacher: a trained model whose view of every crop is taught beside the labels.

What it says of a mirror image, moved a little, laid back in its place, is one look; the mean over
looks is better than any one of them (`craters detect --mirrored`). A network that is taught one
look after the other learns their mean, and to see the same wherever the crop's grid lies
(distillation, Hinton et al. 2015, arXiv:1503.02531). Looks may also be resampled: turned and
rescaled a little, of the crop before it was blurred, coarsened and given noise, so that the
network learns to see the same of one ground in any projection, and in a coarse image what shows in
a fine one.
"""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.network.inference import Detector, Float32
from lunarcraters.network.model_file import read_info
from lunarcraters.network.presets import Preset
from lunarcraters.training.sampling import Batch, Sampler

_TURNED = np.radians(20.0)  # at most, either way
_RESCALED = 0.15  # at most, either way, octaves
_SHIFTED_PX = 2.0  # at most, either way
_CANVAS = 1.5  # sides of a crop: as large as one is enlarged
_CANVAS_STEP_PX = 16


@dataclass(frozen=True)
class TaughtSampler:
    """Batches of a sampler, whose targets end with the maps of a teacher.

    Batch number `n` still depends on the seed and on `n` alone: so does the look that is taken.

    Attributes:
        sampler: Gives the images and what is taught by their labels.
        teacher: Gives the further maps.
        resampled: The teacher looks at crops turned and rescaled, without blur and noise.
    """

    sampler: Sampler
    teacher: Detector
    resampled: bool = False
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
        images, targets, clean, closer = self.sampler.samples(number)
        with self._turn:
            if self.resampled:
                rng = np.random.default_rng([self.sampler.seed, number])
                maps = resampled_look(self.teacher, clean, closer, number, rng)
            else:
                maps = self.teacher.look(images, number)
        return images, np.concatenate([targets, maps], axis=-1)


def resampled_look(
    teacher: Detector,
    images: Float32,
    closer: NDArray[np.float64],
    number: int,
    rng: np.random.Generator,
) -> Float32:
    """Maps of images turned, rescaled and moved by fractions of a pixel, back in their places.

    Args:
        teacher: Gives maps named as `ModelInfo.heads`; sizes are taken back to those of the images.
        images: Shape (n, height, width, 1).
        closer: Factor by which each image is enlarged before it is rescaled at random, (n,).
        number: Of the mirror image, as of `Detector.look`.
        rng: Draws another resampling for each image.

    Returns:
        Maps, shape (n, height, width, heads).
    """
    size = images.shape[2], images.shape[1]
    canvas = size if (closer == 1.0).all() else _canvas(size)
    scales = closer * 2.0 ** rng.uniform(-_RESCALED, _RESCALED, len(images))
    moves = [_affine(size, canvas, float(scale), rng) for scale in scales]
    moved = np.stack([_warped(i, m, canvas, 0) for i, m in zip(images[..., 0], moves, strict=True)])
    maps = teacher.look(moved[..., None], number)
    maps = np.stack(
        [_warped(m, a, size, cv2.WARP_INVERSE_MAP) for m, a in zip(maps, moves, strict=True)]
    )
    for head, name in enumerate(teacher.info.heads):
        if name == "log_size":
            maps[..., head] -= np.log2(scales).astype(np.float32)[:, None, None]
        else:
            np.clip(maps[..., head], 0.0, 1.0, out=maps[..., head])
    return maps


def _canvas(size: tuple[int, int]) -> tuple[int, int]:
    width, height = (round(side * _CANVAS / _CANVAS_STEP_PX) * _CANVAS_STEP_PX for side in size)
    return width, height


def _affine(
    size: tuple[int, int], canvas: tuple[int, int], scale: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Turns and rescales round the middle of an image, which comes near that of the canvas."""
    angle = rng.uniform(-_TURNED, _TURNED)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = (np.array(size) - 1.0) / 2.0
    shift = (np.array(canvas) - 1.0) / 2.0 - turn @ middle
    return np.column_stack([turn, shift + rng.uniform(-_SHIFTED_PX, _SHIFTED_PX, 2)])


def _warped(
    plane: Float32, matrix: NDArray[np.float64], size: tuple[int, int], way: int
) -> Float32:
    """Cubic, for centres are a pixel wide; beyond the edge the plane is mirrored."""
    flags = cv2.INTER_CUBIC | way
    out = cv2.warpAffine(plane, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(out, np.float32)


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
