"""Splits by blocks of longitude and latitude, which keep neighbours in one split, or at random."""

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from lunarcraters.datasets.description import describe_splits
from lunarcraters.datasets.folders import label_path, list_companions
from lunarcraters.datasets.layout import SPLIT_NAMES, count_labels, find_splits, read_class_names
from lunarcraters.datasets.pairs import Pair, make_pair
from lunarcraters.datasets.shared_ground import find_overlapping, measure_shared_ground
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.errors import DatasetError, OptionError, OutputError, check_range, warn
from lunarcraters.files import workplace
from lunarcraters.geometry.sphere import wrap_longitude

Block = tuple[int, int]
"""Column and row of a block, counted from 180 degrees west and 90 degrees south."""

_LEAST_BLOCK_DEG = 1e-3  # on the ground, 30 m
_COPY = ".rf."  # follows the name of the source in the names of its augmented copies (Roboflow)


def split_dataset(
    dataset: Path,
    output: Path,
    *,
    fractions: Mapping[str, float],
    block_deg: float | None = 15.0,
    disjoint: bool = False,
    seed: int = 0,
    link: bool = False,
) -> dict[str, int]:
    """Write a new dataset whose splits are made of whole blocks of the Moon, or at random.

    The pairs of all splits are pooled and divided again. Tiles whose centres lie in one block go to
    one split; at random, the augmented copies of one image do (`NAME.rf.HASH`). A warning tells how
    much ground splits share, where tiles overlap, and one how many images have no label file.

    Args:
        dataset: Directory of the dataset, whose images are named by their edges (`TileName`).
        output: Directory of the new dataset, which must not exist yet.
        fractions: Shares of the tiles for `train`, `valid` and `test`, which add up to 1. Splits of
            share 0 are not made.
        block_deg: Side of a block, degrees; None to split at random, whatever the images are named.
        disjoint: True to leave tiles of `train` and `valid` out that share ground with tiles of
            `test`, and tiles of `train` that share ground with tiles of `valid`.
        seed: Seed of the order of the blocks.
        link: True for hard links instead of copies.

    Returns:
        Number of pairs in each split.

    Raises:
        DatasetError: A name holds no coordinates or occurs twice, there are too few blocks, no tile
            of a split is left, the shares do not add up to 1, or splits at random are to be
            disjoint.
        OptionError: There is no such split, or a share, the seed or the side of a block is outside
            its range.
        OutputError: `output` exists or cannot be written.
    """
    check_shares(fractions, seed)
    check_range("block_deg", block_deg, _LEAST_BLOCK_DEG, 90.0)
    if disjoint and block_deg is None:
        raise DatasetError("Only blocks can be disjoint: leave out --disjoint or --random")
    pairs = _read_pairs(dataset)
    bare = sum(pair.label is None for pair in pairs)
    if bare:
        warn(
            f"{bare} of {len(pairs)} images have no label file: they are taken as background, with "
            "an empty one"
        )
    blocks = _group_copies(pairs) if block_deg is None else _group_blocks(pairs, block_deg)
    counts = {block: len(members) for block, members in blocks.items()}
    dealt = deal_blocks(counts, {k: fractions[k] for k in SPLIT_NAMES if fractions.get(k)}, seed)
    assigned = {name: [p for b in chosen for p in blocks[b]] for name, chosen in dealt.items()}
    if disjoint:
        assigned = _leave_out_shared(assigned)
    _warn_of_shared_ground(assigned, at_random=block_deg is None)
    how = "at random" if block_deg is None else f"by blocks of {block_deg:g} degrees"
    origin = f"Split {how}, seed {seed} (craters dataset split)."
    description = describe_splits(origin, assigned, _list_class_names(dataset))
    _write(assigned, output, description, _link if link else shutil.copyfile)
    return {name: len(members) for name, members in assigned.items()}


def check_shares(fractions: Mapping[str, float], seed: int) -> None:
    """Check the shares of splits, and the seed by which blocks are dealt to them.

    Args:
        fractions: Shares of the tiles for `train`, `valid` and `test`, which add up to 1.
        seed: Seed of the order of the blocks.

    Raises:
        DatasetError: The shares do not add up to 1.
        OptionError: There is no such split, a share is not from 0 to 1, or the seed is not a whole
            number of 0 or more.
    """
    for name, share in fractions.items():
        if name not in SPLIT_NAMES:
            raise OptionError(
                f"fractions has a split {name!r}: give shares of {', '.join(SPLIT_NAMES)}"
            )
        check_range(f"the share of {name}", share, 0.0, 1.0)
    if abs(sum(fractions.values()) - 1.0) > 1e-6:
        raise DatasetError(f"fractions is {dict(fractions)}: give shares that add up to 1")
    check_range("seed", seed, 0, whole=True)


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
            "smaller blocks with --block, or fewer splits with --test 0"
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


def _read_pairs(dataset: Path) -> list[Pair]:
    """Read the pairs of all splits, each name once."""
    pairs: dict[str, Pair] = {}
    for split in find_splits(dataset).values():
        if not any(label_path(image).is_file() for image in split.images):
            raise DatasetError(f"no image in {split.directory} has a label file: add them")
        for image in split.images:
            if not image.is_file():
                raise DatasetError(
                    f"{image} is listed and is missing: put it there, or take it off the list"
                )
            pair = pairs.setdefault(image.stem, make_pair(image, None))
            if pair.image != image:
                placed = TileName.parse(image) is not None
                fault = "are the same tile: remove" if placed else "have the same name: rename"
                raise DatasetError(f"{image} and {pair.image} {fault} one")
    return list(pairs.values())


def _group_blocks(pairs: list[Pair], block_deg: float) -> dict[Block, list[Pair]]:
    """Group pairs by block."""
    blocks: dict[Block, list[Pair]] = defaultdict(list)
    for pair in pairs:
        tile = TileName.parse(pair.image)
        if tile is None:
            raise DatasetError(
                f"{pair.image} is not named lonmin,lonmax,latmin,latmax, so its block is not "
                "known: split at random with --random"
            )
        lon, lat = tile.centre
        east = float(wrap_longitude(lon)) + 180.0
        blocks[int(east // block_deg), int((lat + 90.0) // block_deg)].append(pair)
    return blocks


def _group_copies(pairs: list[Pair]) -> dict[Block, list[Pair]]:
    """Group pairs by the image that they are copies of, with a number in place of a block."""
    sources: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        sources[pair.image.name.split(_COPY)[0]].append(pair)
    return {(number, 0): sources[source] for number, source in enumerate(sorted(sources))}


def _leave_out_shared(assigned: Mapping[str, list[Pair]]) -> dict[str, list[Pair]]:
    """Leave out the pairs of each split whose tiles share ground with those of a later one."""
    kept: dict[str, list[Pair]] = {}
    for name in reversed(list(assigned)):
        later = _read_names([pair for members in kept.values() for pair in members])
        shared = find_overlapping(_read_names(assigned[name]), later)
        kept[name] = [p for p, out in zip(assigned[name], shared, strict=True) if not out]
        if not kept[name]:
            raise DatasetError(
                f"Every tile of {name} shares ground with another split: choose larger blocks with "
                "--block"
            )
    before, after = (sum(map(len, splits.values())) for splits in (assigned, kept))
    if after < before:
        warn(
            f"{before - after} of {before} tiles share ground with another split, and are left out"
        )
    return {name: kept[name] for name in assigned}


def _warn_of_shared_ground(assigned: Mapping[str, list[Pair]], *, at_random: bool) -> None:
    """Warn if the names of tiles tell that splits share ground."""
    splits = {name: _read_names(members) for name, members in assigned.items()}
    if any(len(splits[name]) < len(members) for name, members in assigned.items()):
        return
    shares = measure_shared_ground(splits)
    if shares:
        text = " and ".join(f"{share:.1%} of that of {name}" for name, share in shares.items())
        remedy = "leave --random out" if at_random else "leave such tiles out by --disjoint"
        warn(
            f"tiles overlap, so splits share ground ({text}) and scores will be too good: {remedy}"
        )


def _read_names(pairs: list[Pair]) -> list[TileName]:
    """Read the edges of the tiles that are named by them."""
    return list(filter(None, (TileName.parse(pair.image) for pair in pairs)))


def _list_class_names(dataset: Path) -> list[str]:
    """List the names of the classes by number: `crater` alone where there are no others."""
    splits = find_splits(dataset)
    names, used = read_class_names(dataset, splits), count_labels(splits)
    if not names and set(used) <= {0}:
        return ["crater"]
    return [names.get(number, str(number)) for number in range(max({*names, *used}) + 1)]


def _write(
    assigned: Mapping[str, list[Pair]],
    output: Path,
    description: str,
    transfer: Callable[[Path, Path], object],
) -> None:
    """Write a dataset, whole or not at all."""
    if output.exists():
        raise OutputError(f"{output} exists already: choose another directory")
    with workplace(output) as root:
        for name, members in assigned.items():
            for kind in ("images", "labels"):
                (root / name / kind).mkdir(parents=True)
            for pair in members:
                for path in (pair.image, *list_companions(pair.image)):
                    transfer(path, root / name / "images" / path.name)
                label = root / name / "labels" / label_path(pair.image).name
                if pair.label is None:
                    label.touch()
                else:
                    transfer(pair.label, label)
        (root / "data.yaml").write_text(description, encoding="utf-8")
        root.rename(output)


def _link(source: Path, target: Path) -> None:
    """Make a hard link to a file, not to a symbolic link that names it."""
    try:
        os.link(source.resolve(), target)
    except OSError as error:
        hint = f"{error.strerror or error} (--link works within one disk only)"
        raise OSError(error.errno, hint) from error
