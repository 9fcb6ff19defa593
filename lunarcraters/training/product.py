"""The product of a training: its model file, with a description of how it was made."""

import sys
from importlib import import_module
from pathlib import Path

import keras

from lunarcraters._version import __version__
from lunarcraters.errors import ModelError
from lunarcraters.network.model_file import read_info, write_model
from lunarcraters.network.model_info import ModelInfo
from lunarcraters.network.resunet import build
from lunarcraters.records import to_plain
from lunarcraters.training.checkpoint import BEST
from lunarcraters.training.data import TrainingData
from lunarcraters.training.settings import FOLDER, TrainingSettings

MODEL = "model.keras"
"""Model file in the directory of a training."""


def has_model(settings: TrainingSettings, out: Path) -> bool:
    """Tell whether a directory holds the model file of a training."""
    try:
        return read_info(out / MODEL).training.get("settings") == to_plain(settings)
    except ModelError:
        return False


def write_trained_model(
    settings: TrainingSettings, model: keras.Model, out: Path, data: TrainingData
) -> Path:
    """Write the model file of a training, with the best weights in half precision.

    Args:
        settings: Settings of the training.
        model: Network of the training, which takes the best weights.
        out: Directory of the training.
        data: Data of the training.

    Returns:
        Model file.

    Raises:
        OutputError: The file cannot be written.
    """
    preset = settings.preset
    final = build(preset)
    model.load_weights(out / FOLDER / BEST)
    final.set_weights(model.get_weights())
    training = {
        "data": to_plain(data),
        "settings": to_plain(settings),
        "versions": {
            "lunarcraters": __version__,
            keras.backend.backend(): import_module(keras.backend.backend()).__version__,
            "keras": keras.__version__,
            "python": sys.version.split()[0],
        },
    }
    info = ModelInfo(
        preset=preset.name,
        heads=preset.heads,
        photometry=preset.photometry,
        diameters_px=preset.diameters_px,
        input_size=preset.input_size,
        training=training,
    )
    path = out / MODEL
    write_model(final, info, path)
    return path
