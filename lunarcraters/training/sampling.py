"""Sampling: from scenes to batches, by scaling, cropping, rotating and normalising.

Batch number `n` depends on the seed and on `n` alone, so that a resumed training gets the batches
that it would have had.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.yolo_labels import box_corners
from lunarcraters.network.preprocessing import WINDOW_PX, normalise
from lunarcraters.network.presets import Preset
from lunarcraters.network.targets import CHANNELS, make_box_mask, make_targets
from lunarcraters.training.camera import simulate_camera
from lunarcraters.training.scenes import LabelledTiles, Scene, SceneSource, find_scene

CROP_PX = 256
"""Side of a crop, pixels."""

_GAP_PX = 16  # nodata between scenes that share a crop
_MOST_IN_ROW = 8  # scenes that share a crop, which fill it down to scenes of 32 px
_JOINED_PX = 8 * CROP_PX  # side of the scenes that share a crop, together
_TRANSPOSED = 0.2  # share of the crops in which light from the east comes from north or south
_JITTER = (-0.35, 0.1)  # change of scale within an octave, as powers of 2
_COARSENED_JITTER = (-0.6, 0.0)  # with which the smallest labels have 7 px
_COARSENED = (0.7, 2.1)  # side of the pixel of a coarser camera, as powers of 2
_SMALLER = 1.25  # factor below the range of an octave down to which coarsened crops have craters

Float32 = NDArray[np.float32]
Batch = tuple[Float32, Float32]


class Samples(NamedTuple):
    """A batch, or one sample without the axis n, with the images for a teacher.

    Attributes:
        images: Input of the network, (n, height, width, channels).
        targets: Targets of the labels, (n, height, width, channels of the targets).
        clean: Images without blur, noise and coarsening, (n, height, width, channels).
        closer: Factor by which a teacher sees the images enlarged, at least 1, (n,).
    """

    images: Float32
    targets: Float32
    clean: Float32
    closer: NDArray[np.float64]


@dataclass(frozen=True)
class Sampler:
    """Sampler of training batches.

    Attributes:
        sources: Sources of scenes, which are shuffled together and drawn once per epoch.
        preset: Preset that is trained.
        seed: Seed of everything random.
        augment: False for validation: scale 1, the crop in the middle, no change of light.
        max_scale: Largest scale of a crop, pixels per pixel of the source; None for no limit.
    """

    sources: Sequence[SceneSource]
    preset: Preset
    seed: int
    augment: bool = True
    max_scale: float | None = None

    def __len__(self) -> int:
        """Number of scenes per epoch."""
        return sum(len(source) for source in self.sources)

    @property
    def channels(self) -> int:
        """Number of channels of the targets."""
        return 1 if self.preset.heads == ("mask",) else len(CHANNELS)

    def batch(self, number: int) -> Batch:
        """Make a batch of the training.

        Args:
            number: Number of the batch, counted from 0.

        Returns:
            Images, (n, height, width, channels), and targets, (n, height, width, channels).
        """
        samples = self.samples(number)
        return samples.images, samples.targets

    def samples(self, number: int) -> Samples:
        """Make a batch of the training, with the images for a teacher.

        Args:
            number: Number of the batch, counted from 0.
        """
        first = number * self.preset.batch_size
        samples = [self._sample(first + i) for i in range(self.preset.batch_size)]
        return Samples(*(np.stack(part) for part in zip(*samples, strict=True)))

    def _sample(self, index: int) -> Samples:
        """Make sample `index` of the training."""
        epoch, place = divmod(index, len(self))
        if self.augment:
            place = _permutation(self.seed, epoch, len(self))[place]
        rng = np.random.default_rng([self.seed, index])
        source, place = find_scene(self.sources, place)
        if self.preset.photometry == "unit":
            assert isinstance(source, LabelledTiles)
            image, targets = _baseline_sample(source, place, self.preset)
            return Samples(image, targets, image, np.ones(()))
        return self._octave_sample(source, place, rng)

    def _octave_sample(self, source: SceneSource, place: int, rng: np.random.Generator) -> Samples:
        """Make a sample for one octave, with the margin that normalisation needs."""
        margin = WINDOW_PX // 2
        if not self.augment:
            scene = source.scene(place, 1.0, CROP_PX + 2 * margin, rng)
            image = normalise(scene.values, scene.valid, _deviation(scene))
            middle = [(side - CROP_PX) // 2 for side in scene.values.shape]
            image, targets = self._crop(scene, image, middle[1], middle[0])
            return Samples(image, targets, image, np.ones(()))
        octave = int(rng.choice(len(self.preset.octaves), p=self.preset.octaves))
        scale, coarser = 2.0 ** (rng.uniform(*_JITTER) - octave), 1.0
        if self.preset.coarsened and rng.random() < self.preset.coarsened:
            scale, coarser = 2.0 ** rng.uniform(*_COARSENED_JITTER), 2.0 ** rng.uniform(*_COARSENED)
        if self.max_scale is not None and scale > self.max_scale:
            scale = self.max_scale * 2.0 ** rng.uniform(_JITTER[0], 0.0)
        scene = _fill_crop(source, place, scale, CROP_PX + 2 * margin, rng)
        if self.preset.rotated and rng.random() < self.preset.rotated:
            scene = rotate_scene(scene, float(rng.uniform(0.0, 2.0 * np.pi)))
        jitter = self.preset.photometric_jitter
        views = simulate_camera(scene, rng, coarser, jitter)
        deviation = _deviation(scene) * 2.0 ** (jitter * rng.uniform(-1.0, 1.0))
        contrast = np.float32(2.0 ** rng.uniform(-0.3, 0.3))
        image, clean = (normalise(v, scene.valid, deviation) * contrast for v in views)
        top, left = (_offset(side, rng) for side in scene.values.shape)
        smaller = _SMALLER if coarser > 1.0 else 1.0
        image, targets = self._crop(scene, image, left, top, smaller)
        planes = (image, targets, _window(clean, left, top)[..., None])
        closer = np.array(max(1.0 / scale, 1.0) if coarser > 1.0 else 1.0)
        return Samples(*_draw_symmetry(planes, rng), closer)

    def _crop(
        self, scene: Scene, image: Float32, left: int, top: int, smaller: float = 1.0
    ) -> Batch:
        """Cut a crop whose corner is at (left, top), which may lie outside the scene."""
        valid = _window(scene.valid.astype(np.float32), left, top) > 0.5
        circles = scene.circles - [left, top, 0.0]
        clipped = scene.clipped - [left, top, left, top]
        targets = self.targets(circles, clipped, valid, smaller)
        return _window(image, left, top)[..., None], targets

    def targets(
        self,
        circles: NDArray[np.float64],
        clipped: NDArray[np.float64],
        valid: NDArray[np.bool_],
        smaller: float = 1.0,
    ) -> Float32:
        """Make the targets of a crop.

        Args:
            circles: Craters (x, y, diameter), pixels, (n, 3).
            clipped: Boxes (left, top, right, bottom) cut by an edge, pixels, (m, 4).
            valid: Validity mask, False where there is no data, (height, width).
            smaller: Factor by which craters may be smaller than the range of the preset.

        Returns:
            Targets, (height, width, channels).
        """
        smallest, largest = self.preset.diameters_px
        preset = replace(self.preset, diameters_px=(smallest / smaller, largest))
        return make_targets(valid.shape, circles, clipped, valid, preset)


def _fill_crop(
    source: SceneSource, place: int, scale: float, side: int, rng: np.random.Generator
) -> Scene:
    """Make a scene. Beside one that is smaller than a crop lie others, with nodata between.

    Their number and their size are limited: beside a tiny scene there is room for more than memory
    holds. What they do not fill has no data.
    """
    scene = source.scene(place, scale, side, rng)
    cells = np.minimum(CROP_PX // np.array(scene.values.shape) + 1, _MOST_IN_ROW)
    if cells.prod() == 1:
        return scene
    places = rng.integers(len(source), size=int(cells.prod()) - 1).tolist()
    others = (source.scene(other, scale, side, rng) for other in places)
    limit = _JOINED_PX // cells - _GAP_PX
    fitting = [other for other in others if (other.values.shape <= limit).all()]
    return _side_by_side([scene, *fitting], int(cells[1]))


def _side_by_side(scenes: Sequence[Scene], columns: int) -> Scene:
    """Join scenes in rows and columns to one."""
    high, wide = (max(s.values.shape[axis] for s in scenes) + _GAP_PX for axis in (0, 1))
    shape = (-(-len(scenes) // columns) * high, columns * wide)
    values, valid = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    circles, clipped = [], []
    for number, scene in enumerate(scenes):
        height, width = scene.values.shape
        top, left = number // columns * high, number % columns * wide
        values[top : top + height, left : left + width] = scene.values
        valid[top : top + height, left : left + width] = scene.valid
        circles.append(scene.circles + np.array([left, top, 0.0]))
        clipped.append(scene.clipped + np.tile([left, top], 2))
    return Scene(values, valid, np.vstack(circles), np.vstack(clipped))


def rotate_scene(scene: Scene, angle: float) -> Scene:
    """Rotate a scene about its centre, as for the poles, where light comes from anywhere.

    Ground that leaves the frame is lost, and the corners are nodata.

    Args:
        scene: Scene.
        angle: Angle, radians, from x towards y.
    """
    height, width = scene.values.shape
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([width, height]) / 2.0
    shift = centre - rotation @ centre
    # OpenCV counts from the centre of the first pixel.
    matrix = np.column_stack([rotation, rotation @ [0.5, 0.5] + shift - 0.5])
    data = scene.values[scene.valid]
    filled = np.where(scene.valid, scene.values, np.median(data) if data.size else 0.0)
    values = cv2.warpAffine(
        filled.astype(np.float32), matrix, (width, height),
        flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    valid = cv2.warpAffine(scene.valid.astype(np.float32), matrix, (width, height)) > 0.99
    circles = scene.circles.copy()
    circles[:, :2] = circles[:, :2] @ rotation.T + shift
    corners = scene.clipped[:, [[0, 1], [2, 1], [2, 3], [0, 3]]] @ rotation.T + shift
    clipped = np.hstack([corners.min(axis=1), corners.max(axis=1)])
    return Scene(np.asarray(values, np.float32), valid, circles, clipped)


def _permutation(seed: int, epoch: int, length: int) -> NDArray[np.int_]:
    """Order of the scenes of an epoch."""
    return np.random.default_rng([seed, epoch, length]).permutation(length)


def _deviation(scene: Scene) -> float:
    """Standard deviation of the grey values of a scene; 1 where they do not differ."""
    return float(scene.values[scene.valid].std() if scene.valid.any() else 1.0) or 1.0


def _offset(side: int, rng: np.random.Generator) -> int:
    """Draw the begin of a crop, inside a larger scene or around a smaller one."""
    room = side - CROP_PX
    return int(rng.integers(min(room, 0), max(room, 0) + 1))


def _window(plane: Float32, left: int, top: int) -> Float32:
    """Cut a crop, with zeros outside the plane."""
    out = np.zeros((CROP_PX, CROP_PX), np.float32)
    height, width = plane.shape
    y0, y1 = max(top, 0), min(top + CROP_PX, height)
    x0, x1 = max(left, 0), min(left + CROP_PX, width)
    out[y0 - top : y1 - top, x0 - left : x1 - left] = plane[y0:y1, x0:x1]
    return out


def _draw_symmetry(
    planes: tuple[Float32, Float32, Float32], rng: np.random.Generator
) -> tuple[Float32, Float32, Float32]:
    """Draw one of the eight symmetries of the square. Most of them keep the direction of the sun.

    Most images are lit from the east or west, and the lit side distinguishes a crater from a hill.
    """
    image, targets, clean = planes
    if rng.random() < _TRANSPOSED:
        image, targets, clean = (plane.swapaxes(0, 1) for plane in planes)
    rows, columns = (slice(None, None, int(step)) for step in rng.choice([-1, 1], 2))
    image, targets, clean = (plane[rows, columns].copy() for plane in (image, targets, clean))
    return image, targets, clean


def _baseline_sample(source: LabelledTiles, place: int, preset: Preset) -> Batch:
    """Make a sample of the baseline: the whole tile, grey / 255 repeated, boxes filled."""
    pair, side = source.pairs[place], preset.input_size or CROP_PX
    image = cv2.resize(read_grey(pair.image), (side, side), interpolation=cv2.INTER_AREA)
    grey = np.repeat((image / np.float32(255.0)).astype(np.float32)[..., None], preset.channels, -1)
    return grey, make_box_mask((side, side), box_corners(pair.read_boxes(), side, side))
