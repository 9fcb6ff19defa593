"""A Keras network of a model file, in any backend of Keras."""

import math
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import ModelError

Float32 = NDArray[np.float32]

_STEP_PX = 16
"""A stride is a multiple of these pixels, as the sizes of tiles are, so that a tile fits every
network after padding."""


@dataclass(frozen=True)
class InputGeometry:
    """The images that a network takes.

    Attributes:
        channels: Number of channels, 1 or 3.
        input_size: Side, pixels; None for any multiple of the stride.
        stride: Divisor of the side, pixels.
    """

    channels: int
    input_size: int | None
    stride: int


class KerasNetwork:
    """The network of a model file in JAX or PyTorch, in float32.

    Attributes:
        channels: Number of channels of an image.
        input_size: Side of images, pixels; None for any multiple of the stride.
        stride: Divisor of the sides of images, pixels.
        heads: Number of output channels.
    """

    def __init__(self, path: Path) -> None:
        """Load a model file in safe mode. No code in it is executed.

        Raises:
            ModelError: The file is no model, needs code of its own, or does not map an image to
                maps of the same size.
        """
        self._model = load_network(path)
        geometry = input_geometry(self._model, path)
        self.channels, self.input_size = geometry.channels, geometry.input_size
        self.stride = geometry.stride
        self.heads = int(self._model.output_shape[-1])
        self._one_at_a_time = threading.Lock()

    def __call__(self, images: Float32) -> Float32:
        """Compute the maps of a batch.

        Args:
            images: Batch, (n, height, width, channels).

        Returns:
            Maps, (n, height, width, heads).
        """
        with self._one_at_a_time:
            return np.asarray(self._model.predict_on_batch(images), np.float32)


def load_network(path: Path) -> Any:
    """Load the Keras model of a file, in safe mode and not compiled.

    Raises:
        ModelError: The file is no model, is damaged, or needs code of its own.
    """
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (BadZipFile, zlib.error, EOFError) as error:
        raise ModelError(f"{path} is damaged: take another copy") from error
    except (ValueError, TypeError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else "damaged"
        raise ModelError(f"{path} cannot be loaded as a Keras model: {reason}") from error


def input_geometry(model: keras.Model, path: Path | str) -> InputGeometry:
    """Find out which images a network takes.

    Args:
        model: Keras model.
        path: Model file, or another name for error messages.

    Raises:
        ModelError: The network does not map a square image to maps of its size.
    """
    shape, output = model.input_shape, model.output_shape
    if not (isinstance(shape, tuple) and isinstance(output, tuple) and len(shape) == 4):
        raise ModelError(f"{path} is not a network from one image to one image")
    if shape[-1] not in (1, 3) or len(output) != 4 or output[1:3] != shape[1:3]:
        raise ModelError(
            f"{path} maps {shape} to {output}: expected an image of 1 or 3 channels, and maps of "
            "the image's size"
        )
    if shape[1] != shape[2]:
        raise ModelError(f"{path} takes images of {shape[2]} x {shape[1]}: they must be square")
    convolutions = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    stem = next((layer.strides[0] for layer in convolutions), 1)
    pools = sum(isinstance(layer, keras.layers.MaxPooling2D) for layer in model.layers)
    return InputGeometry(int(shape[-1]), shape[1], math.lcm(stem * 2**pools, _STEP_PX))
