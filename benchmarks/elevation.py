"""How well craters are found in elevation models, and what changes nothing there.

    python -m benchmarks.elevation scores ../shared/data/gld100_dem/dem_e000n30.tif
    python -m benchmarks.elevation deepmoon ../shared/data/gld100_dem/dem_e000n30.tif DeepMoon
    python -m benchmarks.elevation changes ../shared/data/gld100_dem/dem_e000n30.tif
    python -m benchmarks.elevation places
    python -m benchmarks.elevation cost ../shared/data/gld100_dem/dem_e000n30.tif

`scores` matches LU1319381 (`DEM_craters.csv.gz` beside the model): craters of 12 pixels and more,
centres within 0.35 diameters, diameters within a factor of 1.5. `deepmoon` matches the catalogues
of DeepMoon, whose repository is fetched beside the project, by its rule. `changes` turns, mirrors,
tilts and lifts a square of the model. `places` lays rendered relief of known craters round several
points of the Moon, in several projections. `cost` compares with a picture of the same size.
"""

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import pandas as pd
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.warp import Resampling, reproject

from benchmarks.projections import fine_enough
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.errors import CratersWarning
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import from_catalogue, read_reference
from lunarcraters.evaluation.rules import DeepMoonRule, OffsetRule
from lunarcraters.evaluation.scores import (
    OperatingPoint,
    compute_scores,
    precision_recall_curve,
)
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.rendering.scene import render_scene

RULE = OffsetRule(max_offset=0.35, max_ratio=1.5)
LEAST_PX = 12.0
LEAST_RENDERED_PX = 10.0
SIDE_PX = 1024
EDGE_PX = 64
PIXEL_M = 100.0  # of rendered relief
DEEPMOON_KM = 5.0
DEEPMOON_RECALL = 0.92

model_option = click.option("--model", type=click.Path(path_type=Path), default=None)


@click.group()
def main() -> None:
    """Measure the search of elevation models."""
    warnings.simplefilter("ignore", CratersWarning)


def found_in(dem: Path, model: Path | None, looks: int | None = None) -> Catalogue:
    """The craters of an elevation model."""
    file = model or shipped_model(relief=True)
    with TemporaryDirectory() as folder:
        source = open_source([dem], file, SourceOptions(elevation=True))
        return detect(source, Path(folder) / "run", file, DetectOptions(looks=looks)).read()


def pixel_km(dem: Path) -> float:
    """Side of a pixel to the north, km."""
    with rasterio.open(dem) as raster:
        unit_m = 1.0 if raster.crs.is_projected else np.radians(1.0) * sphere.RADIUS_M
        return float(raster.res[1] * unit_m / 1000.0)


@main.command()
@click.argument("dem", type=click.Path(path_type=Path))
@click.option("--looks", default="1,2,4,8", show_default=True, help="Numbers of looks.")
@model_option
def scores(dem: Path, looks: str, model: Path | None) -> None:
    """Average precision and best F1 against LU1319381."""
    reference = read_reference(dem.with_name(f"{dem.stem}_craters.csv.gz"))
    print(
        "| looks | AP | best F1 | precision | recall | F1 at balanced |\n|---|---|---|---|---|---|"
    )
    for number in map(int, looks.split(",")):
        found = found_in(dem, model, number)
        matches = match_craters(found, reference, RULE, min_diameter=LEAST_PX * pixel_km(dem))
        result = compute_scores(matches, found.thresholds.get("balanced"))
        best = result.best
        print(
            f"| {number} | {result.average_precision:.4f} | {best.f1:.4f} | {best.precision:.4f} "
            f"| {best.recall:.4f} | {result.chosen.f1:.4f} |",
            flush=True,
        )


@main.command()
@click.argument("dem", type=click.Path(path_type=Path))
@click.argument("repository", type=click.Path(path_type=Path))
@click.option("--looks", type=int, default=None)
@model_option
def deepmoon(dem: Path, repository: Path, looks: int | None, model: Path | None) -> None:
    """Precision where recall is that of DeepMoon, against Head and Povilaitis, by its rule."""
    found = found_in(dem, model, looks)
    with TemporaryDirectory() as folder:
        table = Path(folder) / "craters.csv"
        deepmoon_craters(repository).to_csv(table, index=False)
        reference = read_reference(table)
    matches = match_craters(found, reference, DeepMoonRule(), min_diameter=DEEPMOON_KM)
    thresholds, precision, recall = precision_recall_curve(matches)
    balanced = compute_scores(matches, found.threshold("balanced")).chosen
    enough = np.flatnonzero(recall >= DEEPMOON_RECALL)
    print(f"{int(matches.reference_counted.sum())} craters of {DEEPMOON_KM:g} km and more")
    print("| threshold | recall | precision |\n|---|---|---|")
    if enough.size:
        first = enough[0]
        print(f"| {thresholds[first]:.3f} | {recall[first]:.3f} | {precision[first]:.3f} |")
    score = found.threshold("balanced")
    print(f"| {score:.3f} (balanced) | {balanced.recall:.3f} | {balanced.precision:.3f} |")


def deepmoon_craters(repository: Path) -> pd.DataFrame:
    """Head's craters from 20 km on, and those of Povilaitis below."""
    head = pd.read_csv(repository / "catalogues" / "HeadCraters.csv", lineterminator="\r")
    small = pd.read_csv(repository / "catalogues" / "LROCCraters.csv")
    names = ["lon", "lat", "diam_km"]
    head = head[["Lon", "Lat", "Diam_km"]].set_axis(names, axis=1)
    small = small[["Long", "Lat", "Diameter (km)"]].set_axis(names, axis=1)
    return pd.concat([head, small], ignore_index=True).dropna()


@main.command()
@click.argument("dem", type=click.Path(path_type=Path))
@click.option("--looks", type=int, default=None)
@model_option
def changes(dem: Path, looks: int | None, model: Path | None) -> None:
    """Share of the craters that are found again when the model is changed."""
    with rasterio.open(dem) as raster:
        window = rasterio.windows.Window(
            (raster.width - SIDE_PX) // 2, (raster.height - SIDE_PX) // 2, SIDE_PX, SIDE_PX
        )
        heights = raster.read(1, window=window).astype(np.float32)
    pixel_m = 1000.0 * pixel_km(dem)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "square.tif"
        wanted = in_pixels(found_at(path, heights, pixel_m, looks, model), pixel_m)
        print("| change | craters | found again |\n|---|---|---|")
        for name, changed, turn in changed_heights(heights, pixel_m):
            found = in_pixels(found_at(path, changed, pixel_m, looks, model), pixel_m)
            found[:, :2] = turn(found[:, :2])
            count, share = len(balanced_inside(wanted, SIDE_PX)), again(wanted, found, SIDE_PX)
            print(f"| {name} | {count} | {share:.1%} |", flush=True)


def found_at(
    path: Path, heights: np.ndarray, pixel_m: float, looks: int | None, model: Path | None
) -> Catalogue:
    """The craters of heights that are laid round the equator, where pixels are square."""
    half = heights.shape[0] / 2.0 * pixel_m
    write(path, heights, "IAU_2015:30110", Affine(pixel_m, 0, -half, 0, -pixel_m, half))
    return found_in(path, model, looks)


def in_pixels(craters: Catalogue, pixel_m: float) -> np.ndarray:
    """Column and row from the middle, diameter in pixels, score, threshold, (n, 5)."""
    x, y = np.radians(craters.positions.T) * sphere.RADIUS_M / pixel_m
    threshold = np.full(len(craters), craters.threshold("balanced"))
    sizes = craters.diameters * 1000.0 / pixel_m
    return np.column_stack([x, -y, sizes, craters.scores, threshold])


def changed_heights(heights: np.ndarray, pixel_m: float) -> Iterator[tuple]:
    """Names, changed heights, and functions that move positions back."""
    rows, columns = np.mgrid[: heights.shape[0], : heights.shape[1]] * pixel_m
    slope = np.tan(np.radians(2.0))
    yield "turned by 90 degrees", np.rot90(heights).copy(), lambda xy: xy[:, ::-1] * [-1.0, 1.0]
    yield "turned by 180 degrees", np.rot90(heights, 2).copy(), lambda xy: -xy
    yield "mirrored", heights[:, ::-1].copy(), lambda xy: xy * [-1.0, 1.0]
    yield "mirrored downwards", heights[::-1].copy(), lambda xy: xy * [1.0, -1.0]
    yield "plane of 2 degrees", heights + slope * (0.6 * columns + 0.8 * rows), lambda xy: xy
    yield "500 m higher", heights + 500.0, lambda xy: xy


def balanced_inside(craters: np.ndarray, side_px: int) -> np.ndarray:
    """Craters above the threshold that lie well inside."""
    inside = np.abs(craters[:, :2]).max(axis=1) < side_px / 2 - EDGE_PX
    return craters[inside & (craters[:, 3] >= craters[:, 4]) & (craters[:, 2] >= LEAST_PX)]


def again(wanted: np.ndarray, found: np.ndarray, side_px: int) -> float:
    """Share of craters with a match among all that were found above half the threshold."""
    some = balanced_inside(wanted, side_px)
    others = found[found[:, 3] >= 0.5 * found[:, 4]]
    apart = np.linalg.norm(some[:, None, :2] - others[None, :, :2], axis=2) / some[:, 2, None]
    ratio = np.abs(np.log(some[:, 2, None] / others[None, :, 2]))
    return float(((apart < 0.1) & (ratio < np.log(1.1))).any(axis=1).mean())


PLACES = {
    "equator, equirectangular": (-15.0, 0.0, "+proj=eqc +lon_0=-15"),
    "60 north, degrees": (20.0, 60.0, "+proj=longlat"),
    "antimeridian, degrees": (180.0, 60.0, "+proj=longlat"),
    "antimeridian, 0..360": (180.0, 0.0, "+proj=eqc +lon_0=180"),
    "pole, polar stereographic": (0.0, 90.0, "+proj=stere +lat_0=90 +lon_0=0"),
}


@main.command()
@click.option("--looks", type=int, default=None)
@click.option("--side", default=1024, show_default=True, help="Of the scene, pixels.")
@model_option
def places(looks: int | None, side: int, model: Path | None) -> None:
    """Recall of rendered craters wherever they lie, and the number of twins."""
    print("| place | craters | recall | precision | twins |\n|---|---|---|---|---|")
    with TemporaryDirectory() as folder:
        for name, (lon, lat, proj) in PLACES.items():
            ground, path = Path(folder) / "ground.tif", Path(folder) / "view.tif"
            craters = lay_scene(ground, lon, lat, side)
            warp(ground, lon, proj, path)
            found = found_in(path, model, looks)
            result = balanced_scores(found, craters)
            count = int((craters.diameters >= LEAST_RENDERED_PX * PIXEL_M / 1000.0).sum())
            print(
                f"| {name} | {count} | {result.recall:.3f} | {result.precision:.3f} "
                f"| {count_twins(found)} |",
                flush=True,
            )


def lay_scene(path: Path, lon: float, lat: float, side: int) -> Catalogue:
    """Lay rendered heights round a point, and place their craters."""
    pixel_m = PIXEL_M
    scene = render_scene(side, side, pixel_size_m=pixel_m, seed=11)
    crs, half = stereographic.local_frame(lon, lat), side / 2.0
    affine = Affine(pixel_m, 0, -half * pixel_m, 0, -pixel_m, half * pixel_m)
    write(path, scene.elevation_m, crs.to_wkt(), affine)
    x, y = affine @ (scene.craters["x"].to_numpy(), scene.craters["y"].to_numpy())
    lon_, lat_ = sphere.to_lonlat(crs, x, y)
    diameters = scene.craters["diameter_px"].to_numpy() * pixel_m / 1000.0
    inside = np.maximum(np.abs(x), np.abs(y)) < (half - EDGE_PX) * pixel_m
    table = pd.DataFrame({"lon": lon_, "lat": lat_, "diameter_km": diameters})[inside]
    return Catalogue(table, sphere.geographic_crs())


def recall_of(found: Catalogue, craters: Catalogue) -> float:
    """Recall at the balanced threshold."""
    return balanced_scores(found, craters).recall


def balanced_scores(found: Catalogue, craters: Catalogue) -> OperatingPoint:
    """Scores at the balanced threshold."""
    least_km = LEAST_RENDERED_PX * PIXEL_M / 1000.0
    matches = match_craters(found, from_catalogue(craters), RULE, min_diameter=least_km)
    return compute_scores(matches, found.threshold("balanced")).chosen


def count_twins(found: Catalogue) -> int:
    """Number of pairs of craters at the balanced threshold that are one crater."""
    some = found.filter(found.threshold("balanced"))
    points = sphere.unit_vectors(*some.positions.T) * sphere.RADIUS_M / 1000.0
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    small = np.minimum(some.diameters[:, None], some.diameters[None])
    ratio = np.abs(np.log(some.diameters[:, None] / some.diameters[None]))
    return int(((apart < 0.25 * small) & (ratio < np.log(1.3))).sum() - len(some)) // 2


def warp(ground: Path, lon: float, proj: str, path: Path) -> None:
    """A view of a square of ground round a longitude, its pixels as large there, or smaller."""
    crs = CRS.from_user_input(f"{proj} +R={sphere.RADIUS_M} +units=m +no_defs")
    with rasterio.open(ground) as square:
        if crs.is_geographic:
            affine, width, height = degrees_round(square, lon)
        else:
            affine, width, height = fine_enough(square, crs.to_wkt())
        values = np.full((height, width), np.nan, np.float32)
        reproject(
            rasterio.band(square, 1), values, dst_crs=crs.to_wkt(), dst_transform=affine,
            dst_nodata=np.nan, resampling=Resampling.cubic,
        )  # fmt: skip
    write(path, values, crs.to_wkt(), affine)


def degrees_round(square: rasterio.DatasetReader, lon: float) -> tuple[Affine, int, int]:
    """A grid in degrees per pixel, which goes on past 180 degrees."""
    across, down = np.meshgrid(*[np.linspace(0.0, square.width, 41)] * 2)
    here = square.transform @ (across, down)
    x, y = sphere.to_lonlat(CRS.from_wkt(square.crs.to_wkt()), *here)
    x = lon + np.mod(x - lon + 180.0, 360.0) - 180.0
    step = float(np.degrees(square.res[0] / sphere.RADIUS_M))
    width, height = (int(np.ceil(np.ptp(axis) / step)) for axis in (x, y))
    return Affine(step, 0, x.min(), 0, -step, y.max()), width, height


def write(path: Path, heights: np.ndarray, crs: str, affine: Affine) -> None:
    """Write heights in metres."""
    height, width = heights.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype="float32", nodata=np.nan, crs=crs,
        transform=affine, width=width, height=height, tiled=True, compress="deflate",
    ) as raster:  # fmt: skip
        raster.write(heights.astype(np.float32), 1)
        raster.units = ("m",)


@main.command()
@click.argument("dem", type=click.Path(path_type=Path))
@click.option("--workers", type=int, default=None)
@model_option
def cost(dem: Path, workers: int | None, model: Path | None) -> None:
    """Time of a search by looks, over that of a picture of the same size."""
    with TemporaryDirectory() as folder:
        kinds = [("picture", False, None), *((f"{n} looks", True, n) for n in (1, 4))]
        seconds = {name: np.inf for name, _, _ in kinds}
        for attempt in range(2):
            for name, elevation, looks in kinds:
                file = (model if elevation else None) or shipped_model(relief=elevation)
                begun = time.perf_counter()
                source = open_source([dem], file, SourceOptions(elevation=elevation))
                run = Path(folder) / f"{name} {attempt}"
                detect(source, run, file, DetectOptions(looks=looks, workers=workers))
                seconds[name] = min(seconds[name], time.perf_counter() - begun)
    print("| search | seconds | times a picture |\n|---|---|---|")
    for name, took in seconds.items():
        print(f"| {name} | {took:.1f} | {took / seconds['picture']:.2f} |")


if __name__ == "__main__":
    main()
