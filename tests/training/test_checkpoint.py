"""Checkpoints of earlier versions, and those that have no room."""

import resource

import keras
import numpy as np
import pytest
import tensorflow as tf

from lunarcraters.errors import OutputError, RunError
from lunarcraters.training import checkpoint


def test_a_checkpoint_that_an_earlier_version_had_tensorflow_write_is_read(tmp_path, monkeypatch):
    network, other = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]) for _ in "ab")
    for one in (network, other):
        one.compile("adam", "mse")
        one.optimizer.build(one.trainable_variables)
    network.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=2, verbose=0)
    folder = tmp_path / checkpoint.FOLDER
    folder.mkdir()
    network.save_weights(folder / checkpoint.BEST)
    tf.train.CheckpointManager(
        tf.train.Checkpoint(model=network, optimizer=network.optimizer),
        str(folder),
        max_to_keep=2,
        checkpoint_name="state",
    ).save(2)
    (folder / checkpoint.STATE).write_text('{"epoch": 2, "best": 1.0, "file": "state-2"}')
    restored = checkpoint.Checkpoint(other, tmp_path, resume=True)
    written = [*network.variables, *network.optimizer.variables]
    for one, two in zip(written, restored.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
    with monkeypatch.context() as patch:
        patch.setattr(keras.backend, "backend", lambda: "jax")
        with pytest.raises(RunError, match=r"state-2 was written by .* KERAS_BACKEND"):
            checkpoint.Checkpoint(other, tmp_path, resume=True)
    (folder / "state-2.data-00000-of-00001").write_bytes(b"cut")
    with pytest.raises(RunError, match=r"state-2\.index does not hold the state"):
        checkpoint.Checkpoint(other, tmp_path, resume=True)


def test_hidden_files_of_other_programs_stay_beside_checkpoints(tmp_path):
    folder = tmp_path / checkpoint.FOLDER
    (folder / ".ipynb_checkpoints").mkdir(parents=True)
    for name in (".best.weights.0123abcd.h5", ".best.weights.0123abcd.weights.h5", ".gitignore"):
        (folder / name).touch()
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    checkpoint.Checkpoint(network, tmp_path, resume=False)
    assert {path.name for path in folder.iterdir()} == {".ipynb_checkpoints", ".gitignore"}


def test_weights_that_have_no_room_are_told_in_a_sentence(tmp_path):
    network = keras.Sequential([keras.Input((400,)), keras.layers.Dense(400)])
    network.compile("sgd", "mse")
    (tmp_path / checkpoint.FOLDER).mkdir()
    callback = checkpoint.Checkpoint(network, tmp_path, resume=False)
    callback.set_model(network)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**18, before[1]))
    try:
        with pytest.raises(
            OutputError, match=r"best\.weights\.h5 cannot be written: File too large$"
        ):
            callback.on_epoch_end(0, {"val_loss": 1.0})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list((tmp_path / checkpoint.FOLDER).iterdir())
