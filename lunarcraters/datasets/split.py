"""Splits by blocks of longitude and latitude, which keep neighbouring tiles in one split."""

import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lunarcraters.datasets.layout import SPLIT_NAMES, Pair, find_pairs, find_splits
from lunarcraters.datasets.yolo_labels import TileName
from lunarcraters.errors import DatasetError, OutputError
from lunarcraters.geometry.sphere import wrap_longitude

Block = tuple[int, int]
"""Column and row of a block, counted from 180 degrees west and 90 degrees south."""


def split_dataset(
    dataset: Path,
    output: Path,
    *,
    fractions: Mapping[str, float],
    block_deg: float = 15.0,
    seed: int = 0,
    link: bool = False,
) -> dict[str, int]:
    """Write a new dataset whose splits are made of whole blocks of the Moon.

    The pairs of all splits are pooled and divided again. Tiles whose centres lie in one block go to
    one split.

    Args:
        dataset: Directory of the dataset, whose images are named by their edges (`TileName`).
        output: Directory of the new dataset, which must not exist yet.
        fractions: Shares of the tiles for `train`, `valid` and `test`, which add up to 1. Splits of
            share 0 are not made.
        block_deg: Side of a block, degrees.
        seed: Seed of the order of the blocks.
        link: True for hard links instead of copies.

    Returns:
        Number of pairs in each split.

    Raises:
        DatasetError: A name holds no coordinates, a tile occurs twice, or there are too few blocks.
        OutputError: `output` exists or cannot be written.
    """
    wanted = {name: fractions.get(name, 0.0) for name in SPLIT_NAMES}
    if abs(sum(fractions.values()) - 1.0) > 1e-6 or min(wanted.values()) < 0.0:
        raise DatasetError(f"The shares of the splits do not add up to 1: {dict(fractions)}")
    blocks = _read_blocks(dataset, block_deg)
    counts = {block: len(members) for block, members in blocks.items()}
    dealt = deal_blocks(counts, {k: v for k, v in wanted.items() if v > 0.0}, seed)
    assigned = {name: [p for b in chosen for p in blocks[b]] for name, chosen in dealt.items()}
    comment = f"# Split by blocks of {block_deg:g} degrees, seed {seed} (craters dataset split)."
    _write(assigned, output, comment, os.link if link else shutil.copyfile)
    return {name: len(members) for name, members in assigned.items()}


def deal_blocks(
    counts: Mapping[Block, int], fractions: Mapping[str, float], seed: int
) -> dict[str, list[Block]]:
    """Deal blocks to splits, each in turn to the split that lacks most of its share.

    Args:
        counts: Number of tiles in each block.
        fractions: Share of each split, above 0.
        seed: Seed of the order of the blocks.

    Returns:
        Blocks of each split.

    Raises:
        DatasetError: There are fewer blocks than splits.
    """
    if len(counts) < len(fractions):
        raise DatasetError(
            f"The tiles lie in {len(counts)} blocks, too few for {len(fractions)} splits: choose "
            "smaller blocks with --block"
        )
    order = sorted(counts)
    np.random.default_rng(seed).shuffle(order)
    total = sum(counts.values())
    lacking = {name: share * total for name, share in fractions.items()}
    dealt: dict[str, list[Block]] = {name: [] for name in fractions}
    for position, block in enumerate(order):
        empty = [name for name in dealt if not dealt[name]]
        # The last blocks are for the splits that have none yet, so that no split stays empty.
        candidates = empty if len(order) - position <= len(empty) else list(dealt)
        name = max(candidates, key=lambda name: lacking[name])
        dealt[name].append(block)
        lacking[name] -= counts[block]
    return dealt


def _read_blocks(dataset: Path, block_deg: float) -> dict[Block, list[Pair]]:
    """Read the pairs of all splits, by block."""
    blocks: dict[Block, list[Pair]] = defaultdict(list)
    seen: dict[str, Path] = {}
    for name in find_splits(dataset):
        for pair in find_pairs(dataset, name):
            tile = TileName.parse(pair.image)
            if tile is None:
                raise DatasetError(
                    f"{pair.image} is not named lonmin,lonmax,latmin,latmax: a dataset can be "
                    "split by blocks only if its images tell where they are"
                )
            if pair.image.stem in seen:
                raise DatasetError(
                    f"{pair.image} and {seen[pair.image.stem]} are the same tile: remove one"
                )
            seen[pair.image.stem] = pair.image
            lon, lat = tile.centre
            east = float(wrap_longitude(lon)) + 180.0
            blocks[int(east // block_deg), int((lat + 90.0) // block_deg)].append(pair)
    return blocks


def _write(
    assigned: Mapping[str, list[Pair]],
    output: Path,
    comment: str,
    transfer: Callable[[Path, Path], object],
) -> None:
    """Write a dataset, whole or not at all."""
    if output.exists():
        raise OutputError(f"{output} exists already: choose another directory")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as temporary:
            root = Path(temporary) / "dataset"
            for name, members in assigned.items():
                for kind in ("images", "labels"):
                    (root / name / kind).mkdir(parents=True)
                for pair in members:
                    transfer(pair.image, root / name / "images" / pair.image.name)
                    transfer(pair.label, root / name / "labels" / pair.label.name)
            (root / "data.yaml").write_text(_data_yaml(list(assigned), comment), encoding="utf-8")
            root.rename(output)
    except OSError as error:
        hint = " (--link works within one disk only)" if transfer is os.link else ""
        raise OutputError(f"{output} cannot be written: {error.strerror or error}{hint}") from error


def _data_yaml(names: list[str], comment: str) -> str:
    """Make the text of `data.yaml`."""
    keys = {"train": "train", "valid": "val", "test": "test"}
    lines = [comment, *(f"{keys[name]}: {name}/images" for name in names)]
    return "\n".join([*lines, "nc: 1", "names: [crater]", ""])
