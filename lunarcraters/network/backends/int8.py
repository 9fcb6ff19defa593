"""Int8: the form of a network that runs in LiteRT, without TensorFlow."""

from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from lunarcraters.network.backends.flatbuffers import join
from lunarcraters.network.model_file import Int8Model
from lunarcraters.process import cpu_count, suppress_native_stderr

Float32 = NDArray[np.float32]


class Int8Network:
    """The int8 form of a network, ready to run.

    Threads that call it at the same time have an interpreter each, and memory for its images. One
    thread for each call is faster than all of them for one, which wait for the slowest in every
    layer.

    Attributes:
        channels: Number of channels of an image.
        input_size: Side of images, pixels; None for any multiple of the stride.
        stride: Divisor of the sides of images, pixels.
        heads: Number of output channels.
    """

    def __init__(self, model: Int8Model, threads: int | None = None) -> None:
        """Load an int8 form.

        Args:
            model: Int8 form of a network.
            threads: Number of threads of a call; None for all.
        """
        self.input_size, self.stride = model.input_size, model.stride
        self._content, self._threads = join(model.body, model.heads), threads
        interpreter = self._load()
        self.channels = interpreter.channels
        side = model.input_size or model.stride
        outputs = interpreter.output_shapes((1, side, side, self.channels))
        self.heads = sum(shape[3] * shape[1] ** 2 // side**2 for shape in outputs)
        self._idle = [interpreter]

    def _load(self) -> "_Flatbuffer":
        return _Flatbuffer(self._content, self._threads)

    def __call__(self, images: Float32) -> Float32:
        """Compute the maps of a batch, each head in one piece of memory.

        Args:
            images: Batch, (n, height, width, channels).

        Returns:
            Maps, (n, height, width, heads).
        """
        try:
            interpreter = self._idle.pop()
        except IndexError:
            interpreter = self._load()
        maps = np.empty((self.heads, *images.shape[:3]), np.float32)
        _lay_out(interpreter(images), maps)  # no array of the interpreter outlives this line
        self._idle.append(interpreter)
        return np.moveaxis(maps, 0, -1)


def _lay_out(outputs: list[Float32], maps: Float32) -> None:
    """Lay out outputs, each of one head or several, as (heads, n, height, width)."""
    first = 0
    for output in outputs:
        side = maps.shape[2] // output.shape[1]
        last = first + output.shape[3] // side**2
        _spread(output, side, maps[first:last])
        first = last


def _spread(output: Float32, side: int, maps: Float32) -> None:
    """Lay out (n, height, width, heads), or blocks of pixels of one head, as (heads, n, ...)."""
    if side == 1:
        maps[...] = np.moveaxis(output, -1, 0)
        return
    row = np.dtype((np.void, side * output.itemsize))  # a row of a block, moved as one value
    rows = output.view(row).transpose(0, 1, 3, 2)
    maps.view(row).reshape(rows.shape)[...] = rows


class _Flatbuffer:
    """A flatbuffer from float32 to float32, for images of any size."""

    def __init__(self, content: bytes, threads: int | None) -> None:
        self._interpreter: Any = Interpreter(
            model_content=content, num_threads=threads or cpu_count()
        )
        self._input = self._interpreter.get_input_details()[0]
        named = self._interpreter.get_signature_runner().get_output_details()
        self._outputs = [named[name]["index"] for name in sorted(named)]
        self.channels = int(self._input["shape"][-1])
        self._shape: tuple[int, ...] = ()

    def output_shapes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Shapes of the outputs for images of a shape."""
        self._resize(shape)
        return [self._interpreter.tensor(index)().shape for index in self._outputs]

    def __call__(self, images: Float32) -> list[Float32]:
        """Compute the outputs for images. The next call overwrites these arrays."""
        self._resize(images.shape)
        self._interpreter.set_tensor(self._input["index"], images)
        self._interpreter.invoke()
        return [self._interpreter.tensor(index)() for index in self._outputs]

    def _resize(self, shape: tuple[int, ...]) -> None:
        """Allocate memory for images of a shape, unless the last ones had it."""
        if shape != self._shape:
            with suppress_native_stderr():
                self._interpreter.resize_tensor_input(self._input["index"], shape)
                self._interpreter.allocate_tensors()
            self._shape = shape
