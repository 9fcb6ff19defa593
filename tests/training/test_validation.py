from dataclasses import replace

import keras
import numpy as np
import pytest

from lunarcraters.network.presets import PRESETS
from lunarcraters.training import fitting, history_files
from lunarcraters.training.settings import FOLDER, TrainingSettings

pytestmark = pytest.mark.slow


class Numbered:
    """A sampler of batches without signal, whose targets are their numbers."""

    def __init__(self, count):
        self.count, self.preset = count, replace(PRESETS["compact"], batch_size=1)

    def __len__(self):
        return self.count

    def batch(self, number):
        shape = (1, 4, 4, 1)
        return np.zeros(shape, np.float32), np.full(shape, number, np.float32)


def test_every_epoch_is_validated_on_the_same_batches(tmp_path):
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(1, 1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.0), "mae")
    (tmp_path / FOLDER).mkdir()
    train, valid = Numbered(2), Numbered(5)
    settings = TrainingSettings(train.preset, seed=1, epochs=4, steps=2, precision="float32")
    fitting._fit(model, settings, train, valid, tmp_path, epoch=0, say=list, failures=[])
    rows = history_files.read_history(tmp_path)
    assert [row["val_loss"] for row in rows] == [np.mean(range(5))] * 4
