"""Start of Keras and of its backend: threads, precision, and silence."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

from lunarcraters.errors import ModelError
from lunarcraters.process import suppress_native_stderr

Precision = Literal["float32", "bfloat16", "int8"]
"""Precision of inference, chosen of what was asked for by `choose_precision`."""

TRAINING_BACKENDS = ("tensorflow", "jax", "torch")
"""Backends of Keras that train networks."""

_BF16_FLAGS = {"avx512_bf16", "amx_bf16"}
_DEVICES = Path("/dev")
_GRAPHICS_CARDS = ("nvidia[0-9]*", "kfd")  # a container may have any of the cards of its machine
_TRIALS = 9


def start_keras(threads: int | None = None, precision: Precision = "float32") -> None:
    """Import Keras and its backend, and let TensorFlow find its devices. Call this first.

    The backend is the one that `KERAS_BACKEND` names, or the file keras.json of the user:
    TensorFlow, JAX or PyTorch.

    Args:
        threads: Number of threads of TensorFlow, which keeps those that it has computed with; None
            for all.
        precision: Precision of inference: `float32`, or `bfloat16` for convolutions and the layers
            between them, but not for the heads.

    Raises:
        ModelError: The backend cannot be imported, or has no such precision.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow leaves oneDNN out on processors without AVX-512, where it is the faster one too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    if not runs_tensorflow():
        if precision == "bfloat16":
            raise ModelError(
                "bfloat16 is computed by TensorFlow alone: give --precision float32, or leave "
                "KERAS_BACKEND out"
            )
        return
    with suppress_native_stderr():
        import tensorflow as tf

        if threads is not None:
            with suppress(RuntimeError):  # it has computed before, and keeps its threads
                tf.config.threading.set_intra_op_parallelism_threads(threads)
                tf.config.threading.set_inter_op_parallelism_threads(1)
        if precision == "bfloat16":
            tf.config.optimizer.set_experimental_options(
                {"auto_mixed_precision_onednn_bfloat16": True}
            )
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.list_logical_devices()


def runs_tensorflow() -> bool:
    """Test whether the backend of Keras is TensorFlow.

    Raises:
        ModelError: The backend cannot be imported.
    """
    return _import_keras() == "tensorflow"


def check_backend_trains() -> None:
    """Check that the backend of Keras trains networks, not only runs them.

    Raises:
        ModelError: It does not, or Keras does not start.
    """
    backend = _import_keras()
    if backend not in TRAINING_BACKENDS:
        raise ModelError(
            f"Keras does not train with the backend {backend}: set KERAS_BACKEND to "
            f"{', '.join(TRAINING_BACKENDS[:-1])} or {TRAINING_BACKENDS[-1]}"
        )


def _import_keras() -> str:
    """Import Keras, and return the name of its backend.

    The other settings of keras.json are set as the networks need them.
    """
    try:
        with suppress_native_stderr():
            import keras
    except (ImportError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(
            f"Keras does not start ({error}): install the backend that KERAS_BACKEND or keras.json "
            "names, leave KERAS_BACKEND out for TensorFlow, or remove keras.json from ~/.keras or "
            "KERAS_HOME"
        ) from error
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    return str(keras.config.backend())


def choose_precision(asked: Precision | Literal["auto"], *, has_int8: bool) -> Precision:
    """Choose the precision of inference.

    Args:
        asked: Precision `float32`, `bfloat16` or `int8`, or `auto`.
        has_int8: True if the model has an int8 form.

    Returns:
        Precision; for `auto` it is `int8` if the model has that form and the machine has no
        graphics card, else `float32`.
    """
    if asked != "auto":
        return asked
    cards = any(True for name in _GRAPHICS_CARDS for _ in _DEVICES.glob(name))
    return "int8" if has_int8 and not cards else "float32"


def count_least_images(precision: Precision) -> int:
    """Count the images that a call of the network takes at least: two, or one in int8."""
    return 1 if precision == "int8" else 2


def choose_training_precision() -> Literal["float32", "bfloat16"]:
    """Choose the faster precision of training on this machine, `bfloat16` or `float32`.

    Some processors with bfloat16 instructions (avx512_bf16 under a hypervisor) are slower with
    them, so a convolution is timed in both. With JAX or PyTorch it is `float32`.
    """
    if not (runs_tensorflow() and has_bfloat16()):
        return "float32"
    import tensorflow as tf

    def seconds(dtype: tf.DType) -> float:
        images, kernel = tf.zeros((4, 64, 64, 64), dtype), tf.zeros((3, 3, 64, 64), dtype)
        durations = []
        for _ in range(_TRIALS):
            started = time.perf_counter()
            tf.nn.conv2d(images, kernel, 1, "SAME").numpy()
            durations.append(time.perf_counter() - started)
        return min(durations)

    return "bfloat16" if seconds(tf.bfloat16) < seconds(tf.float32) else "float32"


def has_bfloat16() -> bool:
    """Test whether the processor has instructions for bfloat16."""
    return bool(_BF16_FLAGS & _processor_flags())


def _processor_flags() -> set[str]:
    """Names of the features of the processor, on Linux; elsewhere none."""
    try:
        return set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return set()
