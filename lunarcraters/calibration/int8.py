"""The int8 form of a model: made from examples of a split, kept if it is as accurate."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from lunarcraters.detection.search.batch import make_input
from lunarcraters.errors import ModelError
from lunarcraters.network.inference import Detector
from lunarcraters.network.model_file import Int8Model, read_info, read_int8, update_info
from lunarcraters.network.model_info import Int8Comparison, Int8Info, ModelInfo
from lunarcraters.network.startup import runs_tensorflow, start_keras
from lunarcraters.tiling.source import TileSource

_EXAMPLES = 144
_EXAMPLE_STRIDES = 16  # side of an example, strides
_MAX_LOSS = 0.01  # of F1


def add_int8(
    model: Path, source: TileSource, f1: float, measure_f1: Callable[[Path], float]
) -> ModelInfo:
    """Give a model file its int8 form, with its accuracy in the description.

    Without TensorFlow, which makes that form, the one that the file holds is measured anew.

    Args:
        model: Model file, to which the form is added if it is as accurate.
        source: Tiles, some of which serve as examples.
        f1: F1 of the network itself, 0 to 1.
        measure_f1: Function that measures F1 of the int8 form of a model file.

    Returns:
        New description of the model.

    Raises:
        ModelError: The network has no such form, or one whose F1 is lower by more than 0.01, or
            Keras runs without TensorFlow and the file holds none.
    """
    int8 = _make_int8(model, source)
    info = replace(read_info(model), int8=Int8Info(int8.stride))
    with TemporaryDirectory() as folder:
        copy = Path(folder) / model.name
        shutil.copyfile(model, copy)
        # The copy of a tuned model leaves no images to the model before the tuning.
        update_info(copy, replace(info, tuned_on=None), int8)
        int8_f1 = measure_f1(copy)
    if int8_f1 < f1 - _MAX_LOSS:
        raise ModelError(f"in 8 bits F1 is {int8_f1:.3f}, not {f1:.3f}: that form is left out")
    comparison = Int8Comparison(float32=round(f1, 4), int8=round(int8_f1, 4))
    info = replace(info, int8=Int8Info(int8.stride, comparison))
    update_info(model, info, int8)
    return info


def _make_int8(model: Path, source: TileSource) -> Int8Model:
    """Make the int8 form of a model, or read the one in its file where TensorFlow does not run."""
    start_keras()
    if not runs_tensorflow():
        if read_info(model).int8 is None:
            raise ModelError("only TensorFlow makes the int8 form of a model: it is left out")
        return read_int8(model)
    from lunarcraters.network.backends.keras_model import load_network
    from lunarcraters.network.backends.quantization import quantize

    return quantize(load_network(model), _read_examples(source, Detector(model)))


def _read_examples(source: TileSource, detector: Detector) -> list[NDArray[np.float32]]:
    """Read inputs of the network from tiles all over the source, of every octave."""
    side = detector.input_size or _EXAMPLE_STRIDES * detector.stride
    large = [tile for tile in source.tiles if tile.size >= side] or list(source.tiles)
    chosen = np.random.default_rng(1).permutation(len(large))[:_EXAMPLES]
    examples = []
    for tile in (large[index] for index in chosen):
        values, valid = source.read(tile)
        image = make_input(detector, source, tile, values, valid)[:side, :side]
        example = np.zeros((side, side, image.shape[-1]), np.float32)
        example[: len(image), : len(image)] = image
        examples.append(example)
    return examples
