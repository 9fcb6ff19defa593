"""Labels of one split, found from its directory or from that of its labels or images."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lunarcraters.datasets.class_names import find_class_names
from lunarcraters.datasets.classes import choose_classes
from lunarcraters.datasets.folders import (
    find_image,
    label_path,
    list_images,
    list_label_files,
    mirror,
)
from lunarcraters.datasets.layout import find_splits
from lunarcraters.datasets.pairs import Pair
from lunarcraters.datasets.yolo_labels import count_classes, is_label_file
from lunarcraters.errors import CatalogueError, DatasetError


@dataclass(frozen=True)
class Labels:
    """The labels of one split.

    Attributes:
        pairs: Images with their label files, sorted by path, then images without label file. The
            image of a label file may be missing.
        notes: Sentences for the user about what was taken or left out.
    """

    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]


def find_labels(path: Path, classes: Sequence[str | int] = ()) -> Labels:
    """Find the labels of a split.

    Args:
        path: Directory of the split, of its label files or of its images; or one label file.
        classes: Names or numbers of the classes that are craters; empty to go by their names.

    Raises:
        CatalogueError: There are no label files.
        DatasetError: It is not clear which classes are craters, or directories name them
            differently.
    """
    folder, files = (path.parent, [path]) if path.is_file() else _list_files(path)
    places = dict.fromkeys((folder, *(file.parent for file in files)))
    names = find_class_names(places, folder.absolute().parent.parent)
    choice = choose_classes(names, count_classes(files), classes)
    taken = choice.numbers, choice.ignored
    if path.is_file():
        return Labels((Pair(find_image(path), path, *taken),), choice.notes)
    images = list_images(mirror(folder, "labels", "images") or folder)
    owners = {label_path(image): image for image in images}
    pairs = [Pair(owners.get(f) or find_image(f), f, *taken) for f in files]
    bare = [Pair(image, None) for label, image in owners.items() if not label.is_file()]
    notes = choice.notes
    if bare:
        notes += (f"{len(bare)} images have no label file and are taken as background",)
    return Labels((*pairs, *bare), notes)


def _list_files(path: Path) -> tuple[Path, list[Path]]:
    """List the label files of a split, also those in directories below, sorted.

    Returns:
        Directory that holds them, and the files.
    """
    folders = (path / "labels", path, mirror(path, "images", "labels"))
    labels_in = {
        folder: list(filter(_is_label, list_label_files(folder)))
        for folder in folders
        if folder and folder.is_dir()
    }
    for folder, files in labels_in.items():
        if any(file.parent == folder for file in files):
            return folder, files
    hint = "the directory of one split, which holds labels/"
    with suppress(DatasetError, IndexError):
        splits = find_splits(mirror(path, "labels", "images") or path)
        example = next(iter(splits.values())).images[0]
        hint = f"the labels of one split, for example {label_path(example).parent}"
        for folder, files in labels_in.items():
            if files and "all" in splits:
                return folder, files
    raise CatalogueError(f"{path} has no label files: give a catalogue, or {hint}")


def _is_label(path: Path) -> bool:
    """Tell a label file from other texts beside images. In `labels/`, each text is a label file."""
    return "labels" in path.parts[:-1] or is_label_file(path) or find_image(path).is_file()
