"""How far scores move when the same ground is given otherwise.

    python benchmarks/robustness.py ../shared/data/gld100/equatorial_nearside.tif \
        ../shared/data/gld100/equatorial_nearside_craters.csv --min-diameter 2.84

Makes copies of a mosaic, its brightness halved, its contrast halved, mirrored east-west, in other
data types, with a border of nodata; searches each, and prints F1 at the balanced threshold.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import rasterio
from affine import Affine

from lunarcraters.detection.detect import detect
from lunarcraters.detection.source import open_source
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.evaluation.rules import OffsetRule
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.network.model_file import shipped_model

BORDER_PX = 300

VARIANTS = {
    "as it is": lambda v: v,
    "brightness halved": lambda v: v / 2,
    "contrast halved": lambda v: v.mean() + (v - v.mean()) / 2,
    "mirrored east-west": lambda v: v,
    "uint16": lambda v: v * 200,
    "float32": lambda v: v / 255 * 0.1,
    "nodata border": lambda v: v,
}


@click.command()
@click.argument("mosaic", type=click.Path(path_type=Path))
@click.argument("catalogue", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path))
@click.option("--min-diameter", default=0.0, help="Smallest crater that counts, km.")
def main(mosaic: Path, catalogue: Path, model: Path | None, min_diameter: float) -> None:
    """Search every variant of MOSAIC and score it against CATALOGUE."""
    print("| variant | F1 | precision | recall |\n|---|---|---|---|")
    model = model or shipped_model()
    for name in VARIANTS:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "mosaic.tif"
            write(mosaic, name, path)
            found = detect(open_source([path], model), Path(folder) / "run", model).read()
            reference = read_reference(catalogue)
            if name.startswith("mirrored"):
                middle = found.footprint.envelope.centroid.x
                reference.positions[:, 0] = 2 * middle - reference.positions[:, 0]
            rule = OffsetRule(max_offset=0.35, max_ratio=1.5)
            matches = match_craters(found, reference, rule, min_diameter=min_diameter)
            point = compute_scores(matches, found.threshold("balanced")).chosen
            print(f"| {name} | {point.f1:.3f} | {point.precision:.3f} | {point.recall:.3f} |")


def write(mosaic: Path, name: str, path: Path) -> None:
    """Write a variant of a mosaic whose nodata is 0."""
    with rasterio.open(mosaic) as raster:
        values, profile = raster.read(1), raster.profile
    valid = values != 0
    changed = values.astype(float)
    changed[valid] = VARIANTS[name](changed[valid])
    dtype = name if name in ("uint16", "float32") else "uint8"
    if dtype != "float32":
        changed = np.maximum(np.rint(changed), 1)
    out = np.where(valid, changed, 0).astype(dtype)
    transform = profile["transform"]
    if name.startswith("mirrored"):
        out = out[:, ::-1]
    if name == "nodata border":
        out = np.pad(out, BORDER_PX)
        transform = transform @ Affine.translation(-BORDER_PX, -BORDER_PX)
    height, width = out.shape
    given = {"dtype": dtype, "nodata": 0, "width": width, "height": height, "transform": transform}
    with rasterio.open(path, "w", **{**profile, **given}) as raster:
        raster.write(out, 1)


if __name__ == "__main__":
    main()
