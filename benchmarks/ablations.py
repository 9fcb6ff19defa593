"""What each part of the method is worth: networks of one size and training, one part more each.

    python benchmarks/ablations.py ../shared/data/lroc_wac ../shared/data/gld100_dem ablations

Trains a network for each row, scores it on the validation split through `craters detect` and
`craters evaluate`, and prints the table. Rows that are done are not done again. The network is the
compact one at half its width (a quarter of its cost), so that a row takes minutes; the row `width`
is the compact one itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from lunarcraters.calibration.trials import MIN_PIXELS
from lunarcraters.datasets.layout import find_pairs
from lunarcraters.datasets.pairs import Pair
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.evaluation.rules import OverlapRule
from lunarcraters.evaluation.scores import Scores, compute_scores
from lunarcraters.network.presets import Preset, get_preset
from lunarcraters.network.startup import start_keras
from lunarcraters.network.targets import make_box_mask
from lunarcraters.tiling import plan
from lunarcraters.training.data import TrainingData
from lunarcraters.training.sampling import Sampler
from lunarcraters.training.scenes import LabelledTiles, SceneSource, find_elevation_sources
from lunarcraters.training.settings import TrainingSettings


@dataclass(frozen=True)
class Row:
    """One network: what it is taught, on what, and how it is used.

    Attributes:
        name: In the table, and of its directory.
        targets: Rectangles or discs as the mask, or discs, centres and sizes.
        octaves: Taught and used at several resolutions.
        isotropic: Taught and used where circles are circles.
        relit: Taught on elevation too.
        width: Filters of the first level.
        flips: The mean of the maps of four mirrorings; uses the network of the row before.
    """

    name: str
    targets: str = "centres"
    octaves: bool = True
    isotropic: bool = True
    relit: bool = True
    width: int = 32
    flips: bool = False


ROWS = (
    Row("rectangles, contours", "rectangles", octaves=False, isotropic=False, relit=False),
    Row("discs, contours", "discs", octaves=False, isotropic=False, relit=False),
    Row("centres and sizes", octaves=False, isotropic=False, relit=False),
    Row("isotropic frames", octaves=False, relit=False),
    Row("octaves", relit=False),
    Row("relit topography"),
    Row("test-time flips", flips=True),
    Row("width", width=64),
)


class StretchedPair(Pair):
    """A tile as it is: craters at 45 degrees are 1.4 times wider than tall."""

    squeeze = 1.0


def find_tiles(dataset: Path, split: str, *, isotropic: bool) -> LabelledTiles:
    """Tiles of a split, whose stretch is removed where they are to be isotropic."""
    pairs = find_pairs(dataset, split)
    if not isotropic:
        pairs = [
            StretchedPair(pair.image, pair.label, pair.classes, pair.ignored) for pair in pairs
        ]
    return LabelledTiles(tuple(pairs))


class MaskOnly(Sampler):
    """Teaches the mask alone: of discs."""

    def targets(self, circles: Any, clipped: Any, valid: Any, smaller: float = 1.0) -> Any:
        """Discs of every size."""
        return super().targets(circles, clipped, valid, smaller)[..., :1]


class Rectangles(MaskOnly):
    """Teaches the mask alone: of filled boxes, as the baseline does."""

    def targets(self, circles: Any, clipped: Any, valid: Any, smaller: float = 1.0) -> Any:
        """The squares around the circles, and the boxes cut by an edge."""
        half = circles[:, 2:] / 2.0
        whole = np.hstack([circles[:, :2] - half, circles[:, :2] + half])
        height, width = valid.shape
        boxes = np.clip(np.vstack([whole, clipped]), 0, [width, height, width, height])
        return make_box_mask(valid.shape, boxes[(boxes[:, 2:] - boxes[:, :2]).min(axis=1) > 0])


SAMPLERS = {"rectangles": Rectangles, "discs": MaskOnly, "centres": Sampler}


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.argument("elevation", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--steps", default=1500, show_default=True, help="Training steps of each network.")
@click.option("--only", multiple=True, help="Rows to do [default: all].")
def main(dataset: Path, elevation: Path, out: Path, steps: int, only: Sequence[str]) -> None:
    """Train and score a network for each row, and print the table."""
    start_keras()
    print(f"| {steps} steps of 8 crops of 256 x 256 | AP50 | F1 | precision | recall |")
    print("|---|---|---|---|---|")
    model = out / "none"
    for row in ROWS:
        folder = out / row.name.replace(", ", "_").replace(" ", "_")
        model = model if row.flips else folder / "model.keras"
        if only and row.name not in only:
            continue
        result = folder / "scores.json"
        if not result.exists():
            if not row.flips:
                train(row, dataset, elevation, folder, steps)
            folder.mkdir(parents=True, exist_ok=True)
            result.write_text(json.dumps(numbers(evaluate(row, model, dataset / "valid", folder))))
        print(
            f"| {row.name} | "
            + " | ".join(f"{x:.3f}" for x in json.loads(result.read_text()))
            + " |"
        )


def train(row: Row, dataset: Path, elevation: Path, folder: Path, steps: int) -> None:
    """Train the network of a row."""
    from lunarcraters.training.fitting import fit_network

    chosen = variant(row)
    sources: list[SceneSource] = [find_tiles(dataset, "train", isotropic=row.isotropic)]
    if row.relit:
        sources += find_elevation_sources(elevation, 100)
    sampler = SAMPLERS[row.targets](sources, chosen, seed=1)
    valid = SAMPLERS[row.targets](
        [find_tiles(dataset, "valid", isotropic=row.isotropic)], chosen, seed=1, augment=False
    )
    epochs = max(steps // 250, 1)
    settings = TrainingSettings(chosen, 1, epochs, steps // epochs, "float32")
    data = TrainingData(dataset.name, len(sampler), len(valid))
    fit_network(
        settings, sampler, valid, folder, weights=None, resume=False, data=data, say=lambda _: None
    )


def variant(row: Row) -> Preset:
    """The compact preset as a row has it."""
    compact = get_preset("compact")
    factor = row.width / compact.filters[0]
    return replace(
        compact,
        name="ablation",
        filters=tuple(int(filters * factor) for filters in compact.filters),
        heads=compact.heads if row.targets == "centres" else ("mask",),
        diameters_px=compact.diameters_px if row.octaves else (8.0, 416.0),
        octaves=compact.octaves if row.octaves else (1.0,),
    )


def evaluate(row: Row, model: Path, split: Path, folder: Path) -> Scores:
    """Score a network on a split through the whole pipeline."""
    usual = plan.MAX_STRETCH
    plan.MAX_STRETCH = usual if row.isotropic else np.inf
    try:
        levels = None if row.octaves else 1
        source = open_source([split / "images"], model, SourceOptions(levels=levels))
    finally:
        plan.MAX_STRETCH = usual
    run = folder / "run"
    found = detect(source, run, model, DetectOptions(tta=row.flips), overwrite=True).read()
    reference = read_reference(split)
    return compute_scores(
        match_craters(
            found, reference, OverlapRule("box"), min_diameter=MIN_PIXELS * reference.pixel
        )
    )


def numbers(scores: Scores) -> list[float | None]:
    """AP, and F1, precision and recall at the best threshold."""
    best = scores.best
    return [scores.average_precision, best.f1, best.precision, best.recall]


if __name__ == "__main__":
    main()
