"""What a mosaic of the size of the LROC WAC mosaic costs, killed and resumed on the way.

    python benchmarks/full_size.py ../shared/data/lroc_wac ../shared/data/gld100/*.tif -o /big/disk

Writes a mosaic of 109,164 x 54,582 px (5,958 Mpx) in simple cylindrical projection, with ground
everywhere: squares of 416 px, each a tile of the dataset or a piece of a shaded mosaic drawn by
lot, mirrored, shifted and brightened by lot. Then asks `craters info` for the time, runs `craters
detect`, kills all its processes (SIGKILL) at each of the moments, and gives the same command again.
Prints the time of each part, the peak memory (proportional set size of all processes), the disk
that the run takes, and the craters. `--width` makes a smaller rehearsal.
"""

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import click
import numpy as np
import psutil
import rasterio
from affine import Affine
from speed import memory

from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.layout import find_pairs, find_splits

SQUARE = 416
SHIFT_PX, GAIN = 64, (0.8, 1.2)
RADIUS_M = 1_737_400.0
SAMPLED_S = 5.0
CYLINDRICAL = "+proj=eqc +R=1737400 +units=m"
TIFF = {"driver": "GTiff", "count": 1, "dtype": "uint8", "nodata": 0, "tiled": True}
TIFF |= {"blockxsize": 512, "blockysize": 512, "compress": "deflate", "zlevel": 1}
TIFF |= {"BIGTIFF": "YES", "NUM_THREADS": "ALL_CPUS", "crs": CYLINDRICAL}


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.argument("shaded", nargs=-1, type=click.Path(path_type=Path))
@click.option("-o", "--output", "folder", type=click.Path(path_type=Path), required=True)
@click.option("--width", default=109_164, show_default=True, help="Of the mosaic, pixels.")
@click.option("--kills", default="0.35,0.7", show_default=True, help="Shares of the time foretold.")
def main(dataset: Path, shaded: tuple[Path, ...], folder: Path, width: int, kills: str) -> None:
    """Search a mosaic made of the tiles of DATASET and of SHADED mosaics."""
    folder.mkdir(parents=True, exist_ok=True)
    mosaic, run = folder / "mosaic.tif", folder / "run"
    if not mosaic.is_file():
        write_mosaic(read_squares(dataset, shaded), width, mosaic)
    print(
        f"mosaic: {width:,} x {width // 2:,} px, {mosaic.stat().st_size / 1e9:.1f} GB", flush=True
    )
    craters = [sys.executable, "-m", "lunarcraters"]
    info = subprocess.run(
        [*craters, "info", str(mosaic), "--json"], capture_output=True, check=True
    )
    cost = json.loads(info.stdout)["cost"]
    print(
        f"foretold: {cost['seconds']:.0f} s, {cost['memory_bytes'] / 1e9:.1f} GB of memory, "
        f"{cost['disk_bytes'] / 1e9:.1f} GB of disk",
        flush=True,
    )
    moments = [float(share) * cost["seconds"] for share in kills.split(",") if share]
    spent, peak = 0.0, 0
    command = [*craters, "detect", str(mosaic), "-o", str(run), "-q"]
    for moment in (*moments, None):
        seconds, most = watch_until(command, None if moment is None else moment - spent)
        spent, peak = spent + seconds, max(peak, most)
        parts = len(list((run / "parts").glob("*.part")))
        what = "done" if moment is None else f"killed, with {parts} results of batches"
        print(f"{spent:.0f} s: {what}; peak memory {most / 1e9:.2f} GB", flush=True)
    result = json.loads((run / "run.json").read_text())
    disk = sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
    print(
        f"in all {spent:.0f} s ({spent / cost['seconds']:.2f} of the time foretold, "
        f"{spent / (width * (width // 2) / 1e6):.3f} s for a megapixel), {peak / 1e9:.2f} GB of "
        f"memory, {disk / 1e9:.1f} GB of disk, {result['craters']:,} craters"
    )


def read_squares(dataset: Path, shaded: tuple[Path, ...]) -> np.ndarray:
    """Tiles of a dataset and pieces of mosaics, (n, 416, 416); three of four are tiles."""
    pairs = (pair for split in find_splits(dataset) for pair in find_pairs(dataset, split))
    squares = [grey for pair in pairs if (grey := read_grey(pair.image)).shape == (SQUARE,) * 2]
    count = len(squares) // (3 * max(len(shaded), 1))
    rng = np.random.default_rng(2)
    for path in shaded:
        with rasterio.open(path) as raster:
            values = raster.read(1)
        pieces = []
        while len(pieces) < count:
            row, column = (int(rng.integers(side - SQUARE)) for side in values.shape)
            piece = values[row : row + SQUARE, column : column + SQUARE]
            if piece.all():  # no nodata
                pieces.append(piece)
        squares += pieces
    return np.stack(squares)


def write_mosaic(squares: np.ndarray, width: int, path: Path) -> None:
    """Write a mosaic of the whole Moon, twice as wide as high, strip by strip."""
    rng = np.random.default_rng(1)
    height, pixel = width // 2, 2.0 * np.pi * RADIUS_M / width
    affine = Affine(pixel, 0, -pixel * width / 2, 0, -pixel, pixel * height / 2)
    temporary = path.with_suffix(".part.tif")
    size = {"width": width, "height": height, "transform": affine}
    with rasterio.open(temporary, "w", **TIFF, **size) as out:
        for top in range(0, height, SQUARE):
            strip = [draw(squares, rng) for _ in range(-(-width // SQUARE))]
            rows = np.hstack(strip)[: height - top, :width]
            out.write(rows, 1, window=((top, top + len(rows)), (0, width)))
    temporary.rename(path)


def draw(squares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a square, mirrored, shifted round its edges and brightened by lot."""
    square = squares[rng.integers(len(squares))][:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]
    square = np.roll(square, rng.integers(-SHIFT_PX, SHIFT_PX + 1, 2), (0, 1))
    return np.clip(square * rng.uniform(*GAIN), 1, 255).astype(np.uint8)


def watch_until(command: list[str], moment_s: float | None) -> tuple[float, int]:
    """Run a command until it ends, or kill it and its children; seconds and peak bytes."""
    begun, peak = time.perf_counter(), 0
    process = psutil.Popen(command)
    while True:
        peak = max(peak, memory(process))
        left = SAMPLED_S if moment_s is None else moment_s - (time.perf_counter() - begun)
        if left <= 0:
            break
        with suppress(psutil.TimeoutExpired):
            if process.wait(min(left, SAMPLED_S)):
                sys.exit(f"{' '.join(command)} failed")
            return time.perf_counter() - begun, peak
    children = process.children(recursive=True)
    for one in (process, *children):
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()
    psutil.wait_procs(children, timeout=30)
    return time.perf_counter() - begun, peak


if __name__ == "__main__":
    main()
