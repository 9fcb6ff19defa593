"""The 8-bit form of a model: made from what a split shows, kept where it does as well."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import ModelError
from lunarcraters.network.model_file import ModelInfo, read_info, update_info
from lunarcraters.network.startup import start_tensorflow
from lunarcraters.tiling.source import TileSource

_EXAMPLES = 48
_EXAMPLE_STRIDES = 16  # to a side
_MOST_LOST = 0.01  # of F1


def add_eight_bit(
    model: Path, source: TileSource, f1: float, f1_in_int8: Callable[[Path], float]
) -> ModelInfo:
    """Give a model file its 8-bit form, and say in its description how well that does.

    Args:
        model: Model file, to which the form is added where it does as well.
        source: Tiles, some of which are shown to the network.
        f1: Of the network itself.
        f1_in_int8: Measures it for the form of a model file.

    Returns:
        The new description.

    Raises:
        ModelError: The network has no such form, or one whose F1 is lower by more than 0.01.
    """
    start_tensorflow()
    from lunarcraters.network.backends.quantization import quantised
    from lunarcraters.network.backends.tensorflow_graph import load_network
    from lunarcraters.network.inference import Detector

    form = quantised(load_network(model), _examples(source, Detector(model)))
    info = replace(read_info(model), eight_bit={"stride": form.stride})
    with TemporaryDirectory() as folder:
        trial = Path(folder) / model.name
        shutil.copyfile(model, trial)
        update_info(trial, info, form)
        reached = f1_in_int8(trial)
    if reached < f1 - _MOST_LOST:
        raise ModelError(f"in 8 bits F1 is {reached:.3f}, not {f1:.3f}: that form is left out")
    measured = {"float32": round(f1, 4), "int8": round(reached, 4)}
    known = replace(info, eight_bit={"stride": form.stride, "f1": measured})
    update_info(model, known, form)
    return known


def _examples(source: TileSource, detector: Any) -> list[NDArray[np.float32]]:
    """What the network sees of tiles from all over the source, of every octave."""
    side = detector.input_size or _EXAMPLE_STRIDES * detector.stride
    large = [tile for tile in source.tiles if tile.size >= side] or list(source.tiles)
    chosen = np.random.default_rng(1).permutation(len(large))[:_EXAMPLES]
    found = []
    for tile in (large[place] for place in chosen):
        values, valid = source.read(tile)
        image = np.zeros((side, side, detector.channels), np.float32)
        seen = detector.images(values, valid, source.photometry)[:side, :side]
        image[: len(seen), : len(seen)] = seen
        found.append(image)
    return found
