"""The model before a tuning, kept in the file of the tuned one for other images."""

from collections.abc import Sequence
from pathlib import Path

from lunarcraters.datasets.images import read_image
from lunarcraters.datasets.layout import open_dataset
from lunarcraters.network.model_file import keep_former
from lunarcraters.network.texture import measure_texture, summarize_texture


def keep_former_model(
    tuned: Path, former: Path, dataset: Path, classes: Sequence[str | int] = ()
) -> None:
    """Put the model before a tuning into the file of the tuned one, with the texture of its images.

    Nothing is kept if the images are too few and small for a texture; the tuned model then searches
    everything.

    Args:
        tuned: Model file of the tuned model.
        former: Model file that the tuning began with.
        dataset: Dataset of the tuning, with the splits `train` and `valid`.
        classes: Names or numbers of the classes of the labels that are craters.

    Raises:
        DatasetError: An image cannot be read.
        OutputError: The file cannot be written.
    """
    opened = open_dataset(dataset, classes)
    images = [pair.image for split in ("train", "valid") for pair in opened.find_pairs(split)]
    texture = summarize_texture(measure_texture(*read_image(image)) for image in images)
    if texture is not None:
        keep_former(tuned, former, texture)
