"""Planted recall against true recall on rendered scenes, whose every crater is known.

    python benchmarks/completeness.py scenes

Renders scenes that neither weights nor calibration saw (fresh maria, saturated highlands, suns 10
to 50 degrees high, the blur and noise of worse cameras), runs `craters detect` and `craters
completeness` on each, with craters planted by several seeds, and prints for each sqrt(2) bin of
10 px and more with at least 30 craters: the true recall, the planted one and its standard error,
and their difference. True and planted craters match a detection of any score by a circle IoU of
0.5. Then the cost: pixels and seconds of the measurement over those of the search. Scenes and runs
that are there are used again.
"""

import time
from itertools import pairwise
from pathlib import Path

import click
import cv2
import numpy as np
import pandas as pd
import rasterio
from affine import Affine

import lunarcraters as lc
from lunarcraters.catalogue.csfd import bin_by_size
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import circle_iou, find_close_pairs
from lunarcraters.rendering import render_scene

PIXEL_M = 100.0
SCENES = {
    # name: seed, sun above the horizon (degrees), coverage, blur (px), noise (grey values)
    "mare": (50101, 25.0, 0.15, 0.0, 0.0),
    "highland": (50102, 25.0, 1.2, 0.0, 0.0),
    "low_sun": (50103, 10.0, 0.45, 0.0, 0.0),
    "high_sun": (50104, 50.0, 0.45, 0.0, 0.0),
    "worse_camera": (50105, 25.0, 0.45, 1.0, 4.0),
    "mare_2": (60101, 15.0, 0.25, 0.0, 0.0),
    "highland_2": (60102, 30.0, 0.9, 0.0, 0.0),
    "low_sun_2": (60103, 12.0, 0.6, 0.0, 0.0),
    "high_sun_2": (60104, 40.0, 0.3, 0.0, 0.0),
    "worse_camera_2": (60105, 20.0, 0.7, 1.3, 3.0),
}
LEAST_PX, LEAST_COUNT, MATCH_IOU = 10.0, 30, 0.5


def write_scene(folder, name, side):
    """Render a scene as a GeoTIFF on the equator, and its craters and the peppered ones as tables.

    Returns the image, the craters and the peppered ones (`lunarcraters.rendering.Scene`).
    """
    image, *tables = (folder / f"{name}{end}" for end in (".tif", ".csv", "_peppered.csv"))
    if all(table.is_file() for table in tables):
        return image, *map(pd.read_csv, tables)
    seed, sun, coverage, blur, noise = SCENES[name]
    scene = render_scene(side, side, PIXEL_M, seed, sun_elevation_deg=sun, coverage=coverage)
    grey = scene.image.astype(np.float32)
    if blur:
        grey = cv2.GaussianBlur(grey, (0, 0), blur)
    if noise:
        grey += np.random.default_rng(seed).normal(0.0, noise, grey.shape)
    grey = np.clip(np.rint(grey), 1, 255).astype(np.uint8)
    edge = side * PIXEL_M / 2.0
    with rasterio.open(
        image, "w", driver="GTiff", width=side, height=side, count=1, dtype="uint8", nodata=0,
        tiled=True, crs="IAU_2015:30110", transform=Affine(PIXEL_M, 0, -edge, 0, -PIXEL_M, edge),
    ) as out:  # fmt: skip
        out.write(grey, 1)
    grid = lc.open_mosaic(image).grid
    for craters, table in zip((scene.craters, scene.peppered), tables, strict=True):
        lon, lat = grid.to_lonlat(craters["x"], craters["y"])
        diameters = craters["diameter_px"] * PIXEL_M / 1000.0
        pd.DataFrame({"lon": lon, "lat": lat, "diam_km": diameters}).to_csv(table, index=False)
    return image, *map(pd.read_csv, tables)


def find_matches(craters, catalogue):
    """Which craters have a detection of their own, highest score first."""
    ours, theirs = (
        sphere.unit_vectors(*places.T) * sphere.RADIUS_M / 1e3
        for places in (craters[["lon", "lat"]].to_numpy(), catalogue.positions)
    )
    sizes = craters["diam_km"].to_numpy()
    i, j = find_close_pairs(
        ours, sizes, theirs, catalogue.diameters, reach=1.0, max_ratio=MATCH_IOU**-0.5
    )
    distance = np.linalg.norm(ours[i] - theirs[j], axis=1)
    iou = circle_iou(distance, sizes[i], catalogue.diameters[j])
    i, j, iou = (values[iou >= MATCH_IOU] for values in (i, j, iou))
    found, taken = np.zeros(len(craters), bool), set()
    for k in np.lexsort((-iou, -catalogue.scores[j])).tolist():
        if not found[i[k]] and j[k] not in taken:
            found[i[k]] = True
            taken.add(j[k])
    return found


def compare(name, craters, catalogue, result):
    """One line for each bin: true and planted recall."""
    found, sizes = find_matches(craters, catalogue), craters["diam_km"].to_numpy()
    rows = {round(row.min_km, 9): row for row in result.bins}
    edges, bins = bin_by_size(sizes)
    differences = []
    for number, (low, high) in enumerate(pairwise(edges)):
        inside = bins == number
        row = rows.get(round(low, 9))
        if row is None or low * 1000.0 / PIXEL_M < LEAST_PX or inside.sum() < LEAST_COUNT:
            continue
        true = found[inside].mean()
        error = np.sqrt(true * (1.0 - true) / inside.sum())
        differences.append(row.recall - true)
        click.echo(
            f"{name:>14} {low:6.2f}-{high:5.2f} km {inside.sum():6} craters, true {true:.3f} ± "
            f"{error:.3f}, planted {row.recall:.3f} ± {row.recall_error:.3f} ({row.planted}), "
            f"difference {row.recall - true:+.3f}"
        )
    return differences


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--side", default=4096, show_default=True, help="Side of a scene, pixels.")
@click.option("--budget", default=0.25, show_default=True)
@click.option("--scene", "names", multiple=True, type=click.Choice(list(SCENES)))
@click.option("--seeds", default=2, show_default=True, help="Seeds of planted craters.")
@click.option("--workers", default=2, show_default=True)
def main(folder, side, budget, names, seeds, workers):
    """Compare planted with true recall."""
    folder.mkdir(parents=True, exist_ok=True)
    differences = []
    for name in names or SCENES:
        image, craters, _ = write_scene(folder, name, side)
        run, begun = folder / f"{name}_run", time.perf_counter()
        catalogue = lc.detect(image, run, workers=workers)
        searched_s = time.perf_counter() - begun
        for seed in range(seeds):
            begun = time.perf_counter()
            result = lc.measure_completeness(
                run, budget=budget, seed=seed, workers=workers, overwrite=True
            )
            measured_s, sun = time.perf_counter() - begun, result.sun
            differences += compare(name, craters, catalogue, result)
            click.echo(
                f"{name:>14} {result.planted} planted, sun at {sun.azimuth_deg:.1f} and "
                f"{sun.altitude_deg:.1f} degrees from the {sun.source}; "
                f"{result.searched_share:.2f} of the pixels, {measured_s:.1f} s for "
                f"{searched_s:.1f} s of search (if it was not done)"
            )
    within = np.mean(np.abs(differences) <= 0.05)
    click.echo(
        f"{len(differences)} bins: {100 * within:.0f} % within 0.05, largest difference "
        f"{np.abs(differences).max():.3f}, median {np.median(np.abs(differences)):.3f}"
    )


if __name__ == "__main__":
    main()
