"""Distillation: a network learns the maps of a teacher beside the labels.

The maps of a mirror image that is shifted a little, laid back over the image, are one view. The
mean over the views is more accurate than any of them (test-time augmentation). A network that
learns one view after the other learns their mean, and gives the same maps wherever the grid of its
stride lies (Hinton et al. 2015, arXiv:1503.02531). Views may also be resampled: the teacher then
sees the crop rotated and rescaled a little, without blur, coarsening and noise. The network learns
to give the same maps in any projection, and to detect in a coarse image what a fine one shows.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.network.inference import Detector, Float32
from lunarcraters.network.model_file import read_info
from lunarcraters.network.presets import Preset
from lunarcraters.network.startup import Precision
from lunarcraters.training.sampling import Batch, Sampler

_MAX_ROTATION = np.radians(20.0)  # either way
_MAX_RESCALING = 0.15  # either way, octaves
_MAX_SHIFT_PX = 2.0  # either way
_CANVAS = 1.5  # side of the image that the teacher sees, sides of a crop
_CANVAS_STEP_PX = 16


@dataclass(frozen=True)
class DistilledSampler:
    """Sampler whose targets end with the maps of a teacher.

    Batch number `n` depends on the seed and on `n` alone, and so does its view.

    Attributes:
        sampler: Sampler of the images and the targets of their labels.
        teacher: Teacher, which gives the further maps.
        resampled: True if the teacher sees resampled crops, without blur and noise.
    """

    sampler: Sampler
    teacher: Detector
    resampled: bool = False

    @property
    def preset(self) -> Preset:
        """Preset that is trained."""
        return self.sampler.preset

    @property
    def channels(self) -> int:
        """Number of channels of the targets: those of the labels, then those of the teacher."""
        return self.sampler.channels + len(self.preset.heads)

    def __len__(self) -> int:
        """Number of scenes per epoch."""
        return len(self.sampler)

    def batch(self, number: int) -> Batch:
        """Make a batch of the training.

        Args:
            number: Number of the batch, counted from 0.

        Returns:
            Images, (n, height, width, 1), and targets, (n, height, width, channels).
        """
        images, targets, clean, closer = self.sampler.samples(number)
        if self.resampled:
            rng = np.random.default_rng([self.sampler.seed, number])
            maps = resampled_view(self.teacher, clean, closer, number, rng)
        else:
            maps = self.teacher.view(images, number)
        return images, np.concatenate([targets, maps], axis=-1)


def resampled_view(
    teacher: Detector,
    images: Float32,
    closer: NDArray[np.float64],
    number: int,
    rng: np.random.Generator,
) -> Float32:
    """Compute maps of images that are rotated, rescaled and shifted, laid back over the images.

    Each image has another random rotation, scale and shift. Sizes are converted to those of the
    images.

    Args:
        teacher: Teacher.
        images: Batch, (n, height, width, 1).
        closer: Factor by which each image is enlarged before it is rescaled at random, (n,).
        number: Number of the view, as in `Detector.view`.
        rng: Random generator.

    Returns:
        Maps, (n, height, width, heads).
    """
    size = images.shape[2], images.shape[1]
    canvas = size if (closer == 1.0).all() else _canvas(size)
    scales = closer * 2.0 ** rng.uniform(-_MAX_RESCALING, _MAX_RESCALING, len(images))
    affines = [_draw_affine(size, canvas, float(scale), rng) for scale in scales]
    moved = np.stack([_warp(i, a, canvas, 0) for i, a in zip(images[..., 0], affines, strict=True)])
    maps = teacher.view(moved[..., None], number)
    maps = np.stack(
        [_warp(m, a, size, cv2.WARP_INVERSE_MAP) for m, a in zip(maps, affines, strict=True)]
    )
    for head, name in enumerate(teacher.info.heads):
        if name == "log_size":
            maps[..., head] -= np.log2(scales).astype(np.float32)[:, None, None]
        else:
            np.clip(maps[..., head], 0.0, 1.0, out=maps[..., head])
    return maps


def _canvas(size: tuple[int, int]) -> tuple[int, int]:
    """Size of the image that the teacher sees for a crop of a size."""
    width, height = (round(side * _CANVAS / _CANVAS_STEP_PX) * _CANVAS_STEP_PX for side in size)
    return width, height


def _draw_affine(
    size: tuple[int, int], canvas: tuple[int, int], scale: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw a rotation, scale and shift that moves the centre of an image near the canvas' one."""
    angle = rng.uniform(-_MAX_ROTATION, _MAX_ROTATION)
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = (np.array(size) - 1.0) / 2.0
    shift = (np.array(canvas) - 1.0) / 2.0 - matrix @ centre
    return np.column_stack([matrix, shift + rng.uniform(-_MAX_SHIFT_PX, _MAX_SHIFT_PX, 2)])


def _warp(
    plane: Float32, affine: NDArray[np.float64], size: tuple[int, int], flags: int
) -> Float32:
    """Resample a plane by cubic interpolation, since centres are a pixel wide."""
    flags |= cv2.INTER_CUBIC
    out = cv2.warpAffine(plane, affine, size, flags=flags, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(out, np.float32)


def check_teacher(path: Path, preset: Preset) -> None:
    """Make sure that a model can teach a preset.

    Raises:
        ModelError: The file is no model file, the model gives other maps, or the preset learns from
            labels alone.
    """
    info = read_info(path)
    if preset.photometry == "unit":
        raise ModelError(
            f"{path} cannot teach the preset {preset.name}, which learns from labels alone: leave "
            "--teacher out"
        )
    if (info.heads, info.photometry) != (preset.heads, preset.photometry):
        raise ModelError(
            f"{path} cannot teach the preset {preset.name}: it gives {', '.join(info.heads)} for "
            f"{info.photometry} grey values, not {', '.join(preset.heads)} for {preset.photometry} "
            "ones: give a model of the same preset"
        )


def open_teacher(path: Path) -> Detector:
    """Load a teacher, in int8 if it has that form."""
    precision: Precision = "int8" if read_info(path).int8 else "float32"
    return Detector(path, precision=precision, threads=1)
