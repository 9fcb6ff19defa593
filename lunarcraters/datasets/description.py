"""Descriptions of datasets: `data.yaml` and lists of class names, as other tools write them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from lunarcraters.errors import DatasetError

NAME_LISTS = ("classes.txt", "obj.names", "_darknet.labels")
"""Files with one class name per line."""

_YAML_KEYS = {"train": ("train",), "valid": ("val", "valid", "validation"), "test": ("test",)}


@dataclass(frozen=True)
class Description:
    """The description of a dataset.

    Attributes:
        names: Names of the classes by their number; empty where they are not known.
        places: Candidates for the directory, or list file, of the images of each split. One of the
            inner tuples holds the candidates for one of the places that make up the split.
    """

    names: dict[int, str] = field(default_factory=dict)
    places: dict[str, tuple[tuple[Path, ...], ...]] = field(default_factory=dict)


def read_description(directory: Path) -> Description:
    """Read the description that lies in a directory: `data.yaml`, or else a list of class names.

    Another YAML file is taken where it names classes or splits.

    Raises:
        DatasetError: `data.yaml` is not YAML.
    """
    path = directory / "data.yaml"
    if path.is_file():
        return read_yaml(path)
    for other in sorted((*directory.glob("*.yaml"), *directory.glob("*.yml"))):
        try:
            found = read_yaml(other)
        except DatasetError:
            continue
        if found.names or found.places:
            return found
    for name in NAME_LISTS:
        path = directory / name
        if path.is_file():
            lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
            return Description(dict(enumerate(line.strip() for line in lines if line.strip())))
    return Description()


def read_yaml(path: Path) -> Description:
    """Read a description such as `data.yaml`.

    Raises:
        DatasetError: The file is not YAML.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, ValueError) as error:  # no text, or an impossible date
        raise DatasetError(f"{path} is not YAML: mend it or remove it") from error
    if not isinstance(content, dict):
        return Description()
    places = {}
    for split, keys in _YAML_KEYS.items():
        named: Any = next((content[key] for key in keys if content.get(key)), [])
        listed = named if isinstance(named, list) else [named]
        texts = [str(text) for text in listed if type(text) in (str, int)]
        if texts:
            base = str(content.get("path") or "")
            places[split] = tuple(tuple(find_candidates(path.parent, base, t)) for t in texts)
    return Description(_read_names(content.get("names")), places)


def describe_splits(origin: str, splits: Iterable[str], classes: Sequence[str]) -> str:
    """Make the text of `data.yaml` for splits with directories `SPLIT/images`.

    Args:
        origin: Sentence about how the dataset was made, for the comment in the first line.
        splits: Names of the splits that there are, of `train`, `valid` and `test`.
        classes: Names of the classes by number.
    """
    lines = [f"# {origin}", *(f"{_YAML_KEYS[name][0]}: {name}/images" for name in splits)]
    names = yaml.safe_dump(list(classes), default_flow_style=True, allow_unicode=True, width=10**9)
    return "\n".join([*lines, f"nc: {len(classes)}", f"names: {names.strip()}", ""])


def find_candidates(directory: Path, base: str, text: str) -> list[Path]:
    """Find where a path of a description can be, which was often written on another machine.

    It is taken below the `path` of the description, as it is, and then without its first parts:
    `/elsewhere/moon/train/images` means `train/images` beside the description, and so does
    `../train/images` where that is there.

    Args:
        directory: Directory of the description.
        base: Value of `path`; empty for none.
        text: Path, with slashes or backslashes.

    Returns:
        Paths, of which any may be missing, the most literal first.
    """
    base, slashed = (name.strip().replace("\\", "/") for name in (base, text))
    parts = [part for part in slashed.split("/") if part not in ("", ".", "..") and ":" not in part]
    candidates = [directory / base / slashed, directory / slashed]
    if slashed.startswith("../"):
        # What tools mean that write `../train/images`.
        candidates = [directory.joinpath(*parts), *candidates]
    for start in range(len(parts)):
        # A bare `images` at the end of a longer path may be that of any split.
        if start == 0 or parts[start:] != ["images"]:
            candidates.append(directory.joinpath(*parts[start:]))
    return list(dict.fromkeys(candidates))


def _read_names(names: Any) -> dict[int, str]:
    """Names of classes by number, from a list, from a mapping or from one name."""
    if isinstance(names, str):
        names = [names]
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict):
        return {}
    return {int(number): str(name) for number, name in names.items() if str(number).isdecimal()}
