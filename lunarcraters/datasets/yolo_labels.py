"""Datasets in the layout of LU3M6TGT: splits, pairs of image and label file, labels, tile names.

A dataset is a directory of splits, each with `images/` and `labels/`; a label file has a line
`class x_centre y_centre width height` for each crater, as fractions of the image.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from lunarcraters.errors import DatasetError

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
SPLIT_NAMES = ("train", "valid", "test")

EDGE_PX = 1.0
"""A box that comes this near the edge of its image is cut by it."""

_ALIASES = {"val": "valid", "validation": "valid"}
_YAML_KEYS = {"train": "train", "valid": "val", "test": "test"}
_COLUMNS = ("class", "x_centre", "y_centre", "width", "height")


@dataclass(frozen=True)
class TileName:
    """The outer edges of a tile in degrees, as its file name tells them."""

    lon_min: float
    lon_max: float
    lat_min: float
    lat_max: float

    @classmethod
    def parse(cls, name: str | Path) -> "TileName | None":
        """Edges from `lonmin,lonmax,latmin,latmax`, with or without folder and file suffix.

        Returns:
            None where the name is not of that kind, or no place on the Moon.
        """
        stem = Path(name).name
        for suffix in (*IMAGE_SUFFIXES, ".txt"):
            stem = stem[: -len(suffix)] if stem.lower().endswith(suffix) else stem
        try:
            lon_min, lon_max, lat_min, lat_max = (float(part) for part in stem.split(","))
        except ValueError:
            return None
        # Longitudes run to 180 or to 360, and a tile may reach a little past either.
        possible = -540.0 <= lon_min < lon_max <= 540.0 and lon_max - lon_min <= 360.0
        if possible and -90.0 <= lat_min < lat_max <= 90.0:
            return cls(lon_min, lon_max, lat_min, lat_max)
        return None

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle, degrees."""
        return (self.lon_min + self.lon_max) / 2, (self.lat_min + self.lat_max) / 2


@dataclass(frozen=True)
class Pair:
    """An image and its label file, which have the same name but for the suffix."""

    image: Path
    label: Path


def find_splits(dataset: Path) -> dict[str, Path]:
    """Find the splits of a dataset: each a directory with `images/` and `labels/`.

    They are the directories `train`, `valid` (or `val`) and `test`, and those that `data.yaml`
    names. A dataset that lies one directory further down, as in the published archive, is found
    too. A directory that has `images/` and `labels/` itself is one split called `all`.

    Returns:
        Split directories by name: `train`, `valid`, `test` in this order, or `all`.

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
        found = _splits_in(root)
        if found:
            return found
    if _is_split(dataset):
        return {"all": dataset}
    raise DatasetError(
        f"{dataset} holds no dataset: expected train/images, train/labels, valid/images and "
        "valid/labels (LU3M6TGT's layout)"
    )


def _is_split(path: Path) -> bool:
    return (path / "images").is_dir() and (path / "labels").is_dir()


def _splits_in(root: Path) -> dict[str, Path]:
    named = _read_data_yaml(root / "data.yaml")
    found = {}
    for name in SPLIT_NAMES:
        folders = [name, *(alias for alias, meant in _ALIASES.items() if meant == name)]
        candidates = [*(root / folder for folder in folders), *named.get(name, [])]
        split = next((path for path in candidates if _is_split(path)), None)
        if split is not None:
            found[name] = split
    return found


def _read_data_yaml(path: Path) -> dict[str, list[Path]]:
    """Split directories that a `data.yaml` may mean; its paths are written in many ways."""
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


def pairs(dataset: Path, split: str) -> list[Pair]:
    """Pairs of image and label file of a split, matched by name and sorted by it.

    Label files without an image are left out; `cleaning.check` reports them.

    Args:
        dataset: The dataset's directory.
        split: `train`, `valid` (or `val`), `test`, or `all` in a dataset without splits.

    Raises:
        DatasetError: There is no such split, it has no images, or an image has no label file.
    """
    splits = find_splits(dataset)
    name = _ALIASES.get(split, split)
    if name not in splits:
        raise DatasetError(f"{dataset} has no split {split!r}: it has {', '.join(splits)}")
    found = [Pair(image, label_of(image)) for image in images_in(splits[name])]
    if not found:
        raise DatasetError(f"{splits[name] / 'images'} has no images (PNG, JPEG or TIFF)")
    missing = [pair for pair in found if not pair.label.is_file()]
    if missing:
        raise DatasetError(
            f"{len(missing)} of {len(found)} images in {splits[name]} have no label file, first "
            f"{missing[0].image.name}: add {missing[0].label} (empty where there is no crater)"
        )
    return found


def images_in(split_dir: Path) -> list[Path]:
    """The image files of a split directory, sorted by name."""
    files = (split_dir / "images").iterdir()
    return sorted(
        path
        for path in files
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    )


def label_of(image: Path) -> Path:
    """Where the label file of an image is, in `labels/` beside its `images/`."""
    # The suffix is cut off by hand: names hold dots, and with_suffix would do for most only.
    stem = image.name[: -len(image.suffix)]
    return image.parent.parent / "labels" / f"{stem}.txt"


def read_labels(path: Path) -> NDArray[np.float64]:
    """Read the boxes of a label file.

    Returns:
        Array (n, 4) of x_centre, y_centre, width, height as fractions of the image; (0, 4) where
        the file is empty.

    Raises:
        DatasetError: The file cannot be read, or a line is not a class and four fractions.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path} is not a text file: labels are lines of five numbers"
        ) from error
    lines = enumerate(text.splitlines(), start=1)
    boxes = [_read_line(path, number, line) for number, line in lines if line.strip()]
    return np.array(boxes, np.float64).reshape(-1, 4)


def image_size_of(label: Path) -> tuple[int, int] | None:
    """Width and height of the image of a label file, pixels; None where there is no image.

    The image has the name of the label file, and lies in `images/` beside its directory or in the
    same directory.

    Raises:
        DatasetError: The file is not an image.
    """
    stem = label.name[: -len(".txt")]
    for folder in (label.parent.parent / "images", label.parent):
        for suffix in sorted(IMAGE_SUFFIXES):
            image = folder / f"{stem}{suffix}"
            if image.is_file():
                height, width = read_grey(image).shape
                return width, height
    return None


def corners(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.float64]:
    """Left, top, right, bottom in pixels, of boxes as label files hold them; shape (n, 4)."""
    centre, size = boxes[:, :2], boxes[:, 2:]
    return np.hstack([centre - size / 2, centre + size / 2]) * [width, height, width, height]


def is_clipped(boxes: NDArray[np.float64], width: int, height: int) -> NDArray[np.bool_]:
    """Which boxes (left, top, right, bottom) come within a pixel of the image's edge."""
    low = (boxes[:, :2] <= EDGE_PX).any(axis=1)
    high = (boxes[:, 2:] >= np.array([width, height]) - EDGE_PX).any(axis=1)
    return np.asarray(low | high)


def _read_line(path: Path, number: int, line: str) -> list[float]:
    words = line.split()
    if len(words) != len(_COLUMNS):
        raise DatasetError(
            f"{path}, line {number}: {len(words)} columns, expected 5: {' '.join(_COLUMNS)}"
        )
    values = []
    for column, word in zip(_COLUMNS, words, strict=True):
        try:
            values.append(float(word))
        except ValueError as error:
            raise DatasetError(
                f"{path}, line {number}: {column} is {word!r}, which is not a number"
            ) from error
    for column, value, word in zip(_COLUMNS[1:], values[1:], words[1:], strict=True):
        low_open = column in ("width", "height")
        if not 0.0 <= value <= 1.0 or (low_open and value == 0.0):
            raise DatasetError(
                f"{path}, line {number}: {column} is {word}, which is not "
                f"{'above 0 and up to 1' if low_open else 'within 0 to 1'} "
                "(fractions of the image)"
            )
    if not (values[0] >= 0 and values[0].is_integer()):
        raise DatasetError(f"{path}, line {number}: class is {words[0]}, not a whole number")
    return values[1:]


def read_grey(path: Path) -> NDArray[np.uint8]:
    """An image file as grey values, shape (height, width).

    Raises:
        DatasetError: It is not an image.
    """
    image = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if image is None:
        raise DatasetError(f"{path} is not an image that can be read: remove or replace it")
    return np.asarray(image, np.uint8)
