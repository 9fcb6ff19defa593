"""The samplers of a training: which of them its options ask for, and at which scales."""

import math
from collections.abc import Sequence

from lunarcraters.datasets.pairs import Pair, measure_smallest_label
from lunarcraters.network.presets import Preset
from lunarcraters.training.distillation import DistilledSampler, open_teacher
from lunarcraters.training.relief import ReliefSampler
from lunarcraters.training.sampling import Sampler
from lunarcraters.training.scenes import ElevationSource, SceneSource
from lunarcraters.training.settings import TrainingOptions

AnySampler = Sampler | DistilledSampler | ReliefSampler
"""Sampler of training batches."""


def make_sampler(
    options: TrainingOptions,
    preset: Preset,
    sources: Sequence[SceneSource],
    max_scale: float | None,
) -> AnySampler:
    """Make the sampler of the training batches, with a teacher if there is one.

    Args:
        options: Options of the training.
        preset: Preset with the options.
        sources: Sources of training scenes; elevation models alone for the preset `relief`.
        max_scale: Largest scale of a crop; None for no limit.
    """
    if preset.photometry == "relief":
        models = [source for source in sources if isinstance(source, ElevationSource)]
        return ReliefSampler(models, preset, options.seed)
    sampler = Sampler(sources, preset, options.seed, max_scale=max_scale)
    if options.teacher is None:
        return sampler
    return DistilledSampler(sampler, open_teacher(options.teacher), options.resampled)


def make_validation(
    options: TrainingOptions, preset: Preset, source: SceneSource
) -> Sampler | ReliefSampler:
    """Make the sampler of the validation batches."""
    if isinstance(source, ElevationSource):
        return ReliefSampler([source], preset, options.seed, augment=False)
    return Sampler([source], preset, options.seed, augment=False)


def choose_max_scale(pairs: Sequence[Pair], preset: Preset) -> float | None:
    """Choose the largest scale at which craters smaller than the labels are not taught.

    Larger crops would show craters that nobody labelled at sizes that the network detects, as
    background.

    Args:
        pairs: Images with their label files.
        preset: Preset, whose `diameters_px` is the range of the octave.

    Returns:
        Scale; None for no limit, where an edge cuts every label, so that no size is known.
    """
    smallest = measure_smallest_label(pairs)
    return preset.diameters_px[0] / smallest if math.isfinite(smallest) else None
