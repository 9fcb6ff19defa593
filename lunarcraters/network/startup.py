"""Starting TensorFlow: quietly, with the threads that it may use."""

import os
import time
from pathlib import Path

from lunarcraters.process import hushed

_BF16_FLAGS = {"avx512_bf16", "amx_bf16"}
_GRAPHICS_CARDS = ("/dev/nvidia0", "/dev/kfd")
_TRIALS = 9


def start_tensorflow(threads: int | None = None, precision: str = "float32") -> None:
    """Import TensorFlow and let it find its devices; to be called before anything else of it.

    Args:
        threads: How many it may use; None for all.
        precision: Of inference: `float32`, or `bfloat16` where that loses little (convolutions
            and what lies between them, not the heads).
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # TensorFlow leaves oneDNN out on processors without AVX-512, where it is the faster one too.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    with hushed():
        import tensorflow as tf

        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        if precision == "bfloat16":
            tf.config.optimizer.set_experimental_options(
                {"auto_mixed_precision_onednn_bfloat16": True}
            )
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.list_logical_devices()


def inference_precision(asked: str, *, has_int8: bool) -> str:
    """What `auto` means: `int8` where a model has that form and no graphics card is there.

    Args:
        asked: A precision, or `auto`.
        has_int8: Whether the model has the 8-bit form.
    """
    if asked != "auto":
        return asked
    cards = any(Path(device).exists() for device in _GRAPHICS_CARDS)
    return "int8" if has_int8 and not cards else "float32"


def faster_precision() -> str:
    """`bfloat16` where the processor has it and it is the faster one, else `float32`.

    Some that have the instructions (avx512_bf16 under a hypervisor) are slower with them, so a
    convolution is timed. Where the two are close it is bfloat16, which also halves memory.
    """
    if not has_bfloat16():
        return "float32"
    import tensorflow as tf

    def seconds(dtype: tf.DType) -> float:
        images, kernel = tf.zeros((4, 64, 64, 64), dtype), tf.zeros((3, 3, 64, 64), dtype)
        taken = []
        for _ in range(_TRIALS):
            begun = time.perf_counter()
            tf.nn.conv2d(images, kernel, 1, "SAME").numpy()
            taken.append(time.perf_counter() - begun)
        return min(taken)

    return "bfloat16" if seconds(tf.bfloat16) < seconds(tf.float32) else "float32"


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16, rather than pretends to."""
    return bool(_BF16_FLAGS & _processor_flags())


def _processor_flags() -> set[str]:
    """What the processor can do (Linux tells; elsewhere: nothing is known)."""
    try:
        return set(Path("/proc/cpuinfo").read_text(encoding="utf-8").split())
    except OSError:
        return set()
