"""What a huge mosaic costs of which little is there: memory, and time by what there is.

    python benchmarks/sparse.py sample_tiles/rendered_scene.tif --tiles ../shared/data/lroc_wac

Builds, in a temporary folder, mosaics of 109,164 x 54,582 px (the LROC WAC mosaic's size) and of
a quarter of that, in which as many scenes are laid out by lot as fill 2 % (with `--filled 1` the
whole Moon, 4 GB of it); and, with `--tiles`, all tiles of a dataset in LU3M6TGT's layout as one
mosaic on their grid. Searches each with two workers, and prints the time, and the peak memory
(proportional set size of all processes).
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import rasterio
from affine import Affine
from speed import run, searched_px

from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.layout import find_pairs, find_splits
from lunarcraters.datasets.tile_names import TileName

WAC = (109_164, 54_582)
DEGREES = "IAU_2015:30100"
TILED = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "crs": DEGREES}
TILED |= {"tiled": True, "compress": "deflate", "SPARSE_OK": True, "BIGTIFF": "YES"}


@click.command()
@click.argument("scene", type=click.Path(path_type=Path))
@click.option("--filled", "share", default=0.02, show_default=True, help="Of the mosaics, 0 to 1.")
@click.option("--tiles", type=click.Path(path_type=Path), help="A dataset in LU3M6TGT's layout.")
def main(scene: Path, share: float, tiles: Path | None) -> None:
    """Search sparse mosaics made of SCENE."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        print("| mosaic | filled, Mpx | to the network, Mpx | s | peak memory, GB |")
        print("|---|---|---|---|---|", flush=True)
        costs = []
        for part in (2, 1):
            path = folder / f"{part}.tif"
            filled = scatter(scene, share, WAC[0] // part, WAC[1] // part, path)
            costs.append((filled, *measured(path, filled)))
        if tiles is not None:
            path = folder / "tiles.tif"
            measured(path, gather(tiles, path))
    (less, short_s, low), (more, long_s, high) = costs
    slope = (long_s - short_s) / (more - less)
    print(f"\n{short_s - slope * less:.0f} s to begin with, {slope:.2f} s for each filled Mpx.")
    print(f"Four times the size: {high / low - 1:+.1%} memory.")


def scatter(scene: Path, share: float, width: int, height: int, path: Path) -> float:
    """A global mosaic in degrees with scenes here and there; filled Mpx."""
    with rasterio.open(scene) as raster:
        values = np.maximum(raster.read(1), 1)
    rows, columns = values.shape
    slots = [(r, c) for r in range(height // rows) for c in range(width // columns)]
    wanted = min(round(share * width * height / values.size), len(slots))
    chosen = np.random.default_rng(1).choice(len(slots), wanted, replace=False)
    affine = Affine(360 / width, 0, -180, 0, -180 / height, 90)
    size = {"width": width, "height": height, "transform": affine}
    with rasterio.open(path, "w", **TILED, **size, blockxsize=512, blockysize=512) as out:
        for slot in sorted(chosen.tolist()):
            row, column = slots[slot]
            out.write(values, 1, window=((row * rows, (row + 1) * rows),
                                         (column * columns, (column + 1) * columns)))  # fmt: skip
    return wanted * values.size / 1e6


def gather(dataset: Path, path: Path) -> float:
    """All tiles of a dataset at their places; filled Mpx."""
    files = [pair.image for split in find_splits(dataset) for pair in find_pairs(dataset, split)]
    names = [TileName.parse(file.name) for file in files]
    edges = np.array([(n.lon_min, n.lat_max, n.lon_max, n.lat_min) for n in names if n])
    first = read_grey(files[0])
    rows, columns = first.shape
    across, down = np.median(edges[:, 2] - edges[:, 0]), np.median(edges[:, 1] - edges[:, 3])
    west, north = edges[:, 0].min(), edges[:, 1].max()
    places = np.rint(np.column_stack([edges[:, 0] - west, north - edges[:, 1]]) / [across, down])
    wide, high = (places.max(axis=0).astype(int) + 1) * (columns, rows)
    affine = Affine(across / columns, 0, west, 0, -down / rows, north)
    size = {"width": int(wide), "height": int(high), "transform": affine}
    with rasterio.open(path, "w", **TILED, **size, blockxsize=columns, blockysize=rows) as out:
        for file, (column, row) in sorted(zip(files, places.astype(int).tolist(), strict=True),
                                          key=lambda pair: pair[1][::-1]):  # fmt: skip
            window = ((row * rows, (row + 1) * rows), (column * columns, (column + 1) * columns))
            out.write(np.maximum(read_grey(file), 1), 1, window=window)
    return len(files) * first.size / 1e6


def measured(path: Path, filled: float) -> tuple[float, int]:
    """Seconds and peak bytes of a run, printed."""
    with rasterio.open(path) as raster:
        shape = f"{raster.width:,} x {raster.height:,}"
    pixels = searched_px(path) / 1e6
    seconds, peak = run(path, 2, "int8")
    cost = f"{filled:.0f} | {pixels:.0f} | {seconds:.0f} | {peak / 1e9:.2f}"
    print(f"| {shape} | {cost} |", flush=True)
    return seconds, peak


if __name__ == "__main__":
    main()
