"""What a reference of label tiles is worth: scores by region, and by how strict the match is.

    python benchmarks/labels.py accuracy/valid ../shared/data/lroc_wac/valid --min-pixels 11

One network at one threshold scores very differently from region to region where labels differ in
completeness and place; and where many pairs overlap by less than half, size and place are at odds.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.run import read_run
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import Reference, read_reference
from lunarcraters.evaluation.rules import OverlapRule
from lunarcraters.evaluation.scores import compute_scores

BAND_DEG = 30


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("labels", type=click.Path(path_type=Path))
@click.option("--min-pixels", default=11.0, show_default=True)
def main(run: Path, labels: Path, min_pixels: float) -> None:
    """Score RUN against LABELS by overlap and by region."""
    found, reference = read_run(run), read_reference(labels)
    threshold = found.threshold("balanced")
    print("| box IoU at least | AP | best F1 | precision | recall |\n|---|---|---|---|---|")
    for iou in (0.5, 0.4, 0.3, 0.2):
        scores = compute_scores(
            match_craters(
                found,
                reference,
                OverlapRule("box", iou),
                min_diameter=min_pixels * pixel(reference),
            )
        )
        best = scores.best
        print(
            f"| {iou} | {scores.average_precision:.3f} | {best.f1:.3f} | {best.precision:.3f} | "
            f"{best.recall:.3f} |"
        )
    print("\n| region | references | precision | recall | F1 |\n|---|---|---|---|---|")
    for name, inside in regions():
        part, known = within(found, reference, inside)
        if len(part) == 0 or len(known.diameters) == 0:
            continue
        matches = match_craters(
            part, known, OverlapRule("box"), min_diameter=min_pixels * pixel(reference)
        )
        point = compute_scores(matches, threshold).chosen
        count = int(matches.reference_counted.sum())
        print(f"| {name} | {count} | {point.precision:.3f} | {point.recall:.3f} | {point.f1:.3f} |")


def pixel(reference: Reference) -> float:
    """Size of a label's pixel, km."""
    return reference.pixel or 1.0


def regions() -> Iterator[tuple[str, tuple[float, float, float, float]]]:
    """Names, and west, east, south, north, of bands of longitude and of latitude."""
    for west in range(0, 360, BAND_DEG):
        yield f"{west}-{west + BAND_DEG} E", (west, west + BAND_DEG, -90.0, 90.0)
    for low, high in ((0, 15), (15, 30), (30, 45)):
        yield f"{low}-{high} N", (0.0, 360.0, low, high)
        yield f"{low}-{high} S", (0.0, 360.0, -high, -low)


def within(
    found: Catalogue, reference: Reference, region: tuple[float, float, float, float]
) -> tuple[Catalogue, Reference]:
    """The craters of both in a region."""

    def inside(positions: NDArray[np.float64]) -> NDArray[np.bool_]:
        lon, lat = positions[:, 0] % 360.0, positions[:, 1]
        west, east, south, north = region
        return np.asarray((lon >= west) & (lon < east) & (lat >= south) & (lat < north))

    known = inside(reference.positions)
    names = ("positions", "diameters", "boxes", "clipped")
    return (
        found.rows(inside(found.positions)),
        replace(reference, **{name: getattr(reference, name)[known] for name in names}),
    )


if __name__ == "__main__":
    main()
