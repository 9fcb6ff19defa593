"""Starting TensorFlow: quietly, with the threads that it may use."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def start_tensorflow(threads: int | None = None) -> None:
    """Import TensorFlow and let it find its devices; to be called before anything else of it.

    Args:
        threads: How many it may use; None for all.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _hushed():
        import tensorflow as tf

        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
        tf.config.list_logical_devices()


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep stderr silent: TensorFlow's C++ greets every user with the lack of a GPU, unasked.

    It does so before its log levels are read. Python's own errors are raised, not printed.
    """
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
