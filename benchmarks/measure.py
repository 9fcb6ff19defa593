"""How exact `craters measure` is, and how long it takes, on relief whose craters are known.

    python benchmarks/measure.py
    python benchmarks/measure.py --time 100000

Craters of 20 pixels and more, fresh and worn by diffusion, alone and with a fresh neighbour of
0.3 to 0.5 of their diameter on the rim, are rendered on rough ground with noise. Depth and the
diameter of the rim crest are those of the axisymmetric profile. Prints the median of measured over
known, the robust spread, and the share of craters whose error is within the stated deviation.

With `--time`, so many craters of 8 to 200 pixels are measured on an elevation model of 16,000 x
16,000 pixels, and time and memory are printed.
"""

import time
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import cv2
import numpy as np
import rasterio
from affine import Affine
from scipy.ndimage import gaussian_filter

from lunarcraters.geometry import sphere
from lunarcraters.morphometry.measure import measure_craters
from lunarcraters.mosaic.examination.heights import make_elevation_model
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.rendering.profiles import EJECTA_REACH, compute_crater_profile

PIXEL_M = 100.0
FINE = 64
SIZES_PX = (20, 30, 45, 70, 110)
WEARS = (0.0, 0.1, 0.2, 0.3)
NOISE_M, ROUGHNESS = 2.0, 0.004


@lru_cache
def profile(diameter_km, wear):
    """Heights of a crater by distance, as in tests/morphometry/relief.py."""
    side = np.arange(-4 * FINE, 4 * FINE + 1) / FINE
    heights = compute_crater_profile(np.hypot(*np.meshgrid(side, side)), diameter_km)
    heights = gaussian_filter(heights.astype(float), wear * FINE) if wear else heights
    return side[4 * FINE :], heights[4 * FINE, 4 * FINE :]


def known(diameter_km, wear):
    """Diameter of the rim crest, km, and depth, metres."""
    ratio, heights = profile(diameter_km, wear)
    crest = np.argmax(heights)
    return diameter_km * ratio[crest], heights[crest] - heights[:crest].min()


def add(ground, x, y, diameter_px, wear):
    """Add a crater to a ground, in place; it replaces the ground within its rim by its mean."""
    radius = diameter_px / 2
    reach = int(EJECTA_REACH * radius) + 3
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    top, left = int(y) - reach, int(x) - reach
    rows, columns = rows + int(y), columns + int(x)
    inside = (rows >= 0) & (columns >= 0) & (rows < len(ground)) & (columns < len(ground))
    at = np.hypot(rows + 0.5 - y, columns + 0.5 - x) / radius
    box = np.s_[max(top, 0) : top + 2 * reach + 1, max(left, 0) : left + 2 * reach + 1]
    shape = ground[box].shape
    at = at[inside].reshape(shape)
    part = ground[box]
    if (at < 1.0).any():
        part[at < 1.0] = part[at < 1.0].mean()
    part += np.interp(at, *profile(diameter_px * PIXEL_M / 1000.0, wear), right=0.0)


def make_scene(rng, diameter_px, wear, neighbours, count):
    """Ground with a lattice of craters; their centres, pixels."""
    step = int(7.2 * diameter_px)
    side = step * int(np.ceil(count**0.5))
    ground = cv2.GaussianBlur(rng.standard_normal((side, side)), (0, 0), 0.4 * diameter_px)
    ground *= ROUGHNESS * diameter_px * PIXEL_M / ground.std()
    centres = np.mgrid[step // 2 : side : step, step // 2 : side : step].reshape(2, -1).T
    centres = centres + rng.uniform(-0.5, 0.5, centres.shape)
    for x, y in centres:
        add(ground, x, y, diameter_px, wear)
        if neighbours:
            angle = rng.uniform(0, 2 * np.pi)
            beside = np.array([np.cos(angle), np.sin(angle)]) * diameter_px / 2
            add(ground, x + beside[0], y + beside[1], diameter_px * rng.uniform(0.3, 0.5), 0.0)
    return ground + NOISE_M * rng.standard_normal(ground.shape), centres


def write(path, ground):
    half = len(ground) * PIXEL_M / 2
    place = {"crs": "IAU_2015:30110", "transform": Affine(PIXEL_M, 0, -half, 0, -PIXEL_M, half)}
    size = {"width": len(ground), "height": len(ground), "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", driver="GTiff", tiled=True, **size, **place) as raster:
        raster.write(ground.astype(np.float32), 1)
        raster.units = ("m",)


def measure(path, centres, diameters_px):
    model = make_elevation_model(open_mosaic(path))
    lon, lat = model.mosaic.grid.to_lonlat(*centres.T)
    diameters_km = diameters_px * PIXEL_M / 1000.0
    return measure_craters(np.column_stack([lon, lat]), diameters_km, model, sphere.RADIUS_M)


def compare(folder, seed, count):
    rng = np.random.default_rng(seed)
    click.echo("                          rim diameter             depth")
    click.echo("  px  wear  neighbour   ratio spread within    ratio spread within   unmeasured")
    errors = []
    for diameter_px in SIZES_PX:
        for wear in WEARS:
            for neighbours in (False, True):
                ground, centres = make_scene(rng, diameter_px, wear, neighbours, count)
                write(folder / "dem.tif", ground)
                # As a detection: off by 4 % of the diameter, and as much too large or small.
                seen = centres + rng.normal(0.0, 0.04 * diameter_px, centres.shape)
                sizes = diameter_px * np.exp(rng.normal(0.0, 0.04, len(centres)))
                table = measure(folder / "dem.tif", seen, sizes).to_table()
                rim_km, depth_m = known(diameter_px * PIXEL_M / 1000.0, wear)
                line = f"{diameter_px:4} {wear:5.2f}  {'yes' if neighbours else 'no':9}"
                for name, sd, true in (
                    ("rim_diameter_km", "rim_diameter_sd_km", rim_km),
                    ("depth_m", "depth_sd_m", depth_m),
                ):
                    ratio = (table[name] / true).dropna().to_numpy()
                    spread = 1.4826 * np.median(np.abs(ratio - np.median(ratio)))
                    within = (np.abs(table[name] - true) < table[sd]).mean()
                    line += f"   {np.median(ratio):5.3f}  {spread:5.3f}  {within:5.2f}"
                click.echo(f"{line}   {int((table.measure_note != '').sum())} of {len(table)}")
                errors.append(
                    np.abs(np.log([table.rim_diameter_km / rim_km, table.depth_m / depth_m]))
                )
    diameter, depth = np.nanmedian(np.concatenate(errors, axis=1), axis=1)
    click.echo(f"median error of all: rim diameter {diameter:.2%}, depth {depth:.2%}")


def clock(folder, count):
    side = 16_000
    rng = np.random.default_rng(0)
    ground = cv2.GaussianBlur(rng.standard_normal((side, side), np.float32), (0, 0), 8.0) * 3000
    for _ in range(2000):
        x, y = rng.uniform(0, side, 2)
        add(ground, x, y, 8.0 * rng.pareto(2.0) + 8.0, 0.1)
    write(folder / "dem.tif", ground)
    del ground
    # In a process of its own, whose memory is that of the measuring alone.
    child = get_context("spawn").Process(target=clock_alone, args=(folder / "dem.tif", count, side))
    child.start()
    child.join()


def clock_alone(path, count, side):
    rng = np.random.default_rng(1)
    centres = rng.uniform(0, side, (count, 2))
    sizes = np.minimum(8.0 * (1.0 - rng.random(count)) ** -0.5, 200.0)
    start, used = time.time(), time.process_time()
    measure(path, centres, sizes)
    # VmHWM is this process's own; ru_maxrss begins with that of the process that started it.
    status = Path("/proc/self/status").read_text()
    memory = int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e9
    click.echo(
        f"{count} craters in {time.time() - start:.0f} s ({time.process_time() - used:.0f} s of "
        f"processor time), at most {memory:.2f} GB"
    )


@click.command()
@click.option("--seed", default=0)
@click.option("--count", default=25, help="Craters of each kind.")
@click.option("--time", "timed", default=0, help="Craters to measure for the time.")
def main(seed, count, timed):
    with TemporaryDirectory() as folder:
        if timed:
            clock(Path(folder), timed)
        else:
            compare(Path(folder), seed, count)


if __name__ == "__main__":
    main()
