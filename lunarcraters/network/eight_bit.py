"""Eight bits: the form of a network that runs by LiteRT, without TensorFlow."""

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from lunarcraters.machine import cores, hushed
from lunarcraters.network.model_file import EightBitForm

Float32 = NDArray[np.float32]


class EightBitNetwork:
    """An 8-bit form, ready to run.

    Attributes:
        channels: Of an image.
        input_size: Side of an image, pixels; None for any.
        stride: What a side must be a multiple of.
        heads: Channels that come out.
    """

    def __init__(self, form: EightBitForm, threads: int | None = None) -> None:
        """Load it, to run on so many threads; None for all."""
        self.input_size, self.stride = form.input_size, form.stride
        self._body, self._heads = _Flatbuffer(form.body, threads), _Flatbuffer(form.heads, threads)
        self.channels, self.heads = self._body.channels_in, self._heads.channels_out

    def __call__(self, images: Float32) -> Float32:
        """Maps of a batch, shape (n, height, width, heads)."""
        return self._heads(self._body(images))


class _Flatbuffer:
    """One from float32 to float32, for images of any size."""

    def __init__(self, content: bytes, threads: int | None) -> None:
        self._interpreter: Any = Interpreter(model_content=content, num_threads=threads or cores())
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self.channels_in = int(self._input["shape"][-1])
        self.channels_out = int(self._output["shape"][-1])
        self._shape: tuple[int, ...] = ()

    def __call__(self, images: Float32) -> Float32:
        if images.shape != self._shape:
            with hushed():
                self._interpreter.resize_tensor_input(self._input["index"], images.shape)
                self._interpreter.allocate_tensors()
            self._shape = images.shape
        self._interpreter.set_tensor(self._input["index"], images)
        self._interpreter.invoke()
        found: Float32 = self._interpreter.get_tensor(self._output["index"])
        return found
