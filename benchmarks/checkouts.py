"""Whether two checkouts of the program give the same masks, catalogues and GeoPackages.

    python benchmarks/checkouts.py ../before . sample_tiles/rendered_scene.tif mosaic.tif

Every checkout searches every mosaic with its own code and the model that comes with it, in the
environment that runs this script. What is compared: the pixels and validity of the mask, the rows
of the catalogue and of every layer of the GeoPackage (numbers to 1e-9, geometries to 1e-9 of their
units), and thresholds, area and footprint. Layers, columns and entries that came later are left
out, as are the styles, which name them. The exit code is 1 where the two differ.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import rasterio
import shapely

TOLERANCE = 1e-9
TILE_PX = "1024"  # the default of the earlier checkouts; maps differ a little with it


@click.command()
@click.argument("before", type=click.Path(path_type=Path, exists=True))
@click.argument("after", type=click.Path(path_type=Path, exists=True))
@click.argument("mosaics", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
@click.option("--keep", type=click.Path(path_type=Path), help="Keep runs here; finished ones stay.")
def main(before: Path, after: Path, mosaics: tuple[Path, ...], keep: Path | None) -> None:
    """Search MOSAICS with the checkouts BEFORE and AFTER and compare what they write."""
    with TemporaryDirectory() as name:
        folder = keep or Path(name)
        different = []
        for mosaic in mosaics:
            old, new = (
                run_checkout(checkout, mosaic.resolve(), folder / label / mosaic.stem)
                for checkout, label in ((before, "before"), (after, "after"))
            )
            faults = list(differences(old, new))
            rows = len(pd.read_parquet(new / "run" / "craters.parquet"))
            print(f"{mosaic.name}: {rows} craters, {'; '.join(faults) or 'the same'}", flush=True)
            different += faults
    sys.exit(1 if different else 0)


def run_checkout(checkout: Path, mosaic: Path, folder: Path) -> Path:
    """Detect and export with the code of a checkout; return the folder of what it wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    package = folder / "all.gpkg"
    commands = (
        ["detect", str(mosaic), "-o", str(folder / "run"), "--quiet", "--size", TILE_PX],
        ["export", str(folder / "run"), str(package), "--min-score", "0", "--overwrite"],
    )
    for command in commands:
        words = [sys.executable, "-m", "lunarcraters", *command]
        subprocess.run(words, env=environment, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder


def differences(old: Path, new: Path):
    """Yield a phrase for every difference between two folders of `run_checkout`."""
    with rasterio.open(old / "run" / "mask.tif") as a, rasterio.open(new / "run" / "mask.tif") as b:
        if (a.shape, a.transform, a.crs, a.nodata) != (b.shape, b.transform, b.crs, b.nodata):
            yield "the grid of the mask"
        elif any((a.read(1, window=w) != b.read(1, window=w)).any() for _, w in a.block_windows(1)):
            yield "pixels of the mask"
    tables = [gpd.read_parquet(folder / "run" / "craters.parquet") for folder in (old, new)]
    yield from (f"catalogue: {fault}" for fault in rows_differ(*tables))
    layers = [pyogrio.list_layers(folder / "all.gpkg")[:, 0] for folder in (old, new)]
    if not set(layers[0]) <= set(layers[1]):
        yield "layers of the GeoPackage"
        return
    for layer in sorted(set(layers[0]) - {"layer_styles"}):
        frames = [gpd.read_file(folder / "all.gpkg", layer=layer) for folder in (old, new)]
        if layer == "catalogue":
            entries = frames[1]["key"].isin(frames[0]["key"])
            frames[1] = frames[1][entries].reset_index(drop=True)
        yield from (f"layer {layer}: {fault}" for fault in rows_differ(*frames))


def rows_differ(old: pd.DataFrame, new: pd.DataFrame):
    """Yield the columns in which two tables differ."""
    if not set(old.columns) <= set(new.columns) or len(old) != len(new):
        yield "columns or number of rows"
        return
    for column in old.columns:
        a, b = old[column], new[column]
        if column == getattr(old, "active_geometry_name", None):
            same = shapely.equals_exact(a.values, b.values, TOLERANCE).all()
        elif pd.api.types.is_float_dtype(a):
            same = np.allclose(a, b, rtol=0, atol=TOLERANCE, equal_nan=True)
        else:
            same = (a.isna() == b.isna()).all() and all(map(entries_equal, a.dropna(), b.dropna()))
        if not same:
            yield column


def entries_equal(old: object, new: object) -> bool:
    """Tell whether two entries are equal; those that are written numbers within the tolerance."""
    if old == new or not (isinstance(old, str) and isinstance(new, str)):
        return old == new
    try:
        return abs(float(old) - float(new)) <= TOLERANCE
    except ValueError:
        return False


if __name__ == "__main__":
    main()
