"""Samples of relief: elevation models with catalogues, as other models would show the same ground.

Scales, turns, mirror images, noise, smoothing and coarse steps of heights stand in for models of
other instruments. Batch number `n` depends on the seed and on `n` alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import DatasetError
from lunarcraters.network.preprocessing import SLOPE_DEVIATION, WINDOW_PX, normalise_relief
from lunarcraters.network.presets import Preset
from lunarcraters.network.targets import CHANNELS, make_targets
from lunarcraters.training.sampling import CROP_PX, Batch, rotate_scene
from lunarcraters.training.scenes import (
    ElevationSource,
    Scene,
    find_elevation_sources,
    find_scene,
)

_VALIDATION_SCENES = 96
_MARGIN_PX = WINDOW_PX // 2
_JITTER = (-0.45, 0.1)  # change of scale within an octave, as powers of 2
_EXAGGERATION = (-0.5, 0.5)  # of heights, as powers of 2
_CONTRAST = (-0.5, 0.5)  # of slopes, as powers of 2
_SMOOTHED, _SMOOTHING_PX = 0.3, (0.4, 1.5)  # share of the scenes, deviations of the Gaussian
_NOISY, _NOISE_PX = 0.5, (-8.0, -4.5)  # share of the scenes, deviations of heights, powers of 2
_STEPPED, _STEP_PX = 0.2, (-7.0, -3.5)  # share of the scenes, steps of heights, powers of 2

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class ReliefSampler:
    """Sampler of batches of relief.

    Attributes:
        sources: Elevation models, each drawn as often as it has scenes.
        preset: Preset that is trained.
        seed: Seed of everything random.
        augment: False for validation: full scale and the heights as they are.
    """

    sources: Sequence[ElevationSource]
    preset: Preset
    seed: int
    augment: bool = True

    def __len__(self) -> int:
        """Number of scenes per epoch."""
        return sum(len(source) for source in self.sources)

    @property
    def channels(self) -> int:
        """Number of channels of the targets."""
        return len(CHANNELS)

    def batch(self, number: int) -> Batch:
        """Make a batch of the training.

        Args:
            number: Number of the batch, counted from 0.

        Returns:
            Channels of relief, (n, height, width, 3), and targets, (n, height, width, 6).
        """
        first = number * self.preset.batch_size
        samples = [self._sample(first + i) for i in range(self.preset.batch_size)]
        images, targets = (np.stack(part) for part in zip(*samples, strict=True))
        return images, targets

    def _sample(self, index: int) -> Batch:
        """Make sample `index` of the training."""
        rng = np.random.default_rng([self.seed, index])
        source, _ = find_scene(self.sources, index % len(self))
        side = CROP_PX + 2 * _MARGIN_PX
        if not self.augment:
            return self._crop(source.terrain(1.0, side, rng), SLOPE_DEVIATION)
        octave = int(rng.choice(len(self.preset.octaves), p=self.preset.octaves))
        scene = source.terrain(2.0 ** (rng.uniform(*_JITTER) - octave), side, rng)
        if rng.random() < self.preset.rotated:
            scene = rotate_scene(scene, float(rng.uniform(0.0, 2.0 * np.pi)))
        scene = mirror_scene(scene, *(bool(rng.random() < 0.5) for _ in range(3)))
        scene = replace(scene, values=disturb_heights(scene.values, rng))
        return self._crop(scene, SLOPE_DEVIATION * 2.0 ** rng.uniform(*_CONTRAST))

    def _crop(self, scene: Scene, slope_deviation: float) -> Batch:
        """Normalise a scene, and cut its middle; a small scene has nodata around it."""
        scene = _enlarge(scene)
        image = normalise_relief(scene.values, scene.valid, 1.0, slope_deviation)
        top, left = ((side - CROP_PX) // 2 for side in scene.valid.shape)
        window = np.s_[top : top + CROP_PX, left : left + CROP_PX]
        circles = scene.circles - [left, top, 0.0]
        valid = scene.valid[window]
        targets = make_targets(valid.shape, circles, scene.clipped, valid, self.preset)
        return np.ascontiguousarray(image[window]), targets


def _enlarge(scene: Scene) -> Scene:
    """Lay a scene that is smaller than a crop in the middle of nodata."""
    height, width = scene.valid.shape
    top, left = (max((CROP_PX - side + 1) // 2, 0) for side in (height, width))
    if not top and not left:
        return scene
    around = ((top, top), (left, left))
    circles = scene.circles + np.array([left, top, 0.0])
    return Scene(np.pad(scene.values, around), np.pad(scene.valid, around), circles, scene.clipped)


def split_elevation_sources(
    folder: Path, scenes: int, left_out: str | None
) -> tuple[tuple[ElevationSource, ...], ElevationSource]:
    """Find elevation models with catalogues, and leave one out for validation.

    Args:
        folder: Directory of `NAME.tif` with `NAME_craters.csv` or `NAME_craters.csv.gz`.
        scenes: Number of scenes of each training model per epoch.
        left_out: Name of the model to leave out, without `.tif`; None for the last.

    Returns:
        Models to train on, and the one that is left out.

    Raises:
        DatasetError: There is no model of that name, or none remains.
    """
    sources = find_elevation_sources(folder, scenes)
    names = [source.elevation.stem for source in sources]
    name = names[-1] if left_out is None else left_out
    if name not in names or len(names) < 2:
        raise DatasetError(
            f"{folder} holds the elevation models {', '.join(names)}: give --left-out one of them, "
            "and have others to train on"
        )
    train = tuple(source for source in sources if source.elevation.stem != name)
    return train, replace(sources[names.index(name)], scenes=_VALIDATION_SCENES)


def choose_elevation_source(folder: Path, name: str | None) -> ElevationSource:
    """Choose the elevation model to measure a model of relief on.

    Args:
        folder: Directory of `NAME.tif` with `NAME_craters.csv` or `NAME_craters.csv.gz`.
        name: Name of the elevation model, without `.tif`; None for the last.

    Raises:
        DatasetError: There is no elevation model of that name.
    """
    sources = {source.elevation.stem: source for source in find_elevation_sources(folder, 1)}
    if name is None:
        return list(sources.values())[-1]
    if name not in sources:
        raise DatasetError(
            f"{folder} has no elevation model {name!r}, but {', '.join(sources)}: give --split one "
            "of them that the training left out"
        )
    return sources[name]


def mirror_scene(scene: Scene, across: bool, down: bool, transposed: bool) -> Scene:
    """Mirror a scene of whole craters.

    Args:
        scene: Scene without clipped boxes.
        across: True to swap left and right.
        down: True to swap top and bottom.
        transposed: True to swap x and y afterwards.
    """
    values, valid, circles = scene.values, scene.valid, scene.circles.copy()
    height, width = values.shape
    if across:
        values, valid = values[:, ::-1], valid[:, ::-1]
        circles[:, 0] = width - circles[:, 0]
    if down:
        values, valid = values[::-1], valid[::-1]
        circles[:, 1] = height - circles[:, 1]
    if transposed:
        values, valid, circles = values.T, valid.T, circles[:, [1, 0, 2]]
    return Scene(np.ascontiguousarray(values), np.ascontiguousarray(valid), circles, scene.clipped)


def disturb_heights(heights: Float32, rng: np.random.Generator) -> Float32:
    """Change heights as another instrument, or ground of another age, would.

    Args:
        heights: Heights, pixels, (height, width).
        rng: Random generator.
    """
    heights = heights * np.float32(2.0 ** rng.uniform(*_EXAGGERATION))
    if rng.random() < _SMOOTHED:
        heights = cv2.GaussianBlur(heights, (0, 0), float(rng.uniform(*_SMOOTHING_PX)))
    if rng.random() < _NOISY:
        noise = rng.standard_normal(heights.shape, np.float32)
        heights = heights + np.float32(2.0 ** rng.uniform(*_NOISE_PX)) * noise
    if rng.random() < _STEPPED:
        step = np.float32(2.0 ** rng.uniform(*_STEP_PX))
        heights = np.rint(heights / step) * step
    return np.asarray(heights, np.float32)
