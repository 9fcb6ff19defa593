"""How fast the program is, beside the bare network and beside the baseline's way.

    python benchmarks/speed.py sample_tiles/rendered_scene.tif

Lays the scene side by side with its mirror images to mosaics of one, four and sixteen times the
size, and prints, all measured in this run, every way in a process of its own, by turns:

- the network alone, as Keras calls it and as the program runs it, in float32, bfloat16 and int8;
- the baseline's way with the same weights: one picture at a time through `predict`, contours;
- `craters detect` from the first to the last byte, with one worker and two;
- cost and peak memory (proportional set size of all its processes) by size of the mosaic;
- where the time of a run goes.
"""

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial, wraps
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
import psutil
import rasterio
from affine import Affine

from lunarcraters.detection import outputs
from lunarcraters.detection.manifest import Manifest
from lunarcraters.detection.search import batch as batch_module
from lunarcraters.detection.search import results
from lunarcraters.detection.search.batches import plan_batches
from lunarcraters.detection.source import open_source
from lunarcraters.mask import footprint
from lunarcraters.network.model_file import read_info, shipped_model
from lunarcraters.network.startup import has_bfloat16, start_keras
from lunarcraters.tiling.source import MosaicTiles

PICTURE_PX = 416  # of the baseline's
BATCH = (4, 512, 512, 1)
LEAST_S = 6.0
IN_ALL = "in all: merging goes on beside stitching"
SAMPLED_S = 2.0  # often enough; to ask oftener slows what is asked


@click.command()
@click.argument("scene", type=click.Path(path_type=Path))
@click.option("--repeat", default=3, show_default=True, help="Turns of every way.")
@click.option("--side", default=2, show_default=True, help="Of the smallest mosaic, scenes.")
def main(scene: Path, repeat: int, side: int) -> None:
    """Measure everything on mosaics made of SCENE."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        mosaics = [folder / f"{times}.tif" for times in (1, 4, 16)]
        for scale, path in zip((1, 2, 4), mosaics, strict=True):
            write_mosaic(scene, side * scale, path)
        rates(mosaics[1], repeat)
        sizes(mosaics)
        shares(mosaics[1])


def write_mosaic(scene: Path, side: int, path: Path) -> None:
    """Lay a scene out `side` by `side` times, mirrored at every edge, astride the equator.

    There no pixel is resampled, whatever the size.
    """
    with rasterio.open(scene) as raster:
        values, profile = raster.read(1), raster.profile
    double = np.block([[values, values[:, ::-1]], [values[::-1], values[::-1, ::-1]]])
    whole = np.tile(double, (-(-side // 2), -(-side // 2)))
    whole = whole[: side * values.shape[0], : side * values.shape[1]]
    height, width = whole.shape
    a, b, _, d, e, _ = profile["transform"][:6]
    middle = Affine(a, b, -a * width / 2.0, d, e, -e * height / 2.0)
    size = {"height": height, "width": width, "transform": middle}
    with rasterio.open(path, "w", **{**profile, **size}) as raster:
        raster.write(whole, 1)


def rates(mosaic: Path, repeat: int) -> None:
    """Print how fast every way is: pixels that a network is given, a second."""
    ways: dict[str, Callable[[], float]] = {
        "network, Keras model in a tf.function": partial(apart, network, "plain", "float32"),
        "network, as run": partial(apart, network, "folded", "float32"),
        "network, as run, bfloat16": partial(apart, network, "folded", "bfloat16"),
        "baseline's way: predict, contours": partial(apart, baseline, mosaic),
        "network, as run, int8": partial(apart, network, "folded", "int8"),
        "craters detect, 2 workers": partial(end_to_end, mosaic, 2),
        "craters detect, 1 worker": partial(end_to_end, mosaic, 1),
        "craters detect, 2 workers, int8": partial(end_to_end, mosaic, 2, "int8"),
        "craters detect, 1 worker, int8": partial(end_to_end, mosaic, 1, "int8"),
        "craters detect, 2 workers, bfloat16": partial(end_to_end, mosaic, 2, "bfloat16"),
    }
    measured: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeat):
        for name, measure in ways.items():
            measured[name].append(measure())
    bare, slow = (median(list(measured.values())[place]) for place in (1, 3))
    print("| way | Mpx/s (each turn) | to the network as run | to the baseline's way |")
    print("|---|---|---|---|")
    for name, values in measured.items():
        rate, turns = median(values), " ".join(f"{value:.2f}" for value in values)
        print(f"| {name} | {rate:.2f} ({turns}) | {rate / bare:.2f} | {rate / slow:.2f} |")


def apart(measure: Callable[..., Any], *arguments: Any) -> Any:
    """Measure in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure, *arguments).result()


def network(way: str, precision: str) -> float:
    """Mpx/s of the network alone, in batches, all threads."""
    start_keras(None, precision)
    import keras
    import tensorflow as tf

    from lunarcraters.network.inference import Detector

    images = np.random.default_rng(1).standard_normal(BATCH, np.float32)
    if way == "plain":
        model = keras.saving.load_model(shipped_model(), compile=False)
        graph = tf.function(partial(model, training=False), autograph=False)
        return rate(lambda: graph(tf.constant(images)).numpy(), images[..., 0].size)
    detector = Detector(shipped_model(), precision=precision)
    return rate(partial(detector.maps, images), images[..., 0].size)


def baseline(mosaic: Path) -> float:
    """Mpx/s of reading a picture, predicting its mask and finding the contours, one by one."""
    start_keras()
    import cv2
    import keras

    model = keras.saving.load_model(shipped_model(), compile=False)
    places = iter(range(10**9))

    def one() -> None:
        with rasterio.open(mosaic) as raster:
            row, column = divmod(next(places), raster.width // PICTURE_PX)
            row %= raster.height // PICTURE_PX
            window = rasterio.windows.Window(
                column * PICTURE_PX, row * PICTURE_PX, PICTURE_PX, PICTURE_PX
            )
            grey = raster.read(1, window=window).astype(np.float32) / 255.0
        mask = model.predict(grey[None, ..., None], verbose=0)[0, ..., 0]
        binary = (mask > 0.5).astype(np.uint8)
        contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            cv2.boundingRect(contour)

    return rate(one, PICTURE_PX**2)


def rate(work: Callable[[], Any], pixels: int) -> float:
    """Mpx/s of repeating a piece of work, after two pieces to warm up."""
    work(), work()
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < LEAST_S:
        work()
        count += 1
    return count * pixels / (time.perf_counter() - begun) / 1e6


def end_to_end(mosaic: Path, workers: int, precision: str = "float32") -> float:
    """Mpx/s of a run, halos and octaves counted as the network is given them."""
    return searched_px(mosaic) / run(mosaic, workers, precision)[0] / 1e6


def searched_px(mosaic: Path) -> int:
    """Pixels of all tiles."""
    return sum(tile.size**2 for tile in open_source([mosaic], shipped_model()).tiles)


def run(mosaic: Path, workers: int, precision: str = "float32") -> tuple[float, int]:
    """Seconds of a run and the peak of its memory in bytes."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "lunarcraters", "detect", str(mosaic), "-o", f"{folder}/r"]
        command += ["-q", "--workers", str(workers), "--precision", precision]
        return watch(command)


def watch(command: list[str], **options: Any) -> tuple[float, int]:
    """Seconds of a command and the peak of its memory in bytes; options as `Popen` takes them."""
    begun, peak = time.perf_counter(), 0
    process, code = psutil.Popen(command, **options), None
    while code is None:
        peak = max(peak, memory(process))
        with suppress(psutil.TimeoutExpired):
            code = process.wait(SAMPLED_S)
    if code:
        sys.exit(f"{' '.join(command)} failed")
    return time.perf_counter() - begun, peak


def memory(process: psutil.Process) -> int:
    """Proportional set size of a process and all its descendants."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        for one in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += one.memory_full_info().pss
    return total


def own_precisions() -> tuple[str, ...]:
    """Those that the processor does not only pretend to."""
    return ("int8", "bfloat16", "float32") if has_bfloat16() else ("int8", "float32")


def sizes(mosaics: list[Path]) -> None:
    """Print time and memory by size, and the ratios to what is measured just before and after."""
    print("\n| mosaic | Mpx | precision | s | Mpx/s | to its network | to the baseline | GB |")
    print("|---|---|---|---|---|---|---|---|")
    precisions = own_precisions()
    found: dict[str, list[tuple[float, float]]] = {precision: [] for precision in precisions}
    for path in mosaics:
        with rasterio.open(path) as raster:
            shape = f"{raster.width} x {raster.height}"
        pixels = searched_px(path) / 1e6
        for precision in precisions:
            ways = partial(network, "folded", precision), partial(baseline, path)
            before = [apart(way) for way in ways]
            seconds, peak = run(path, 2, precision)
            bare, slow = (
                (first + apart(way)) / 2.0 for first, way in zip(before, ways, strict=True)
            )
            found[precision].append((pixels, seconds))
            rate = pixels / seconds
            cost = f"{seconds:.1f} | {rate:.2f} | {rate / bare:.2f} | {rate / slow:.2f}"
            row = f"| {shape} | {pixels:.0f} | {precision} | {cost} | {peak / 1e9:.2f} |"
            print(row, flush=True)
    for precision, measured in found.items():
        slope, intercept = np.polyfit(*np.array(measured).T, 1)
        print(f"\n{precision}: {intercept:.1f} s to begin with, {1 / slope:.2f} Mpx/s from there.")


def shares(mosaic: Path) -> None:
    """Print where the time of a run goes."""
    precisions = own_precisions()
    spent = [apart(spent_in, mosaic, precision) for precision in precisions]
    heads = "".join(f" {precision}: s | share |" for precision in precisions)
    print(f"\n| step (one process, two threads) |{heads}\n|---|{'---|' * 2 * len(precisions)}")
    for name in spent[0]:
        cells = (f" {one[name]:.2f} | {one[name] / one[IN_ALL]:.1%} |" for one in spent)
        print(f"| {name} |{''.join(cells)}")


def spent_in(mosaic: Path, precision: str) -> dict[str, float]:
    """Seconds of each step of a run, in this process."""
    start_keras(None, precision)
    from lunarcraters.network.inference import Detector

    spent: dict[str, float] = {}

    def timed(owner: Any, name: str, step: str) -> None:
        function = getattr(owner, name)
        spent[step] = 0.0

        @wraps(function)
        def measured(*arguments: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            result = function(*arguments, **options)
            if isinstance(result, Iterator):  # what it gives is made when it is asked for
                result = iter(list(result))
            spent[step] += time.perf_counter() - begun
            return result

        setattr(owner, name, measured)

    model = shipped_model()
    source = open_source([mosaic], model)
    detector = Detector(model, precision=precision)
    batches = list(plan_batches(source.tiles))
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "warm").mkdir()
        for size in {tile.size for tile in source.tiles}:
            first = next(batch for batch in batches if batch.tiles[0].size == size)
            batch_module.search_batch(folder / "warm", None, True, detector, source, first)
        timed(MosaicTiles, "read", "reading")
        timed(Detector, "images", "normalising")
        timed(Detector, "maps", "network")
        timed(batch_module, "decode_tile", "decoding, placing")
        timed(batch_module, "write_batch_result", "writing results")
        timed(results, "stitch", "stitching")
        timed(footprint, "searched_footprint", "footprint")
        timed(outputs, "merge_in_bands", "merging")
        timed(outputs, "write_catalogue_parts", "writing the catalogue")
        begun = time.perf_counter()
        for batch in batches:
            batch_module.search_batch(folder, None, True, detector, source, batch)
        files = [folder / batch.file for batch in batches]
        manifest = Manifest("", "", "", str(model), {})
        with results.stitching(source, results.Results(batches, folder, ()), folder) as mask:
            info = read_info(model)
            outputs.write_run_outputs(source, files, folder, info, manifest, {}, mask)
        spent[IN_ALL] = time.perf_counter() - begun
    return spent


if __name__ == "__main__":
    main()
