"""Sampling: how many craters of which size are planted, and where."""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.completeness.freshness import compute_greatest_wear
from lunarcraters.completeness.plants import SIMPLE_KM, to_frame
from lunarcraters.completeness.regions import Region
from lunarcraters.detection.merging import MAX_IOU
from lunarcraters.geometry.circles import circle_iou
from lunarcraters.geometry.grid import Grid
from lunarcraters.tiling.plan import in_core
from lunarcraters.tiling.source import TileSource

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

CROWDING = 0.2
"""Largest sum of the areas of planted craters over the area of their region."""

_SPACING = 0.8  # least distance of two planted centres, sums of their diameters
_ATTEMPTS = 60  # at finding a place
_INSET = 0.3  # least distance of a centre from the edge of a core, diameters
_RIM_POINTS = 8


@dataclass(frozen=True, eq=False)
class CraterArrays:
    """Base of dataclasses of arrays with an entry for each crater."""

    def rows(self, which: Bool | Index) -> Self:
        """Take some of the craters.

        Args:
            which: True for each crater to take, (n,), or the indices of these.
        """
        return type(self)(*(getattr(self, field.name)[which] for field in fields(self)))


@dataclass(frozen=True, eq=False)
class Circles(CraterArrays):
    """Craters in a tile.

    Attributes:
        x: Columns of the centres, pixels of the tile, (n,).
        y: Rows of the centres, pixels of the tile, (n,).
        diameter: Diameters, pixels of the tile, (n,).
    """

    x: Float
    y: Float
    diameter: Float

    def iou(self, x: float, y: float, diameter: float) -> Float:
        """Compute the intersection over union of each with one circle, (n,)."""
        distance = np.hypot(self.x - x, self.y - y)
        return circle_iou(distance, self.diameter, np.full_like(self.diameter, diameter))


@dataclass(frozen=True, eq=False)
class Detections(CraterArrays):
    """Detections of a run, of any score.

    Attributes:
        positions: Longitude and latitude, degrees, or x and y, pixels of the mosaic, (n, 2).
        diameters: Diameters, km or pixels of the mosaic, (n,).
        scores: Calibrated scores, (n,).
        x: Columns, pixels of the mosaic, (n,).
        y: Rows, pixels of the mosaic, (n,).
    """

    positions: Float
    diameters: Float
    scores: Float
    x: Float
    y: Float

    @classmethod
    def of(cls, catalogue: Catalogue, source: TileSource) -> "Detections":
        """Take the detections of a catalogue."""
        x, y = source.mosaic.grid.from_positions(*catalogue.positions.T)
        return cls(catalogue.positions, catalogue.diameters, catalogue.scores, x, y)

    def within(self, region: Region, source: TileSource) -> "Detections":
        """Take those that are centred in the core of a region."""
        return self.rows(in_core(source.mosaic, region.tiles[0], self.x, self.y))


@dataclass(frozen=True, eq=False)
class Sites(CraterArrays):
    """Places and sizes of craters to be planted in a region.

    Attributes:
        positions: Longitude and latitude, degrees, or x and y, pixels of the mosaic, (n, 2).
        diameters: Diameters, km or pixels of the mosaic, (n,).
        wear: Diffusion lengths over the radius, (n,).
        seed: Seeds of the shapes of the rims, (n,).
    """

    positions: Float
    diameters: Float
    wear: Float
    seed: Index


def choose_counts(wanted: Float, diameters_px: Float, area_px: float) -> Index:
    """Choose how many craters of each bin are planted in a region, so that they do not crowd.

    Args:
        wanted: Numbers that are still wanted, (bins,).
        diameters_px: Diameters in the middle of each bin, pixels, (bins,).
        area_px: Area of the region, square pixels.
    """
    covered = float((wanted * np.pi / 4.0 * diameters_px**2).sum())
    share = min(1.0, CROWDING * area_px / max(covered, 1e-9))
    return np.asarray(np.ceil(wanted * share), np.int64)


def choose_sites(
    region: Region,
    source: TileSource,
    valid: Bool,
    detections: Circles,
    counts: Index,
    edges: Float,
    rng: np.random.Generator,
) -> Sites:
    """Choose places and sizes of craters, the largest first.

    Sizes are log-uniform in each bin. The square of the wear is uniform up to where a crater is not
    visible any more, as on a surface where craters form at a constant rate and diffusion removes
    them. A crater stays clear of the others, of ground without data, and of detections of the run
    that could be taken for it.

    Args:
        region: Region.
        source: Source of the run.
        valid: Validity of the pixels of the region's first tile, (size, size).
        detections: Detections of the run, of any score, in this tile.
        counts: Number of craters of each bin, (bins,).
        edges: Edges of the bins, km or pixels of the mosaic, (bins + 1,).
        rng: Random number generator.
    """
    frame = region.tiles[0].frame
    pixel = _pixel_size(frame)
    sizes = _draw_sizes(counts, edges, rng) / pixel
    places = rng.uniform(0.0, frame.width, (len(sizes), _ATTEMPTS, 2))
    possible = _are_inside(region, source, places, sizes) & _are_on_data(places, sizes, valid)
    placed: list[tuple[float, float, float]] = []
    for diameter, some, fit in zip(sizes.tolist(), places, possible, strict=True):
        taken = _as_circles(placed)
        for x, y in some[fit].tolist():
            if _is_free(x, y, diameter, taken, detections):
                placed.append((x, y, diameter))
                break
    circles = _as_circles(placed)
    positions = np.column_stack(frame.to_positions(circles.x, circles.y))
    diameters = circles.diameter * pixel
    greatest = [
        compute_greatest_wear(d if frame.has_crs else SIMPLE_KM) for d in diameters.tolist()
    ]
    wear = np.array(greatest) * np.sqrt(rng.random(len(diameters)))
    seed = rng.integers(0, 1 << 31, len(diameters))
    return Sites(positions, diameters, wear, seed)


def _as_circles(placed: list[tuple[float, float, float]]) -> Circles:
    return Circles(*np.array(placed, float).reshape(-1, 3).T)


def _draw_sizes(counts: Index, edges: Float, rng: np.random.Generator) -> Float:
    """Draw diameters log-uniform in each bin, the largest first."""
    drawn = [
        np.exp(rng.uniform(low, high, count))
        for low, high, count in zip(
            np.log(edges[:-1]).tolist(), np.log(edges[1:]).tolist(), counts.tolist(), strict=True
        )
    ]
    return -np.sort(-np.concatenate([np.empty(0), *drawn]))


def locate(positions: Float, diameters: Float, region: Region, source: TileSource) -> Circles:
    """Locate craters in the first tile of a region.

    Args:
        positions: Longitude and latitude, degrees, or x and y, pixels of the mosaic, (n, 2).
        diameters: Diameters, km or pixels of the mosaic, (n,).
        region: Region.
        source: Source of the run.
    """
    size_m = source.mosaic.meridian_pixel_size_m
    pixel_size_m = None if size_m is None else size_m * 2.0**region.octave
    return Circles(*to_frame(positions, diameters, region.tiles[0].frame, pixel_size_m))


def _pixel_size(frame: Grid) -> float:
    """Size of a pixel at the centre of a tile, km; without a coordinate system, mosaic pixels."""
    if not frame.has_crs:
        return float(np.sqrt(abs(frame.affine.determinant)))
    centre = np.array([frame.width / 2.0])
    return float(frame.meridian_pixel_size_m(centre, centre)[0]) / 1000.0


def _are_inside(region: Region, source: TileSource, places: Float, sizes: Float) -> Bool:
    """Which centres (n, k, 2) of craters (n,) lie in the core, and not at its edge, (n, k)."""
    tile = region.tiles[0]
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    around = places[:, :, None] + _INSET * sizes[:, None, None, None] * corners
    positions = tile.frame.to_positions(*around.reshape(-1, 2).T)
    inside = in_core(source.mosaic, tile, *source.mosaic.grid.from_positions(*positions))
    return np.asarray(inside.reshape(around.shape[:3]).all(axis=2))


def _are_on_data(places: Float, sizes: Float, valid: Bool) -> Bool:
    """Which craters have data at their centres and on their rims, (n, k)."""
    turn = np.linspace(0.0, 2.0 * np.pi, _RIM_POINTS, endpoint=False)
    points = np.vstack([np.zeros((1, 2)), np.column_stack([np.cos(turn), np.sin(turn)]) / 2.0])
    around = places[:, :, None] + sizes[:, None, None, None] * points
    columns, rows = np.moveaxis(np.floor(around).astype(int), -1, 0)
    side = valid.shape[0]
    inside = (columns >= 0) & (columns < side) & (rows >= 0) & (rows < side)
    clipped = valid[np.clip(rows, 0, side - 1), np.clip(columns, 0, side - 1)]
    return np.asarray((inside & clipped).all(axis=2))


def _is_free(x: float, y: float, diameter: float, taken: Circles, detections: Circles) -> bool:
    """Whether a crater is clear of others, and of detections that could be taken for it."""
    near = np.hypot(taken.x - x, taken.y - y) < _SPACING * (taken.diameter + diameter)
    if near.any():
        return False
    ratio = detections.diameter / diameter
    alike = (ratio > MAX_IOU**0.5) & (ratio < MAX_IOU**-0.5)
    alike &= np.abs(detections.x - x) < diameter
    return not (detections.rows(alike).iou(x, y, diameter) > MAX_IOU).any()
