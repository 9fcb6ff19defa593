"""Layouts of datasets: splits, and pairs of image and label file.

LU3M6TGT has `images/` and `labels/` in the directory of each split. Other tools have the splits in
`images/` and `labels/`, label files beside the images, or the splits in `data.yaml`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lunarcraters.datasets.class_names import find_class_names, is_described_below
from lunarcraters.datasets.classes import ClassChoice, choose_classes
from lunarcraters.datasets.description import (
    Description,
    find_candidates,
    read_description,
    read_yaml,
)
from lunarcraters.datasets.folders import find_image_folder, label_path, list_images
from lunarcraters.datasets.pairs import Pair, make_pair
from lunarcraters.datasets.yolo_labels import count_classes
from lunarcraters.errors import DatasetError

SPLIT_NAMES = ("train", "valid", "test")
"""Names of splits, in order."""

_TAUGHT = {"train", "valid"}
_ALIASES = {"val": "valid", "validation": "valid", "training": "train", "testing": "test"}


@dataclass(frozen=True)
class Split:
    """The images of a split.

    Attributes:
        folders: Directories of the images; empty where a file lists the images.
        images: Image files, sorted by name within a directory.
    """

    folders: tuple[Path, ...]
    images: tuple[Path, ...]

    @property
    def directory(self) -> Path:
        """Directory that stands for the split in messages."""
        folder = self.folders[0] if self.folders else self.images[0].parent
        return folder.parent if folder.name == "images" else folder


@dataclass(frozen=True)
class Dataset:
    """A dataset, with its classes.

    Attributes:
        directory: Directory of the dataset, or its description.
        splits: Splits by name: `train`, `valid`, `test` in this order, or `all`.
        classes: Classes that are craters.
    """

    directory: Path
    splits: dict[str, Split]
    classes: ClassChoice

    def find_pairs(self, split: str) -> list[Pair]:
        """Find the pairs of image and label file of a split, sorted by name.

        Label files without an image are left out; an image without label file shows no crater.

        Args:
            split: Name `train`, `valid` (or `val`) or `test`; `all` in a dataset without splits.

        Raises:
            DatasetError: There is no such split, an image is missing, or no label file is there.
        """
        name = _ALIASES.get(split, split)
        if name not in self.splits:
            raise DatasetError(
                f"{self.directory} has no split {split!r}: it has {', '.join(self.splits)}"
            )
        found = self.splits[name]
        if not found.images:
            raise DatasetError(f"{found.folders[0]} has no images (PNG, JPEG, TIFF or BMP)")
        lost = [path for path in found.images if not path.is_file()]
        if lost:
            raise DatasetError(
                f"{len(lost)} of {len(found.images)} images listed for {name!r} are missing, first "
                f"{lost[0]}: put them there, or take them off the list"
            )
        pairs = [
            make_pair(image, self.classes.numbers, self.classes.ignored) for image in found.images
        ]
        if not any(pair.label for pair in pairs):
            raise DatasetError(
                f"no image in {found.directory} has a label file: name them as the images, for "
                f"example {label_path(found.images[0])}"
            )
        return pairs


def open_dataset(path: Path, classes: Sequence[str | int] = ()) -> Dataset:
    """Open a dataset: find its splits and choose the classes that are craters.

    Args:
        path: Directory of the dataset, or its description (`data.yaml`).
        classes: Names or numbers of the classes that are craters; empty to go by their names.

    Raises:
        DatasetError: There is no dataset, a label file cannot be read, or it is not clear which
            classes are craters.
    """
    splits = find_splits(path)
    names = read_class_names(path, splits)
    return Dataset(path, splits, choose_classes(names, count_labels(splits), classes))


def count_labels(splits: Mapping[str, Split]) -> Counter[int]:
    """Count the labels of each class."""
    images = (image for split in splits.values() for image in split.images)
    return count_classes(label for label in map(label_path, images) if label.is_file())


def read_class_names(path: Path, splits: Mapping[str, Split]) -> dict[int, str]:
    """Read the names of the classes of a dataset by number; none where they are not known.

    Args:
        path: Directory of the dataset, or its description (`data.yaml`).
        splits: Splits of the dataset by name.

    Raises:
        DatasetError: `data.yaml` is not YAML, or directories name the classes differently.
    """
    description = path / "data.yaml" if path.is_dir() else path
    names = read_yaml(description).names if description.is_file() else {}
    images = {image.parent: image for split in splits.values() for image in split.images}
    folders = dict.fromkeys(label_path(image).parent for image in images.values())
    if names and (path.is_file() or not is_described_below(folders, path)):
        return names
    return find_class_names(folders, description.parent)


def find_splits(dataset: Path) -> dict[str, Split]:
    """Find the splits of a dataset.

    They are those that `data.yaml` names, and else the directories `train`, `valid` (or `val`) and
    `test` with `images/` and `labels/` in them, or in `images/` and `labels/`. A dataset that lies
    one directory further down, as in the published archive, is found too. A directory of images and
    label files without splits, or of such directories, is one split called `all`.

    Args:
        dataset: Directory of the dataset, or its description (`data.yaml`).

    Returns:
        Splits by name: `train`, `valid`, `test` in this order, or `all`.

    Raises:
        DatasetError: The directory is missing, has no split, or holds several datasets, or a place
            that the description names is missing.
    """
    if dataset.is_file() and dataset.suffix.lower() in (".yaml", ".yml"):
        splits = _splits_in(dataset.parent, read_yaml(dataset))
        if not splits:
            raise DatasetError(
                f"{dataset} names no directory of images that is here: give the directory of the "
                "dataset"
            )
        return splits
    if not dataset.is_dir():
        raise DatasetError(
            f"{dataset} is not a directory: give the one that holds train/ and valid/"
        )
    splits = _splits_in(dataset, read_description(dataset))
    if splits:
        return splits
    inner = sorted(p for p in dataset.iterdir() if p.is_dir() and not p.name.startswith("."))
    datasets = {root: _find_below(root) for root in inner}
    below = [root for root, found in datasets.items() if found]
    if len(below) > 1:
        names = ", ".join(root.name for root in below[:5]) + " ..." * (len(below) > 5)
        raise DatasetError(f"{dataset} holds {len(below)} datasets ({names}): give one of them")
    if below:
        return _splits_in(below[0], read_description(below[0]))
    folder = find_image_folder(dataset)
    folders = [folder] if folder else list(filter(None, map(find_image_folder, inner)))
    if folders:
        return {"all": _make_split(tuple(folders))}
    raise DatasetError(
        f"{dataset} holds no dataset: expected train/images, train/labels ... (LU3M6TGT's layout), "
        "or images/train, labels/train ..., with labels of YOLO: export those of COCO or VOC so"
    )


def find_pairs(dataset: Path, split: str, classes: Sequence[str | int] = ()) -> list[Pair]:
    """Open a dataset, as `open_dataset` does, and find pairs, as `Dataset.find_pairs` does.

    Args:
        dataset: Directory of the dataset.
        split: Name of the split.
        classes: Names or numbers of the classes that are craters; empty to go by their names.

    Raises:
        DatasetError: The dataset cannot be opened, or there are no pairs.
    """
    return open_dataset(dataset, classes).find_pairs(split)


def _find_below(root: Path) -> bool:
    """Tell whether a directory holds a dataset, also one whose description is damaged."""
    try:
        return bool(_splits_in(root, read_description(root)))
    except DatasetError:
        return True


def _splits_in(root: Path, description: Description) -> dict[str, Split]:
    """Find the splits of a directory, by name: those described, and else those that lie in it."""
    found = {
        name: _find_split(root, name, description.places.get(name, ())) for name in SPLIT_NAMES
    }
    splits = {name: split for name, split in found.items() if split is not None}
    if splits:
        # Beside others, a split to learn from is not passed over because its labels are missing.
        splits |= _splits_without_labels(root, _TAUGHT - splits.keys())
    return {name: splits[name] for name in SPLIT_NAMES if name in splits}


def _find_split(root: Path, name: str, places: Sequence[tuple[Path, ...]]) -> Split | None:
    """Find a split in the places that the description names, or else below the root."""
    made = [_make_place(candidates) for candidates in places]
    if any(piece and piece.images for piece in made):
        pieces = [piece or _make_bare(some) for piece, some in zip(made, places, strict=True)]
        folders = tuple(folder for piece in pieces for folder in piece.folders)
        images = dict.fromkeys(image for piece in pieces for image in piece.images)
        return Split(folders, tuple(images))
    below = next(filter(None, map(find_image_folder, _list_candidates(root, name))), None)
    if below is not None and not places:
        return _make_split((below,))
    if below is None or any(below.samefile(at) for piece in made if piece for at in piece.folders):
        return None  # or it is described, and empty
    raise DatasetError(
        f"{places[0][0]}, which the description names for {name!r}, is missing or "
        f"empty, or has no label files: put it there, or name {below} instead"
    )


def _list_candidates(root: Path, name: str) -> list[Path]:
    """List the directories in which a split may lie."""
    folders = [name, *(alias for alias, meant in _ALIASES.items() if meant == name)]
    return [
        place / directory
        for place in (root, root / "images")
        for folder in folders
        for directory in (folder, folder.capitalize())
    ]


def _splits_without_labels(root: Path, names: set[str]) -> dict[str, Split]:
    """Find splits whose directories have images and no label files."""
    splits = {}
    for name in names:
        for place in _list_candidates(root, name):
            folder = place / "images" if (place / "images").is_dir() else place
            if folder.is_dir() and list_images(folder):
                splits[name] = _make_split((folder,))
                break
    return splits


def _make_place(candidates: tuple[Path, ...]) -> Split | None:
    """Make a split of the first candidate that is a directory or a list, maybe empty, of images."""
    for path in candidates:
        if folder := find_image_folder(path):
            return _make_split((folder,))
        if path.suffix.lower() == ".txt" and path.is_file():
            return Split((), tuple(_read_list(path)))
    return None


def _make_bare(candidates: tuple[Path, ...]) -> Split:
    """Make a split of the first candidate that has images, which show no crater."""
    folder = next((path for path in candidates if path.is_dir() and list_images(path)), None)
    if folder is None:
        raise DatasetError(
            f"{candidates[0]}, which the description names, is missing or has no images: put it "
            "there, or take it out of the description"
        )
    return _make_split((folder,))


def _make_split(folders: tuple[Path, ...]) -> Split:
    """Make a split of all images in directories."""
    return Split(folders, tuple(image for folder in folders for image in list_images(folder)))


def _read_list(path: Path) -> Iterator[Path]:
    """Find the images that a file lists, one per line."""
    for line in path.read_text(encoding="utf-8-sig", errors="replace").splitlines():
        if line.strip():
            candidates = find_candidates(path.parent, "", line)
            yield next((image for image in candidates if image.is_file()), candidates[0])
