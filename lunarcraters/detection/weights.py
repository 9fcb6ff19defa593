"""The weights of a run: a tuned model is for mosaics that look like the images of its tuning."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import MosaicError, TileSetError, warn
from lunarcraters.geometry.spread import spread_evenly
from lunarcraters.network.model_file import extract_former, read_info
from lunarcraters.network.model_info import Texture
from lunarcraters.network.texture import FEATURES, measure_share, measure_texture
from lunarcraters.tiling.source import TileSource

_FAMILIAR = 0.5  # share of the patches of a mosaic
_TILES = 16  # that are read for their texture

Float = NDArray[np.float64]


@contextmanager
def choose_weights(model: Path, source: TileSource, title: str | None = None) -> Iterator[Path]:
    """Choose the model that suits a mosaic, of those that a model file holds.

    The tuned one is taken if at least half of the mosaic has the texture of the images that it was
    tuned on, or if the mosaic is too small to tell. Else it is the one before the tuning. A
    `CratersWarning` tells of the latter, and of scores that an earlier version calibrated.

    Args:
        model: Model file.
        source: Tiles of the mosaic that is to be searched.
        title: Name of the model in warnings; None for the path of its file.

    Yields:
        Model file, while the context lasts.

    Raises:
        ModelError: The file is no model file, or is damaged.
    """
    info, named = read_info(model), title or str(model)
    texture = info.tuned_on
    share = 1.0 if texture is None else _measure_familiar_share(source, texture)
    if share >= _FAMILIAR:
        if info.scores is not None and not info.scores.diameter_px:
            # Those were given up before the score of a crater became that of all its octaves.
            warn(
                f"{named} was calibrated by an earlier version of craters, so its thresholds do "
                "not fit the scores of this one and leave craters out: run craters calibrate on it"
                + (", and tune it again" if title else "")
            )
        yield model
        return
    warn(
        f"{source.mosaic.name} does not look like the images that {named} was tuned on "
        f"({share:.0%} of it does): the weights from before the tuning search it"
    )
    with TemporaryDirectory(prefix="craters-") as folder:
        former = Path(folder) / model.name
        extract_former(model, former)
        before = f"the model before the tuning in {named}"
        with choose_weights(former, source, before) as chosen:
            yield chosen


def _measure_familiar_share(source: TileSource, texture: Texture) -> float:
    """Share of a mosaic's patches that have a texture; 1 where it has no patch."""
    features = _sample_texture(source)
    return measure_share(features, texture) if len(features) else 1.0


def _sample_texture(source: TileSource) -> Float:
    """Measure the texture of some tiles of the finest octave, evenly spread over a mosaic.

    What cannot be read is left out. Returns the features of patches, (n, 5); none where no tile has
    ground of 128 px.
    """
    finest = min(tile.level for tile in source.tiles)
    tiles = [tile for tile in source.tiles if tile.level == finest]
    measured = [np.empty((0, FEATURES))]
    for tile in spread_evenly(tiles, _TILES):
        with suppress(MosaicError, TileSetError):
            measured.append(measure_texture(*source.read(tile)))
    return np.concatenate(measured)
