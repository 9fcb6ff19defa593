"""The weights of a run: a tuned model is for mosaics that look like the images of its tuning."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lunarcraters.errors import CratersWarning
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.network.model_file import extract_former, read_info
from lunarcraters.network.texture import measure_share, sample_texture

_FAMILIAR = 0.5  # share of the patches of a mosaic


@contextmanager
def choose_weights(model: Path, mosaic: Mosaic) -> Iterator[Path]:
    """Choose the model that suits a mosaic, of those that a model file holds.

    The tuned one is taken if at least half of the mosaic has the texture of the images that it was
    tuned on, or if the mosaic is too small to tell. Else it is the one before the tuning.

    Args:
        model: Model file.
        mosaic: Mosaic that is to be searched.

    Yields:
        Model file, while the context lasts.

    Raises:
        ModelError: The file is no model file, or is damaged.
    """
    texture = read_info(model).tuned_on
    features = None if texture is None else sample_texture(mosaic)
    if texture is None or features is None or not len(features):
        yield model
        return
    share = measure_share(features, texture)
    if share >= _FAMILIAR:
        yield model
        return
    warnings.warn(
        f"{mosaic.name} does not look like the images that {model} was tuned on "
        f"({share:.0%} of it does): the weights from before the tuning search it",
        CratersWarning,
        stacklevel=2,
    )
    with TemporaryDirectory(prefix="craters-") as folder:
        former = Path(folder) / model.name
        extract_former(model, former)
        with choose_weights(former, mosaic) as chosen:
            yield chosen
