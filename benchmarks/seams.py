"""Whether it matters where the seams between tiles lie, and whether craters are doubled there.

    python benchmarks/seams.py ../shared/data/gld100/midlat_farside.tif
    python benchmarks/seams.py ../shared/data/gld100/north_cap.tif

Searches a mosaic as it is and without its first columns and rows, so that every core begins
elsewhere, and compares the craters whose circles both have whole. Prints, at the balanced
threshold, the share that the other run has too (among all that it kept above the threshold
`complete`, and among those above the same), and the share of craters within 0.1 diameters and 20 %
in size of another.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import rasterio
from rasterio.windows import Window

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import find_close_pairs
from lunarcraters.mosaic.mosaic import Mosaic, open_mosaic
from lunarcraters.network.model_file import shipped_model

SHIFTS = ((0, 0), (208, 304), (155, 77))  # the second is the largest
EDGE_PX = 64
SAME = {"reach": 0.25, "max_ratio": 1.25}
DOUBLE = {"reach": 0.1, "max_ratio": 1.2}


@click.command()
@click.argument("mosaic", type=click.Path(path_type=Path))
@click.option("--size", default=512, show_default=True, help="Of tiles: smaller, more seams.")
@click.option("--smallest", type=float, help="Smallest crater, pixels [default: the network's].")
def main(mosaic: Path, size: int, smallest: float | None) -> None:
    """Search MOSAIC with seams in several places."""
    runs = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        for column, row in SHIFTS:
            path = folder / f"{column}_{row}.tif"
            cut(mosaic, column, row, path)
            source = open_source(
                [path], shipped_model(), SourceOptions(size=size, smallest_px=smallest)
            )
            found = detect(source, folder / f"run{column}", shipped_model()).read()
            runs.append(found)
            print(f"without {column} columns, {row} rows: {len(source.tiles)} tiles, ", end="")
            kept = found.filter(found.threshold("balanced"))
            print(f"{len(kept)} craters, {doubled(kept):.3%} of them double", flush=True)
        common = open_mosaic(folder / f"{SHIFTS[1][0]}_{SHIFTS[1][1]}.tif")
        print("| columns, rows | of the first: here | at the same threshold | of these: there |")
        print("|---|---|---|---|")
        first = runs[0]
        for shift, run in zip(SHIFTS[1:], runs[1:], strict=True):
            shares = (
                known(first, run, "complete", common),
                known(first, run, "balanced", common),
                known(run, first, "complete", common),
            )
            print(f"| {shift[0]}, {shift[1]} | " + " | ".join(f"{x:.2%}" for x in shares) + " |")


def cut(mosaic: Path, column: int, row: int, path: Path) -> None:
    """Copy a mosaic without its first columns and rows."""
    with rasterio.open(mosaic) as raster:
        window = Window(column, row, raster.width - column, raster.height - row)
        profile = {
            **raster.profile,
            "width": window.width,
            "height": window.height,
            "transform": raster.window_transform(window),
        }
        with rasterio.open(path, "w", **profile) as out:
            out.write(raster.read(window=window))


def places(catalogue: Catalogue) -> np.ndarray:
    """Centres in space, km."""
    return sphere.unit_vectors(*catalogue.positions.T) * catalogue.radius_m / 1000.0


def doubled(catalogue: Catalogue) -> float:
    """Share of craters that are nearly another one."""
    at, diameters = places(catalogue), catalogue.diameters
    i, j = find_close_pairs(at, diameters, at, diameters, **DOUBLE)
    return len(np.unique(i[i != j])) / max(len(catalogue), 1)


def known(one: Catalogue, other: Catalogue, threshold: str, common: Mosaic) -> float:
    """Share of the craters of one that the other has above a threshold, where both have looked."""
    chosen = one.filter(one.threshold("balanced"))
    x, y = common.grid.from_lonlat(*chosen.positions.T)
    reach = chosen.diameters * 500.0 / common.pixel_size_m + EDGE_PX
    inside = (x > reach) & (x < common.width - reach) & (y > reach) & (y < common.height - reach)
    wanted = other.filter(other.threshold(threshold))
    i, _ = find_close_pairs(
        places(chosen), chosen.diameters, places(wanted), wanted.diameters, **SAME
    )
    return float(np.isin(np.flatnonzero(inside), i).mean())


if __name__ == "__main__":
    main()
