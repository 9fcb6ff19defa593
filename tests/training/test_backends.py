"""JAX and PyTorch train and run the networks too, where they are installed."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from lunarcraters.network.inference import Detector

pytestmark = pytest.mark.slow

TRAIN = """
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from lunarcraters.network.inference import Detector
from lunarcraters.network.presets import PRESETS
from lunarcraters.training.session import train
from lunarcraters.training.settings import TrainingOptions

PRESETS["tiny"] = replace(
    PRESETS["compact"], name="tiny", filters=(4, 8), blocks=(1, 1), batch_size=2
)
data, out, images, maps = map(Path, sys.argv[1:])
options = TrainingOptions(preset="tiny", epochs=2, steps=2, precision="float32")


class Killed(Exception):
    pass


def kill(line):
    if line.startswith("epoch 1"):
        raise Killed


try:
    train(data, out, options, say=kill)
except Killed:
    model = train(data, out, options, resume=True, say=list)
    np.save(maps, Detector(model).maps(np.load(images)))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_backend_trains_resumes_and_gives_the_maps_of_tensorflow(dataset, tmp_path, backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"needs {backend}")
    images = np.random.default_rng(1).normal(size=(2, 128, 128, 1)).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    arguments = [dataset, tmp_path / "out", tmp_path / "images.npy", tmp_path / "maps.npy"]
    subprocess.run(
        [sys.executable, "-c", TRAIN, *map(str, arguments)],
        env=os.environ | {"KERAS_BACKEND": backend},
        check=True,
    )
    rows = json.loads((tmp_path / "out" / "history.json").read_text())
    assert [row["epoch"] for row in rows] == [1, 2]
    found = np.load(tmp_path / "maps.npy")
    np.testing.assert_allclose(
        found, Detector(tmp_path / "out" / "model.keras").maps(images), atol=1e-4
    )
    assert found.std() > 1e-3


def test_a_backend_that_is_not_installed_is_named(scene, tmp_path):
    command = ["detect", scene, "-o", tmp_path / "run", "--precision", "float32"]
    done = subprocess.run(
        [sys.executable, "-m", "lunarcraters", *map(str, command)],
        env=os.environ | {"KERAS_BACKEND": "abacus"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "KERAS_BACKEND" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("backend", ["abacus", "numpy"])
def test_a_backend_that_does_not_train_leaves_the_directory_as_it_was(dataset, tmp_path, backend):
    def run(*options):
        command = ["train", dataset, "-o", tmp_path / "out", *options]
        return subprocess.run(
            [sys.executable, "-m", "lunarcraters", *map(str, command)],
            env=os.environ | {"KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            check=False,
        )

    done = run()
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: Keras does not")
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "settings.json").write_text("{}")
    assert run("--overwrite").returncode == 1
    assert (tmp_path / "out" / "settings.json").exists()
