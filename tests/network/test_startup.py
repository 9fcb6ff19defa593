"""Keras starts as the networks need it, whatever the settings of the user are."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

START = """
from lunarcraters.network.startup import check_backend_trains, start_keras

start_keras()
import keras

print(keras.config.floatx(), keras.config.image_data_format(), keras.config.dtype_policy().name)
check_backend_trains()
"""


AGAIN = """
from lunarcraters.network.startup import start_keras

start_keras(2)
import tensorflow as tf

tf.reduce_sum(tf.ones(3)).numpy()
start_keras(1)
print(tf.config.threading.get_intra_op_parallelism_threads())
"""


def start(home, settings, backend=""):
    (home / "keras.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-c", START],
        env=os.environ | {"KERAS_HOME": str(home), "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip(), done.stderr.strip()


def test_settings_of_the_user_that_networks_are_not_made_for_do_not_count(tmp_path):
    settings = {"floatx": "float16", "image_data_format": "channels_first"}
    assert start(tmp_path, settings) == ("float32 channels_last float32", "")


@pytest.mark.parametrize("settings", [[], {"floatx": []}, {"backend": "abacus"}])
def test_settings_that_keras_does_not_start_with_are_named(tmp_path, settings):
    printed, error = start(tmp_path, settings)
    assert not printed
    assert "ModelError: Keras does not start" in error.splitlines()[-1]
    assert "keras.json" in error.splitlines()[-1]


def test_a_backend_that_does_not_train_is_told_from_those_that_do(tmp_path):
    printed, error = start(tmp_path, {}, backend="numpy")
    assert printed == "float32 channels_last float32"
    assert "ModelError: Keras does not train with the backend numpy" in error.splitlines()[-1]
    assert "tensorflow, jax or torch" in error.splitlines()[-1]


def test_a_process_that_has_computed_keeps_its_threads():
    done = subprocess.run(
        [sys.executable, "-c", AGAIN], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr.strip()) == ("2", "")
