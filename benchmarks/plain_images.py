"""How a model does on images without coordinates, with labels as boxes, from another camera.

    python benchmarks/plain_images.py ../shared/data/ohrc --picture ohrc.png

Lays the images of a directory (`images/`, `labels/` in LU3M6TGT's layout) side by side on one sheet
with nodata between, searches the sheet, and prints scores. Sizes are in pixels.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import cv2
import numpy as np

from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.yolo_labels import read_labels
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.evaluation.rules import RULES
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.plots.maps import draw_map

GAP_PX = 160


@click.command()
@click.argument("dataset", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path))
@click.option("--min-pixels", default=11.0, show_default=True)
@click.option("--picture", type=click.Path(path_type=Path), help="Draw what was found.")
def main(dataset: Path, model: Path | None, min_pixels: float, picture: Path | None) -> None:
    """Search the images of DATASET and score them against its labels."""
    model = model or shipped_model()
    with TemporaryDirectory() as folder:
        sheet, labels = Path(folder) / "sheet.png", Path(folder) / "sheet.txt"
        lay_out(dataset, sheet, labels)
        found = detect(
            open_source([sheet], model, SourceOptions(nodata=0)), Path(folder) / "run", model
        ).read()
        reference = read_reference(labels)
        print("| rule | AP | F1 | precision | recall | best F1 |\n|---|---|---|---|---|---|")
        for rule in (RULES["box"], RULES["offset"]):
            matches = match_craters(found, reference, rule, min_diameter=min_pixels)
            scores = compute_scores(matches, found.threshold("balanced"))
            point, best = scores.chosen, scores.best
            numbers = (scores.average_precision, point.f1, point.precision, point.recall, best.f1)
            print(f"| {rule} | " + " | ".join(f"{number:.3f}" for number in numbers) + " |")
        if picture is not None:
            chosen = found.filter(found.threshold("balanced"))
            draw_map(chosen, open_mosaic(sheet), picture)


def lay_out(dataset: Path, sheet: Path, labels: Path) -> None:
    """All images on one sheet, and their boxes on it."""
    files = sorted((dataset / "images").iterdir())
    images = [np.maximum(read_grey(file), 1) for file in files]
    high, wide = (max(image.shape[axis] for image in images) + GAP_PX for axis in (0, 1))
    columns = round((len(images) * high / wide) ** 0.5)
    size = np.array([columns * wide, -(-len(images) // columns) * high])
    canvas = np.zeros(size[::-1], np.uint8)
    lines = []
    for number, (file, image) in enumerate(zip(files, images, strict=True)):
        top, left = number // columns * high, number % columns * wide
        height, width = image.shape
        canvas[top : top + height, left : left + width] = image
        boxes = read_labels(dataset / "labels" / f"{file.stem}.txt") * [
            width,
            height,
            width,
            height,
        ]
        boxes[:, :2] += [left, top]
        lines += ["0 " + " ".join(f"{x:.9f}" for x in box) for box in boxes / [*size, *size]]
    cv2.imwrite(str(sheet), canvas)
    labels.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
