"""Replay: a network that is tuned on new images keeps what it knew before.

Half of the crops of a batch show rendered scenes. There the network learns the maps that it gave
before the training. Without them it forgets other cameras within minutes (Li and Hoiem 2018,
"Learning without forgetting", doi:10.1109/TPAMI.2017.2773081).
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np

from lunarcraters.network.inference import Detector
from lunarcraters.network.presets import Preset
from lunarcraters.rendering.scene import Scene as RenderedScene
from lunarcraters.rendering.scene import render_scene
from lunarcraters.training.sampling import Batch, Sampler
from lunarcraters.training.scenes import Scene, resize

SIDE_PX = 416
"""Side of a rendered scene, pixels."""


@dataclass(frozen=True)
class RenderedScenes:
    """A source of rendered scenes.

    Attributes:
        scenes: Rendered scenes.
    """

    scenes: tuple[RenderedScene, ...]

    def __len__(self) -> int:
        """Number of scenes."""
        return len(self.scenes)

    def scene(self, index: int, scale: float, side: int, rng: np.random.Generator) -> Scene:
        """Resample a scene.

        Args:
            index: Number of the scene.
            scale: Number of pixels per pixel of the rendered scene, along a side.
            side: Side of the crop, which is not used.
            rng: Random generator, which is not used.
        """
        rendered = self.scenes[index]
        height, width = rendered.image.shape
        size = np.maximum(np.rint(np.array([width, height]) * scale).astype(int), 1)
        values = resize(rendered.image.astype(np.float32), size)
        circles = rendered.craters[["x", "y", "diameter_px"]].to_numpy(float) * size[0] / width
        return Scene(values, np.ones(values.shape, bool), circles, np.empty((0, 4)))


def render_scenes(count: int, seed: int) -> tuple[RenderedScene, ...]:
    """Render scenes of any crater density, lit from about east or west.

    Args:
        count: Number of scenes.
        seed: Seed of all random numbers; scenes of other seeds are others.
    """
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return tuple(pool.map(_render, [(seed, number) for number in range(count)]))


def _render(seed: tuple[int, int]) -> RenderedScene:
    """Render one scene."""
    rng = np.random.default_rng(seed)
    return render_scene(
        SIDE_PX,
        SIDE_PX,
        seed=int(rng.integers(2**31)),
        sun_azimuth_deg=float(rng.choice([90.0, 270.0]) + rng.normal(0.0, 15.0)),
        sun_elevation_deg=float(rng.uniform(12.0, 55.0)),
        coverage=float(rng.uniform(0.1, 0.6)),
    )


@dataclass(frozen=True)
class ReplaySampler:
    """Sampler of batches whose second half is replayed.

    Attributes:
        labelled: Sampler of the labelled half.
        replayed: Sampler of the replayed half.
        teacher: Network as it was before the training.
    """

    labelled: Sampler
    replayed: Sampler
    teacher: Detector

    @property
    def preset(self) -> Preset:
        """Preset that is trained, with the size of a whole batch."""
        batch_size = self.labelled.preset.batch_size + self.replayed.preset.batch_size
        return replace(self.labelled.preset, batch_size=batch_size)

    @property
    def channels(self) -> int:
        """Number of channels of the targets: labels, maps of the teacher and their weight."""
        return self.labelled.channels + len(self.preset.heads) + 1

    def __len__(self) -> int:
        """Number of labelled scenes per epoch."""
        return len(self.labelled)

    def batch(self, number: int) -> Batch:
        """Make a batch of the training.

        Args:
            number: Number of the batch, counted from 0.

        Returns:
            Images, (n, height, width, 1), and targets, (n, height, width, channels).
        """
        images, labels = self.labelled.batch(number)
        replayed, _ = self.replayed.batch(number)
        targets = np.zeros((2, *images.shape[:3], self.channels), np.float32)
        targets[0, ..., : labels.shape[-1]] = labels
        targets[1, ..., labels.shape[-1] : -1] = self.teacher.maps(replayed)
        targets[1, ..., -1] = 1.0
        return np.concatenate([images, replayed]), np.concatenate(list(targets))


def make_replay_sampler(
    labelled: Sampler, scenes: tuple[RenderedScene, ...], teacher: Detector
) -> ReplaySampler:
    """Replace half of the batches of a sampler by replayed scenes.

    Args:
        labelled: Sampler of the labelled images, of an even batch size.
        scenes: Rendered scenes.
        teacher: Network as it was before the training.
    """
    half = replace(labelled.preset, batch_size=labelled.preset.batch_size // 2)
    return ReplaySampler(
        replace(labelled, preset=half),
        Sampler([RenderedScenes(scenes)], half, labelled.seed),
        teacher,
    )
