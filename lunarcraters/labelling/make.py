"""Making of a dataset: tiles of a mosaic with the craters of a catalogue as labels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.datasets.description import describe_splits
from lunarcraters.datasets.grey_values import stretch_grey
from lunarcraters.datasets.split import check_shares, deal_blocks
from lunarcraters.errors import (
    CatalogueError,
    DatasetError,
    MosaicError,
    OutputError,
    check_range,
)
from lunarcraters.files import workplace
from lunarcraters.geometry.area import Area
from lunarcraters.labelling.labels import Labels, find_ground, make_labels
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.preview import find_height_unit_m
from lunarcraters.progress import Progress, no_progress
from lunarcraters.tiling.geotiff import write_geotiff, write_outlines
from lunarcraters.tiling.plan import Tile
from lunarcraters.tiling.source import MosaicTiles
from lunarcraters.tiling.tile_grid import LEAST_SIZE_PX

DEFAULT_SIZE_PX = 416
"""Largest side of a tile, pixels: that of LU3M6TGT."""

_MIN_GROUND = 0.1  # least share of a tile that has data and was counted
_WHOLE = 0.5  # share of a tile that a crater may take before the next octave shows it too
_STEP_PX = 8  # of the pixels by which tiles on counted ground are chosen
_BLOCKS = 6  # blocks along the longer side of the ground

_NOWHERE = (
    "no crater of the catalogue lies on the ground of the mosaic that was counted: check that both "
    "are of one region, and --area and --min-diameter"
)


@dataclass(frozen=True)
class MadeDataset:
    """A dataset that was made.

    Attributes:
        images: Number of images in each split.
        craters: Number of labels in each split; a crater may have several.
        notes: Sentences for the user.
    """

    images: dict[str, int]
    craters: dict[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Member:
    """An image of the dataset, before it is written.

    Attributes:
        tile: Tile.
        split: Name of its split.
        craters: Number of its craters.
        ground: Share of its pixels that have data and were counted.
    """

    tile: Tile
    split: str
    craters: int
    ground: float


def make_dataset(
    mosaic: Mosaic,
    catalogue: Catalogue,
    out: Path,
    *,
    area: Area | None = None,
    min_diameter: float = 0.0,
    size: int = DEFAULT_SIZE_PX,
    fractions: Mapping[str, float],
    seed: int = 0,
    progress: Progress = no_progress,
) -> MadeDataset:
    """Write a dataset: GeoTIFF tiles of a mosaic, with the craters of a catalogue as labels.

    Craters were counted in the area, or else in the catalogue's footprint. Ground outside is nodata
    in the images, so that it is taught neither as crater nor as background. Larger craters have
    tiles of coarser octaves besides. Splits are whole blocks of the mosaic.

    Args:
        mosaic: Mosaic that the craters lie on.
        catalogue: Craters to teach.
        out: Directory of the dataset, which must not exist yet.
        area: Area that the craters were counted on; None for the catalogue's footprint.
        min_diameter: Smallest crater to teach, km (pixels); smaller ones are labelled `ignored`.
        size: Largest side of a tile, pixels.
        fractions: Shares of the tiles for `train`, `valid` and `test`, which add up to 1.
        seed: Seed of the order in which blocks are dealt to splits.
        progress: Function of the number of tiles done and in all.

    Raises:
        CatalogueError: One is in pixels and the other not, they are of two bodies, or no crater
            lies on the mosaic.
        DatasetError: There is too little ground for the splits, or shares do not add up to 1.
        OptionError: There is no such split, or a share, the seed, the size or the diameter is
            outside its range.
        OutputError: `out` exists, or cannot be written.
        MosaicError: The mosaic cannot be read, or holds heights.
    """
    check_shares(fractions, seed)
    check_range("size", size, LEAST_SIZE_PX, whole=True)
    check_range("min_diameter", min_diameter, 0.0)
    _require_same_body(catalogue, mosaic)
    if out.exists():
        raise OutputError(f"{out} exists already: choose another directory")
    notes = []
    if area is None and catalogue.footprint is not None:
        area = Area(catalogue.footprint, catalogue.crs)
    if area is None:
        notes.append(
            "the catalogue does not tell on which ground craters were counted, so all of the "
            "mosaic is taught: name the ground with --area if it is less"
        )
    _require_picture(mosaic)
    source = MosaicTiles.plan(mosaic, max_size=size, halo=0, elevation=False)
    tiles = [
        tile
        for tile in source.tiles
        if _shows_more(tile, catalogue, mosaic, size)
        and find_ground(mosaic, tile, area, _STEP_PX).mean() >= _MIN_GROUND
    ]
    if not tiles:
        raise CatalogueError(_NOWHERE)
    splits = _deal_tiles(tiles, fractions, seed)
    with workplace(out) as root:
        members = []
        for done, tile in enumerate(tiles, start=1):
            if tile.name in splits:
                labels = make_labels(tile, catalogue, min_diameter)
                split = splits[tile.name]
                members += _write_member(source, tile, labels, area, split, root)
            progress(done, len(tiles))
        images = {name: sum(one.split == name for one in members) for name in fractions}
        craters = {
            name: sum(one.craters for one in members if one.split == name) for name in fractions
        }
        _check(images, craters, fractions)
        _write_index(root / "index.gpkg", mosaic, members)
        origin = f"Made by craters dataset make, seed {seed}. Grey value 0 is nodata."
        filled = [name for name in fractions if images[name]]
        description = describe_splits(origin, filled, ["crater", "ignored"])
        (root / "data.yaml").write_text(description, encoding="utf-8")
        root.rename(out)
    return MadeDataset(images, craters, tuple(notes))


def _require_same_body(catalogue: Catalogue, mosaic: Mosaic) -> None:
    """Refuse craters that cannot be those of a mosaic."""
    if catalogue.has_crs != mosaic.has_crs:
        raise CatalogueError(
            "the catalogue is in pixels and the mosaic on the Moon, or the reverse: give those "
            "that belong together"
        )
    if not catalogue.info.is_on_body(mosaic.grid.radius_m if mosaic.has_crs else None):
        raise CatalogueError(
            "the catalogue and the mosaic are of bodies of other radii: give craters of the body "
            "that the mosaic shows"
        )


def _require_picture(mosaic: Mosaic) -> None:
    """Refuse heights, which are no grey values of a picture."""
    if find_height_unit_m(mosaic) is not None:
        raise MosaicError(
            f"{mosaic.name} holds heights, and a dataset is made of pictures: give a picture of "
            "this ground, or train on heights with craters train --preset relief"
        )


def _shows_more(tile: Tile, catalogue: Catalogue, mosaic: Mosaic, size: int) -> bool:
    """Whether the octave of a tile shows craters whole that the finer octaves do not."""
    if tile.level == 0:
        return True
    largest = float(catalogue.diameters.max(initial=0.0))
    pixel_size_m = mosaic.meridian_pixel_size_m
    pixel = 1.0 if pixel_size_m is None else pixel_size_m / 1000.0
    return largest / pixel > _WHOLE * size * 2 ** (tile.level - 1)


def _deal_tiles(tiles: Sequence[Tile], fractions: Mapping[str, float], seed: int) -> dict[str, str]:
    """Deal tiles to splits by blocks of the mosaic.

    A tile of a coarser octave goes to the split of its ground; where that is of several splits, the
    tile is left out.

    Returns:
        Names of the splits by those of the tiles.
    """
    fine = [tile for tile in tiles if tile.level == 0]
    cores = np.array([tile.core for tile in fine], float)
    corner = cores[:, :2].min(axis=0)
    extent = (cores[:, :2] + cores[:, 2:]).max(axis=0) - corner
    side = max(float(extent.max()) / _BLOCKS, float(cores[:, 2:].max()))
    centres = cores[:, :2] + cores[:, 2:] / 2.0
    columns = ((centres - corner) // side).astype(int).tolist()
    blocks: dict[tuple[int, int], list[Tile]] = defaultdict(list)
    for tile, (column, row) in zip(fine, columns, strict=True):
        blocks[column, row].append(tile)
    wanted = {name: share for name, share in fractions.items() if share > 0.0}
    if len(blocks) < len(wanted):
        raise DatasetError(
            f"the mosaic has room for {len(blocks)} blocks of tiles, too few for {len(wanted)} "
            "splits: give a smaller --size, or fewer splits with --test 0"
        )
    counts = {block: len(members) for block, members in blocks.items()}
    dealt = deal_blocks(counts, wanted, seed)
    splits = {t.name: name for name, chosen in dealt.items() for b in chosen for t in blocks[b]}
    tree = shapely.STRtree([_box(tile) for tile in fine])
    for tile in tiles[len(fine) :]:
        below = tree.query(shapely.buffer(_box(tile), -1e-6), predicate="intersects")
        names = {splits[fine[index].name] for index in below}
        if len(names) == 1:
            splits[tile.name] = names.pop()
    return splits


def _box(tile: Tile) -> shapely.Polygon:
    core = tile.core
    return shapely.box(core.left, core.top, core.right, core.bottom)


def _write_member(
    source: MosaicTiles, tile: Tile, labels: Labels, area: Area | None, split: str, root: Path
) -> list[_Member]:
    """Write the image and the label file of a tile, unless it has too little ground."""
    values, valid = source.read(tile)
    counted = valid & find_ground(source.mosaic, tile, area)
    share = float(counted.mean())
    if share < _MIN_GROUND:
        return []
    labels = labels.on_ground(counted)
    for kind in ("images", "labels"):
        (root / split / kind).mkdir(parents=True, exist_ok=True)
    image = stretch_grey(values, counted, source.statistics.low, source.statistics.high)
    write_geotiff(root / split / "images" / f"{tile.name}.tif", tile, (image, counted))
    (root / split / "labels" / f"{tile.name}.txt").write_text(labels.lines, encoding="utf-8")
    return [_Member(tile, split, labels.craters, share)]


def _check(
    images: Mapping[str, int], craters: Mapping[str, int], fractions: Mapping[str, float]
) -> None:
    """Refuse a dataset without craters, or with an empty split."""
    if not any(craters.values()):
        raise CatalogueError(_NOWHERE)
    empty = [name for name, share in fractions.items() if share > 0.0 and not images[name]]
    if empty:
        raise DatasetError(
            f"there is too little ground for the split {empty[0]}: give a smaller --size, or "
            "fewer splits with --test 0"
        )


def _write_index(path: Path, mosaic: Mosaic, members: Sequence[_Member]) -> None:
    """Write the outlines of the images, layer `images` of a GeoPackage."""
    columns = {
        "path": [f"{one.split}/images/{one.tile.name}.tif" for one in members],
        "split": [one.split for one in members],
        "level": [one.tile.level for one in members],
        "craters": [one.craters for one in members],
        "counted_fraction": [one.ground for one in members],
    }
    write_outlines(path, "images", mosaic, [one.tile for one in members], columns)
