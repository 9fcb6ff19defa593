"""Whether the same tiles give the same craters when their pixels are smaller.

    python benchmarks/scales.py ../shared/data/lroc_wac/valid

Enlarges the tiles of a split (cubic), searches them, and compares what is found with what is found
in the tiles as they are, as `projections.py` does: craters of 12 pixels and more, balanced in one
and complete in the other, the worse of the two ways. How octaves are fused was compared by
this, beside average precision, on valid.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import cv2
import numpy as np
import shapely
from projections import compared, found_in

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry.sphere import RADIUS_M

PIXELS = (0.9, 0.8, 0.7, 0.6)
GSD_KM = 0.1
LEAST_PX = 12.0
EDGE_PX = 36.0  # craters nearer to the edge of the tiles are not compared


@click.command()
@click.argument("split", type=click.Path(path_type=Path))
def main(split: Path) -> None:
    """Compare what is found in the tiles of SPLIT at several scales."""
    wanted = found_in(split / "images", False)
    balanced, complete = wanted.threshold("balanced"), wanted.threshold("complete")
    print("| a pixel is | craters | the same |\n|---|---|---|")
    for size in PIXELS:
        with TemporaryDirectory() as folder:
            for path in sorted((split / "images").glob("*.png")):
                enlarge(path, size, Path(folder) / path.name)
            found = found_in(Path(folder), False)
        ways = ((wanted, found), (found, wanted))
        shares, counts = zip(
            *(known(one.filter(balanced), other.filter(complete)) for one, other in ways),
            strict=True,
        )
        print(f"| {size} | {counts[0]} and {counts[1]} | {min(shares):.1%} |", flush=True)


def enlarge(path: Path, size: float, out: Path) -> None:
    """Write a tile whose pixels are `size` as long on the ground."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    sides = [round(side / size) for side in grey.shape[::-1]]
    cv2.imwrite(str(out), cv2.resize(grey, sides, interpolation=cv2.INTER_CUBIC))


def known(wanted: Catalogue, found: Catalogue) -> tuple[float, int]:
    """Share of the craters well within the tiles that are found, and how many these are."""
    inner = wanted.footprint.buffer(-np.degrees(EDGE_PX * GSD_KM * 1000.0 / RADIUS_M))
    inside = shapely.contains_xy(inner, *wanted.positions.T)
    inside &= wanted.diameters >= LEAST_PX * GSD_KM
    return compared(found, wanted, inside)[0], int(inside.sum())


if __name__ == "__main__":
    main()
