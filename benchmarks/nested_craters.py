"""Why craters within larger craters are missed more often: the sample scene, whose truth is known.

    craters detect sample_tiles/rendered_scene.tif -o run
    python benchmarks/nested_craters.py run

A crater is nested if its rim lies wholly within a crater of 2.5 times its diameter or more. Prints
the recall of nested and other craters of 0.8 km and more at the balanced threshold, where the
missed ones are lost, and the recall of others that are alike in size, and in contrast too. Contrast
is the difference of the lit and the shaded wall, in the input of the network.
"""

from pathlib import Path

import click
import numpy as np
import pandas as pd
import rasterio

from lunarcraters.detection.run import open_run
from lunarcraters.detection.search.batch_result import read_craters
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import circle_iou
from lunarcraters.network.preprocessing import normalise

SCENE = Path("sample_tiles/rendered_scene.tif")
SUN_AZIMUTH_DEG = 280.0
LEAST_KM, NESTED_RATIO, MATCH_IOU = 0.8, 2.5, 0.5
LIKE_SIZE, LIKE_CONTRAST, LEAST_LIKE = 0.1, 0.15, 5


def ious(truth, table):
    """Overlap of each crater of the truth with each detection."""
    ours, theirs = (
        sphere.unit_vectors(t.lon, t.lat) * sphere.RADIUS_M / 1e3 for t in (truth, table)
    )
    distance = np.linalg.norm(ours[:, None] - theirs, axis=-1)
    diameters = np.broadcast_arrays(
        truth.diam_km.to_numpy()[:, None], table.diameter_km.to_numpy(), distance
    )
    return circle_iou(distance, *diameters[:2])


def contrasts(truth, image, affine):
    """Lit wall less shaded wall, local deviations; NaN at the edge."""
    x, y = (np.radians(truth[k].to_numpy()) * sphere.RADIUS_M for k in ("lon", "lat"))
    columns, rows = ~affine @ (x, y)
    radii = truth.diam_km.to_numpy() * 500.0 / affine.a
    contrast = np.full(len(truth), np.nan)
    sun_x, sun_y = np.sin(np.radians(SUN_AZIMUTH_DEG)), -np.cos(np.radians(SUN_AZIMUTH_DEG))
    for i, (column, row, radius) in enumerate(zip(columns, rows, radii, strict=True)):
        left, top = int(column - radius) - 1, int(row - radius) - 1
        side = int(2 * radius) + 3
        if min(left, top) < 0 or max(left, top) + side > len(image):
            continue
        dy, dx = (np.mgrid[:side, :side] + 0.5 + [[[top - row]], [[left - column]]]) / radius
        to_sun, distance = dx * sun_x + dy * sun_y, np.hypot(dx, dy)
        wall = (distance > 0.2) & (distance < 0.95)
        grey = image[top : top + side, left : left + side]
        contrast[i] = grey[wall & (to_sun < -0.15)].mean() - grey[wall & (to_sun > 0.15)].mean()
    return contrast


def find_nested(truth):
    """True for craters within a larger one."""
    centres = sphere.unit_vectors(truth.lon, truth.lat) * sphere.RADIUS_M / 1e3
    d = truth.diam_km.to_numpy()
    nested = np.zeros(len(d), bool)
    for j in np.flatnonzero(d >= NESTED_RATIO * d.min()):
        distance = np.linalg.norm(centres - centres[j], axis=1)
        nested |= (distance + d / 2 < d[j] / 2) & (d[j] >= NESTED_RATIO * d)
    return nested


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
def main(run: Path) -> None:
    """Compare nested craters of the sample scene with the others."""
    truth = pd.read_csv(SCENE.with_name(SCENE.stem + "_craters.csv"))
    nested = find_nested(truth)
    large = truth.diam_km.to_numpy() >= LEAST_KM
    truth, nested = truth[large].reset_index(drop=True), nested[large]
    catalogue = open_run(run)
    table, threshold = catalogue.read().craters, catalogue.info.thresholds["balanced"]
    overlap, scores = ious(truth, table), table["score"].to_numpy()
    found = np.zeros(len(truth), bool)
    for index in np.argsort(-scores)[: int((scores >= threshold).sum())]:
        free = np.where(found, 0.0, overlap[:, index])
        found[free.argmax()] |= free.max() >= MATCH_IOU
    parts = pd.concat(map(read_craters, sorted((run / "parts").glob("*.part"))), ignore_index=True)
    peak = np.where(ious(truth, parts) >= MATCH_IOU, parts["score"].to_numpy(), 0.0).max(axis=1)
    listed = np.where(overlap >= MATCH_IOU, scores, 0.0).max(axis=1)
    with rasterio.open(SCENE) as raster:
        grey, affine = raster.read(1), raster.transform
    contrast = contrasts(truth, normalise(grey, grey > 0, float(grey[grey > 0].std())), affine)
    print("| | nested | others |\n|---|---|---|")
    groups = nested, ~nested
    line("craters", [f"{some.sum():,}" for some in groups])
    line("recall", [f"{found[some].mean():.3f}" for some in groups])
    line("missed", [f"{(some & ~found).sum()}" for some in groups])
    steps = {
        "no peak in any octave": peak == 0,
        "a peak that merging loses": (peak > 0) & (listed == 0),
        "a score below the threshold": (listed > 0) & (listed < threshold),
        "a detection that matches another crater": listed >= threshold,
    }
    for name, step in steps.items():
        line(f"of these: {name}", [f"{(some & ~found & step).sum()}" for some in groups])
    line("median contrast", [f"{np.nanmedian(contrast[some]):.2f}" for some in groups])
    size = np.log(truth.diam_km.to_numpy())
    for name, least in (("size", np.inf), ("size and contrast", LIKE_CONTRAST)):
        ours, theirs = [], []
        for i in np.flatnonzero(nested & np.isfinite(contrast)):
            like = ~nested & (np.abs(size - size[i]) < LIKE_SIZE)
            like &= np.abs(contrast - contrast[i]) < least
            if like.sum() >= LEAST_LIKE:
                ours.append(found[i])
                theirs.append(found[like].mean())
        recalls = [f"{np.mean(ours):.3f} of {len(ours)}", f"{np.mean(theirs):.3f}"]
        line(f"recall of craters of like {name}", recalls)


def line(name: str, values: list[str]) -> None:
    """Print a row of the table."""
    print(f"| {name} | {values[0]} | {values[1]} |")


if __name__ == "__main__":
    main()
