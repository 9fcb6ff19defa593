"""Ctrl-C ends a training at the next batch, and the training can be resumed."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from lunarcraters.training.interruption import Interruption

TRAIN = """
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from lunarcraters.network.presets import PRESETS
from lunarcraters.network.startup import start_keras
from lunarcraters.training.session import train
from lunarcraters.training.settings import TrainingOptions

start_keras()
import keras

if keras.backend.backend() == "tensorflow":  # graphs take longer than a training of few steps
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)

signal.signal(signal.SIGINT, signal.default_int_handler)
PRESETS["tiny"] = replace(
    PRESETS["compact"], name="tiny", filters=(4, 8), blocks=(1, 1), batch_size=2
)
options = TrainingOptions(preset="tiny", epochs=3, steps=2, precision="float32")
begin = keras.callbacks.CallbackList.on_epoch_begin


def press(self, epoch, logs=None):
    begin(self, epoch, logs)
    if epoch == 1:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except:  # as Keras does
            print("swallowed")


keras.callbacks.CallbackList.on_epoch_begin = press
try:
    train(*map(Path, sys.argv[1:]), options)
except KeyboardInterrupt:
    print("interrupted")
keras.callbacks.CallbackList.on_epoch_begin = begin
train(*map(Path, sys.argv[1:]), options, resume=True)
"""


@pytest.fixture
def _ctrl_c():
    """Python's own handler of Ctrl-C, which may be ignored where tests run."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def press():
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("begin", ["on_train_batch_begin", "on_test_batch_begin"])
@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_acts_at_the_next_batch_even_where_keras_swallows_it(begin):
    with Interruption() as interruption:
        getattr(interruption, begin)(0)
        with suppress(BaseException):
            press()
        with pytest.raises(KeyboardInterrupt):
            getattr(interruption, begin)(1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("_ctrl_c")
def test_a_second_ctrl_c_acts_at_once():
    with suppress(KeyboardInterrupt), Interruption():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_after_the_last_batch_acts_at_the_end():
    with pytest.raises(KeyboardInterrupt), Interruption():
        press()


@pytest.mark.usefixtures("_ctrl_c")
def test_the_handler_of_another_program_stays():
    came = []
    signal.signal(signal.SIGINT, lambda *_: came.append(True))
    with Interruption() as interruption:
        press()
        interruption.on_train_batch_begin(0)
    assert came == [True]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_an_interrupted_training_is_resumed(dataset, tmp_path, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(dataset), str(tmp_path / "out")],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "InitializeLog" not in done.stderr
    said = [line.split(":")[0] for line in done.stdout.splitlines() if "tiny" not in line]
    assert said == ["epoch 1/3", "interrupted", "epoch 2/3", "epoch 3/3"]
    rows = json.loads((tmp_path / "out" / "history.json").read_text())
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert (tmp_path / "out" / "model.keras").exists()
