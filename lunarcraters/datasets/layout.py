"""The layout of LU3M6TGT: splits of a dataset, and pairs of image and label file.

A dataset is a directory of splits, each with `images/` and `labels/`.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from lunarcraters.datasets.yolo_labels import IMAGE_SUFFIXES
from lunarcraters.errors import DatasetError

SPLIT_NAMES = ("train", "valid", "test")
"""Names of splits, in order."""

_ALIASES = {"val": "valid", "validation": "valid"}
_YAML_KEYS = {"train": "train", "valid": "val", "test": "test"}


@dataclass(frozen=True)
class Pair:
    """An image and its label file, which differ in name by the suffix only.

    Attributes:
        image: Image file.
        label: Label file.
    """

    image: Path
    label: Path


def find_splits(dataset: Path) -> dict[str, Path]:
    """Find the splits of a dataset, which are directories with `images/` and `labels/`.

    They are the directories `train`, `valid` (or `val`) and `test`, and those in `data.yaml`. A
    dataset that lies one directory further down, as in the published archive, is found too. A
    directory that has `images/` and `labels/` itself is one split called `all`.

    Args:
        dataset: Directory of the dataset.

    Returns:
        Directories by name: `train`, `valid`, `test` in this order, or `all`.

    Raises:
        DatasetError: The directory is missing, or has no split.
    """
    if not dataset.is_dir():
        raise DatasetError(
            f"{dataset} is not a directory: give the one that holds train/ and valid/"
        )
    inner = sorted(path for path in dataset.iterdir() if path.is_dir())
    roots = [dataset, *(path for path in inner if not path.name.startswith("."))]
    for root in roots:
        splits = _splits_in(root)
        if splits:
            return splits
    if _is_split(dataset):
        return {"all": dataset}
    raise DatasetError(
        f"{dataset} holds no dataset: expected train/images, train/labels, valid/images and "
        "valid/labels (LU3M6TGT's layout)"
    )


def _is_split(path: Path) -> bool:
    """Test for a directory with `images/` and `labels/`."""
    return (path / "images").is_dir() and (path / "labels").is_dir()


def _splits_in(root: Path) -> dict[str, Path]:
    """Find the splits that lie in a directory, by name."""
    named = _read_data_yaml(root / "data.yaml")
    splits = {}
    for name in SPLIT_NAMES:
        folders = [name, *(alias for alias, meant in _ALIASES.items() if meant == name)]
        candidates = [*(root / folder for folder in folders), *named.get(name, [])]
        split = next((path for path in candidates if _is_split(path)), None)
        if split is not None:
            splits[name] = split
    return splits


def _read_data_yaml(path: Path) -> dict[str, list[Path]]:
    """Candidates for the directories of splits in a `data.yaml`, whose paths vary in form."""
    if not path.is_file():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not YAML: mend it or remove it") from error
    if not isinstance(content, dict):
        return {}
    named = {}
    for name, key in _YAML_KEYS.items():
        images = content.get(key)
        if isinstance(images, str):
            # Exports write `../train/images` and mean `train/images` beside the file.
            relative = Path(images.removeprefix("../"))
            bases = (path.parent, path.parent / str(content.get("path", "")))
            places = [base / way for base in bases for way in (images, relative)]
            named[name] = [p.parent if p.name == "images" else p for p in places]
    return named


def find_pairs(dataset: Path, split: str) -> list[Pair]:
    """Find the pairs of image and label file of a split, matched and sorted by name.

    Label files without an image are left out; `check_dataset` reports them.

    Args:
        dataset: Directory of the dataset.
        split: Name `train`, `valid` (or `val`) or `test`; `all` in a dataset without splits.

    Raises:
        DatasetError: There is no such split, it has no images, or an image has no label file.
    """
    splits = find_splits(dataset)
    name = _ALIASES.get(split, split)
    if name not in splits:
        raise DatasetError(f"{dataset} has no split {split!r}: it has {', '.join(splits)}")
    pairs = [Pair(image, label_path(image)) for image in list_images(splits[name])]
    if not pairs:
        raise DatasetError(f"{splits[name] / 'images'} has no images (PNG, JPEG or TIFF)")
    missing = [pair for pair in pairs if not pair.label.is_file()]
    if missing:
        raise DatasetError(
            f"{len(missing)} of {len(pairs)} images in {splits[name]} have no label file, first "
            f"{missing[0].image.name}: add {missing[0].label} (empty where there is no crater)"
        )
    return pairs


def list_images(split_dir: Path) -> list[Path]:
    """List the image files of a split, sorted by name.

    Args:
        split_dir: Directory of the split.
    """
    files = (split_dir / "images").iterdir()
    return sorted(
        path
        for path in files
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )


def label_path(image: Path) -> Path:
    """Path of the label file of an image, in `labels/` beside its `images/`.

    Args:
        image: Image file.
    """
    # The suffix is cut off by hand, because with_suffix fails for some names with dots.
    stem = image.name[: -len(image.suffix)]
    return image.parent.parent / "labels" / f"{stem}.txt"
