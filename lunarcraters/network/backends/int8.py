"""Eight bits: the form of a network that runs by LiteRT, without TensorFlow."""

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from lunarcraters.network.model_file import EightBitForm
from lunarcraters.process import cores, hushed

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
        self.channels = self._body.channels
        side = form.input_size or form.stride
        features = self._body.shapes_of((1, side, side, self.channels))[0]
        found = self._heads.shapes_of(features)
        self.heads = sum(shape[3] * shape[1] ** 2 // side**2 for shape in found)

    def __call__(self, images: Float32) -> Float32:
        """Maps of a batch, shape (n, height, width, heads), each head's in one piece of memory."""
        maps = np.empty((self.heads, *images.shape[:3]), np.float32)
        first = 0
        for found in self._heads(self._body(images)[0]):
            side = images.shape[1] // found.shape[1]
            last = first + found.shape[3] // side**2
            _spread(found, side, maps[first:last])
            first = last
        return np.moveaxis(maps, 0, -1)


def _spread(found: Float32, side: int, maps: Float32) -> None:
    """Lay out (n, height, width, heads), or blocks of pixels of one head, as (heads, n, ...)."""
    if side == 1:
        maps[...] = np.moveaxis(found, -1, 0)
        return
    row = np.dtype((np.void, side * found.itemsize))  # of a block, moved as one
    rows = found.view(row).transpose(0, 1, 3, 2)
    maps.view(row).reshape(rows.shape)[...] = rows


class _Flatbuffer:
    """One from float32 to float32, for images of any size."""

    def __init__(self, content: bytes, threads: int | None) -> None:
        self._interpreter: Any = Interpreter(model_content=content, num_threads=threads or cores())
        self._input = self._interpreter.get_input_details()[0]
        named = self._interpreter.get_signature_runner().get_output_details()
        self._outputs = [named[name]["index"] for name in sorted(named)]
        self.channels = int(self._input["shape"][-1])
        self._shape: tuple[int, ...] = ()

    def shapes_of(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Shapes of what images of a shape give."""
        self._make_room(shape)
        return [self._interpreter.tensor(index)().shape for index in self._outputs]

    def __call__(self, images: Float32) -> list[Float32]:
        """What images give: arrays that the next call fills anew."""
        self._make_room(images.shape)
        self._interpreter.set_tensor(self._input["index"], images)
        self._interpreter.invoke()
        return [self._interpreter.tensor(index)() for index in self._outputs]

    def _make_room(self, shape: tuple[int, ...]) -> None:
        if shape != self._shape:
            with hushed():
                self._interpreter.resize_tensor_input(self._input["index"], shape)
                self._interpreter.allocate_tensors()
            self._shape = shape
