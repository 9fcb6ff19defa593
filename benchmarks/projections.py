"""Whether the same ground gives the same craters in every projection.

    python benchmarks/projections.py ../shared/data/gld100/equatorial_nearside.tif -15 15
    python benchmarks/projections.py ../shared/data/gld100/midlat_farside.tif -165 55
    python benchmarks/projections.py ../shared/data/gld100/north_cap.tif 180 68
    python benchmarks/projections.py sample_tiles/rendered_scene.tif 0 90 --as-if

Warps a square of ground round a point (longitude, latitude) into each projection, at the ground
resolution of the mosaic, searches each view, and compares what is found with what is found in a
stereographic view. `--as-if` takes the middle of the mosaic and lays it round that point instead,
so that a small scene can be tried anywhere on the Moon.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from rasterio.warp import Resampling, reproject

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.source import open_source
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import Reference
from lunarcraters.evaluation.rules import OffsetRule
from lunarcraters.geometry import sphere, stereographic
from lunarcraters.network.model_file import shipped_model

EDGE = 0.06  # of the side of the square: craters nearer to its edge are not compared


class CutApartError(Exception):
    """The square lies at both ends of a projection."""


@dataclass(frozen=True)
class View:
    """A square of ground in a projection."""

    name: str
    proj: str


def views(lon: float, lat: float) -> list[View]:
    """Six projections and two ways to count longitude, where they are of use at that latitude."""
    pole = "90" if lat >= 0 else "-90"
    everywhere = [
        View("polar stereographic", f"+proj=stere +lat_0={pole} +lon_0=0"),
        View("LAEA", f"+proj=laea +lat_0={lat} +lon_0={lon}"),
        View("transverse Mercator", f"+proj=tmerc +lat_0=0 +lon_0={lon}"),
    ]
    if abs(lat) > 85:
        return everywhere
    return [
        View("equirectangular, metres", f"+proj=eqc +lon_0={lon}"),
        View("equirectangular, degrees", "+proj=longlat"),
        View("equirectangular, 0..360", "+proj=eqc +lon_0=180"),
        View("Mercator", f"+proj=merc +lon_0={lon}"),
        View("sinusoidal", f"+proj=sinu +lon_0={lon}"),
        *everywhere,
    ]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("mosaic", type=click.Path(path_type=Path))
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@click.option("--side", default=1536, show_default=True, help="Of the square, mosaic pixels.")
@click.option("--least", default=12.0, show_default=True, help="Smallest crater, mosaic pixels.")
@click.option("--as-if", is_flag=True, help="Lay the middle of the mosaic round the point.")
@click.option("--mirrored", is_flag=True, help="Search as craters detect --mirrored does.")
def main(
    mosaic: Path, lon: float, lat: float, side: int, least: float, as_if: bool, mirrored: bool
) -> None:
    """Compare the craters of MOSAIC round LON, LAT in every projection."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        ground = folder / "stereographic.tif"
        first_view(mosaic, lon, lat, side, as_if, ground)
        wanted = found_in(ground, mirrored)
        count = len(wanted.filter(wanted.threshold("balanced")))
        print(f"stereographic: {count} craters at the balanced threshold")
        print("| projection | known | the same | offset, D | diameter |")
        print("|---|---|---|---|---|")
        for view in views(lon, lat):
            path = folder / "view.tif"
            proj = f"{view.proj} +R={sphere.RADIUS_M} +units=m +no_defs"
            try:
                warp(ground if as_if else mosaic, ground, proj, path)
            except CutApartError:
                continue
            found = agreement(wanted, found_in(path, mirrored), ground, least)
            shares = f"{found.known:.1%} | {found.same:.1%}"
            print(
                f"| {view.name} | {shares} | {found.offset:.3f} | {found.ratio:.3f} |", flush=True
            )


def first_view(mosaic: Path, lon: float, lat: float, side: int, as_if: bool, path: Path) -> None:
    """The square in a stereographic projection round its middle."""
    crs = stereographic.local_frame(lon, lat)
    with rasterio.open(mosaic) as raster:
        unit_m = 1.0 if raster.crs.is_projected else np.radians(1.0) * sphere.RADIUS_M
        gsd_m = raster.res[1] * unit_m
        affine = Affine(gsd_m, 0, -side / 2 * gsd_m, 0, -gsd_m, side / 2 * gsd_m)
        if as_if:
            left, top = (raster.width - side) // 2, (raster.height - side) // 2
            window = rasterio.windows.Window(max(left, 0), max(top, 0), side, side)
            values = raster.read(1, window=window)
        else:
            values = np.zeros((side, side), np.uint8)
            reproject(
                rasterio.band(raster, 1), values, dst_crs=crs.to_wkt(), dst_transform=affine,
                dst_nodata=0, src_nodata=0, resampling=Resampling.cubic,
            )  # fmt: skip
    write(path, values, crs.to_wkt(), affine)


def warp(source: Path, ground: Path, proj: str, path: Path) -> None:
    """A view of a square of ground in another projection, its pixels as large there, or smaller."""
    with rasterio.open(source) as raster, rasterio.open(ground) as square:
        crs = CRS.from_user_input(proj).to_wkt()
        affine, width, height = fine_enough(square, crs)
        values = np.zeros((height, width), np.uint8)
        reproject(
            rasterio.band(raster, 1), values, dst_crs=crs, dst_transform=affine, dst_nodata=0,
            src_nodata=0, resampling=Resampling.cubic,
        )  # fmt: skip
    write(path, values, crs, affine)


def fine_enough(raster: rasterio.DatasetReader, crs: str) -> tuple[Affine, int, int]:
    """A grid of square pixels over the view, of which the largest has the ground's resolution."""
    edge = np.linspace(0.0, 1.0, 41)
    across, down = np.meshgrid(edge * raster.width, edge * raster.height)
    here = raster.transform @ (across, down)
    lon, lat = sphere.to_lonlat(CRS.from_wkt(raster.crs.to_wkt()), *here)
    target = CRS.from_wkt(crs)
    x, y = sphere.from_lonlat(target, lon, lat)
    if np.ptp(x) > 0.9 * 2 * np.pi * sphere.RADIUS_M:
        raise CutApartError
    unit = 1.0 if target.is_projected else np.radians(1.0) * sphere.RADIUS_M
    # North-south a pixel of every one of these has its full length somewhere in the view.
    step = raster.res[0] * float(scale(target, lon, lat)) / unit
    left, top = x.min(), y.max()
    width, height = (int(np.ceil(np.ptp(axis) / step)) for axis in (x, y))
    return Affine(step, 0, left, 0, -step, top), width, height


def scale(crs: CRS, lon: np.ndarray, lat: np.ndarray) -> float:
    """The least that the projection enlarges a step to the north, within the view."""
    step = 0.01
    x0, y0 = sphere.from_lonlat(crs, lon, lat - step / 2)
    x1, y1 = sphere.from_lonlat(crs, lon, lat + step / 2)
    unit = 1.0 if crs.is_projected else np.radians(1.0) * sphere.RADIUS_M
    return float(
        np.nanmin(np.hypot(x1 - x0, y1 - y0)) * unit / (np.radians(step) * sphere.RADIUS_M)
    )


def write(path: Path, values: np.ndarray, crs: str, affine: Affine) -> None:
    """Write one band whose nodata is 0."""
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype="uint8", nodata=0, crs=crs, transform=affine,
        width=width, height=height, tiled=True, compress="deflate",
    ) as raster:  # fmt: skip
        raster.write(values, 1)


def found_in(path: Path, mirrored: bool) -> Catalogue:
    """The craters of a view."""
    model = shipped_model()
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        return detect(open_source([path], model), run, model, DetectOptions(tta=mirrored)).read()


@dataclass(frozen=True)
class Agreement:
    """How far two views of the same ground agree, craters well inside it matched one-to-one.

    Attributes:
        known: Share of the craters of either at the balanced threshold that the other has among
            those above the threshold `complete`: the smaller of the two.
        same: The same with both at the balanced threshold: craters that score next to it flicker.
        offset: Median distance of the centres, diameters.
        ratio: Median ratio of the diameters.
    """

    known: float
    same: float
    offset: float
    ratio: float


def agreement(ours: Catalogue, theirs: Catalogue, ground: Path, least_px: float) -> Agreement:
    """Compare two catalogues of the ground in a raster, craters of so many of its pixels."""
    balanced, complete = ours.threshold("balanced"), ours.threshold("complete")
    known, same = [], []
    for one, other in ((ours, theirs), (theirs, ours)):
        chosen = one.filter(balanced)
        known.append(pairs(other.filter(complete), chosen, ground, least_px)[0])
        share, reference, detected, offset = pairs(other.filter(balanced), chosen, ground, least_px)
        same.append(share)
    apart = np.linalg.norm(offset, axis=1) / reference
    return Agreement(
        min(known), min(same), float(np.median(apart)), float(np.median(detected / reference))
    )


def pairs(
    detections: Catalogue, wanted: Catalogue, ground: Path, least_px: float
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Share of `wanted` that has a match, and diameters and offsets of the matches."""
    positions = wanted.positions
    with rasterio.open(ground) as raster:
        x, y = sphere.from_lonlat(CRS.from_wkt(raster.crs.to_wkt()), *positions.T)
        half = raster.width * raster.res[0] / 2.0
        inside = np.maximum(np.abs(x), np.abs(y)) < half * (1.0 - 2.0 * EDGE)
        inside &= wanted.diameters >= least_px * raster.res[0] / 1000.0
    return compared(detections, wanted, inside)


def compared(
    detections: Catalogue, wanted: Catalogue, inside: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """The same of those of `wanted` that are `inside`."""
    diameters = wanted.diameters
    reference = Reference(
        positions=wanted.positions,
        diameters=diameters,
        boxes=np.column_stack([diameters, diameters]),
        clipped=~inside,
        radius_m=wanted.radius_m,
    )
    found = match_craters(detections, reference, OffsetRule(max_offset=0.25, max_ratio=1.25))
    true = found.true
    of = found.reference_of[true]
    share = len(of) / int(found.reference_counted.sum())
    return share, found.reference[of], found.detected[true], found.offset[true]


if __name__ == "__main__":
    main()
