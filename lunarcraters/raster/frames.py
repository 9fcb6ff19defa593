"""Frames: local stereographic frames that hold the cores of tiles."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lunarcraters import moon
from lunarcraters.errors import TileSetError
from lunarcraters.raster.blocks import Box
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.partition import Cut, cut, filled, hits

Float = NDArray[np.float64]

WIDEST_CORE_DEG = 60.0
"""Longest side of a core on the ground: beyond, a stereographic frame has too many scales."""

EDGE_PX = 16
"""Pixels of nothing that are shown where data end, if there is room.

A network finds less beside its own edge than beside an end of the data within its view.
"""

_POINTS = 17
_MARGIN_PX = 1.0
_BEND = 0.98
_TRIM_POINTS = 33  # along a frame, to see where it has ground
_GROWTH = (1.0, 1.1, 1.2, 1.35, 1.5)


@dataclass(frozen=True)
class Ground:
    """A box of a mosaic, to be cut into cores for local frames.

    Attributes:
        mosaic: Whose ground it is.
        box: Mosaic pixels.
        level: Octave.
        max_size: Largest frame, pixels.
        halo: Margin of a core within its frame, pixels.
    """

    mosaic: Mosaic
    box: Box
    level: int
    max_size: int
    halo: int

    @property
    def goes_round(self) -> bool:
        """Whether its western edge is the eastern neighbour of its eastern edge."""
        return self.mosaic.goes_round and self.box[2] == self.mosaic.width

    @property
    def has_pole(self) -> bool:
        """Whether a pole lies on its first or last row."""
        column, row, width, height = self.box
        x = column + width / 2.0
        _, lat = self.mosaic.to_lonlat([x, x], [row + 0.5, row + height - 0.5])
        _, inward = self.mosaic.to_lonlat([x, x], [row + 2.5, row + height - 2.5])
        # Half a pixel from the pole, within the rounding of what the mosaic's maker called a pole.
        # (A row beyond it, NaN, is no smaller.)
        return not bool((np.abs(lat) + np.abs(inward - lat) / 2.0 < 90.0).all())


@dataclass(frozen=True)
class Fit:
    """Where cores lie in stereographic frames centred on them, arrays over the cores.

    Attributes:
        cores: (n, 4) boxes in mosaic pixels.
        lon: Of the frames' centres.
        lat: Of the frames' centres.
        gsd_m: Ground size of a frame pixel.
        low: (n, 2) least x and y of the core with its halo, frame pixels from the frame's centre,
            y up.
        high: (n, 2) greatest x and y.
        at_limb: (n,) whether part of the core lies off the Moon: it may reach a little further.
    """

    cores: NDArray[np.int64]
    lon: Float
    lat: Float
    gsd_m: Float
    low: Float
    high: Float
    at_limb: NDArray[np.bool_]

    @property
    def needs(self) -> Float:
        """Sides of the squares that hold each core with its halo, pixels."""
        return np.asarray((self.high - self.low).max(axis=1) + 2.0 * _MARGIN_PX)


def rows_of_frames(ground: Ground) -> list[Fit]:
    """Cut ground into rows of cores, each of as many as its latitudes ask for.

    Ground that fits one frame needs no more halo than an edge: there is nothing beyond it.

    Raises:
        TileSetError: No frame of the largest size can hold a core and its halo.
    """
    rows = ground.box[1], ground.box[3]
    if not (ground.goes_round or ground.has_pole):
        for halo in (min(EDGE_PX, ground.halo), 0):
            whole = fit_frames(ground.mosaic, np.array([ground.box]), ground.level, halo)
            if len(whole.cores) and whole.needs[0] <= _limit(ground, rows, halo):
                return [whole]
    _, down = _lengths_px(ground, rows)
    # A little less than would fit, because rows bend in frames.
    limit = 2.0 * ground.halo + _BEND * (_limit(ground, rows, ground.halo) - 2.0 * ground.halo)
    bands = _whole(cut(down, limit, ground.halo, goes_on=True), rows[0], rows[1] / down)
    fits = [_row_of_frames(ground, band) for band in bands]
    fits = [fit for fit in fits if len(fit.cores)]
    return fits if len(ground.mosaic.extents) == 1 else [_trimmed(ground, fit) for fit in fits]


def _trimmed(ground: Ground, fit: Fit) -> Fit:
    """The same without the halo that has no ground."""
    mosaic = ground.mosaic
    share = np.linspace(0.0, 1.0, _TRIM_POINTS)
    side = fit.high - fit.low
    x = fit.low[:, 0, None, None] + side[:, 0, None, None] * share[None, None, :]
    y = fit.low[:, 1, None, None] + side[:, 1, None, None] * share[None, :, None]
    x, y = np.broadcast_arrays(x, y)
    lon, lat, gsd_m = (values[:, None, None] for values in (fit.lon, fit.lat, fit.gsd_m))
    arc = 2.0 * np.arctan(np.hypot(x, y) * gsd_m / (2.0 * mosaic.radius_m))
    column, row = mosaic.from_lonlat(*moon.ahead(lon, lat, np.arctan2(x, y), arc))
    if mosaic.goes_round:
        column = np.mod(column, mosaic.width)
    there = hits(column, row, mosaic.extents)
    plane, step = np.stack([x, y], axis=-1), side / (_TRIM_POINTS - 1)
    least = np.where(there[..., None], plane, np.inf).min(axis=(1, 2)) - step
    greatest = np.where(there[..., None], plane, -np.inf).max(axis=(1, 2)) + step
    core = fit.low + ground.halo, fit.high - ground.halo
    return replace(
        fit,
        low=np.clip(least, fit.low, core[0]),
        high=np.clip(greatest, core[1], fit.high),
    )


def _row_of_frames(ground: Ground, band: tuple[int, int]) -> Fit:
    column, _, width, _ = ground.box
    across, _ = _lengths_px(ground, band)
    limit = _limit(ground, band, ground.halo)
    for growth in _GROWTH:
        cuts = cut(across * growth, limit, ground.halo, goes_on=True)
        columns = _whole(cuts, column, width / (across * growth))
        cores = np.array([(x, band[0], length, band[1]) for x, length in columns], np.int64)
        cores, _ = filled(cores, ground.mosaic.extents)
        fit = fit_frames(ground.mosaic, cores, ground.level, ground.halo)
        if (fit.needs <= ground.max_size).all():
            return fit
    return _split(ground, fit)


def _split(ground: Ground, fit: Fit) -> Fit:
    """Halve cores until each fits: the limb of an orthographic mosaic asks for it."""
    while (too_large := fit.needs > ground.max_size).any():
        halves = [half for core in fit.cores[too_large] for half in _halves(ground, core)]
        cores = np.concatenate([fit.cores[~too_large], np.array(halves, np.int64)])
        cores, _ = filled(cores, ground.mosaic.extents)
        fit = fit_frames(ground.mosaic, cores, ground.level, ground.halo)
    return fit


def _halves(ground: Ground, core: NDArray[np.int64]) -> tuple[Box, Box]:
    x, y, width, height = (int(number) for number in core)
    centre = np.array([x + width / 2.0]), np.array([y + height / 2.0])
    along_x, along_y = np.linalg.norm(ground.mosaic.jacobian_m(*centre)[0], axis=0)
    if max(width, height) < 2:
        raise TileSetError(
            f"no frame of {ground.max_size} px holds the ground at column {x}, row {y} of "
            f"{ground.mosaic.name} at level {ground.level}: give fewer --levels, or cut it off"
        )
    if height < 2 or (width > 1 and not along_x * width < along_y * height):
        half = width // 2
        return (x, y, half, height), (x + half, y, width - half, height)
    half = height // 2
    return (x, y, width, half), (x, y + half, width, height - half)


def fit_frames(mosaic: Mosaic, cores: NDArray[np.int64], level: int, halo: int) -> Fit:
    """Stereographic frames centred on cores; cores that lie off the Moon are left out."""
    share = np.linspace(0.0, 1.0, _POINTS)
    x = cores[:, 0, None, None] + cores[:, 2, None, None] * share[None, None, :]
    y = cores[:, 1, None, None] + cores[:, 3, None, None] * share[None, :, None]
    to_lon, to_lat = mosaic.to_lonlat(*np.broadcast_arrays(x, y))
    lon, lat = mosaic.to_lonlat(*(cores[:, :2] + cores[:, 2:] / 2.0).T)
    # A core at the limb of the Moon may have its middle beyond it.
    points = np.nan_to_num(moon.unit_vectors(to_lon, to_lat)).sum(axis=(1, 2))
    ground_lon, ground_lat = moon.vectors_to_lonlat(points)
    off = ~np.isfinite(lon) & points.any(axis=1)
    lon, lat = np.where(off, ground_lon, lon), np.where(off, ground_lat, lat)
    gsd_m = meridian_gsd_m(mosaic, *mosaic.from_lonlat(lon, lat)) * 2**level
    on_moon = np.isfinite(gsd_m)
    lon, lat, gsd_m = lon[on_moon], lat[on_moon], gsd_m[on_moon]
    plane = stereographic_m(mosaic, lon, lat, to_lon[on_moon], to_lat[on_moon])
    plane /= gsd_m[:, None, None, None]
    low = np.nanmin(plane, axis=(1, 2)) if len(plane) else np.empty((0, 2))
    high = np.nanmax(plane, axis=(1, 2)) if len(plane) else np.empty((0, 2))
    at_limb = np.isnan(to_lon[on_moon]).any(axis=(1, 2))
    return Fit(cores[on_moon], lon, lat, gsd_m, low - halo, high + halo, at_limb)


def stereographic_m(mosaic: Mosaic, lon: Float, lat: Float, to_lon: Float, to_lat: Float) -> Float:
    """What `moon.local_frame` does, for many frames at once.

    Args:
        mosaic: Whose sphere it is.
        lon: (n,) centres.
        lat: (n,) centres.
        to_lon: (n, rows, columns) points.
        to_lat: (n, rows, columns) points.

    Returns:
        (n, rows, columns, 2) metres east and north of the centres.
    """
    centre, north = moon.unit_vectors(lon, lat), _north(lon, lat)
    east = np.cross(north, centre)
    points = moon.unit_vectors(to_lon, to_lat)
    x, y, z = (np.einsum("nijk,nk->nij", points, axis) for axis in (east, north, centre))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2.0 * mosaic.radius_m * np.stack([x, y], axis=-1) / (1.0 + z)[..., None])


def meridian_gsd_m(mosaic: Mosaic, x: Float, y: Float) -> Float:
    """North-south ground size of mosaic pixels at points, metres; NaN off the Moon.

    The fastest that one goes north by moving a pixel, whatever way the mosaic is turned.
    """
    north = _north(*mosaic.to_lonlat(x, y))
    return np.linalg.norm(np.einsum("nij,ni->nj", mosaic.jacobian_m(x, y), north), axis=1)


def stretch(mosaic: Mosaic) -> float:
    """Largest ratio of the longest to the shortest ground size of a pixel, over the extents."""
    boxes = np.array(mosaic.extents, float)
    share = np.linspace(0.0, 1.0, 9 if len(boxes) < 100 else 3)
    low, size = boxes[:, :2] + 0.5, np.maximum(boxes[:, 2:] - 1.0, 0.0)
    x = low[:, 0, None, None] + size[:, 0, None, None] * share[None, None, :]
    y = low[:, 1, None, None] + size[:, 1, None, None] * share[None, :, None]
    x, y = np.broadcast_arrays(x, y)
    per_pixel = mosaic.jacobian_m(x.ravel(), y.ravel())
    per_pixel = per_pixel[np.isfinite(per_pixel).all(axis=(1, 2))]
    sizes = np.linalg.svd(per_pixel, compute_uv=False)
    return float((sizes[:, 0] / np.maximum(sizes[:, 1], 1e-12)).max(initial=1.0))


def _north(lon: Float, lat: Float) -> Float:
    lon, lat = np.radians(lon), np.radians(lat)
    return np.stack([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)], axis=-1)


def _lengths_px(ground: Ground, band: tuple[int, int]) -> tuple[float, float]:
    """Greatest ground width and height of a band of rows, in frame pixels."""
    gsd_m, sizes_m = _sizes_m(ground, band)
    # The middle of each row, not its ends: at a limb pixels are of any size.
    sizes = (sizes_m / gsd_m[:, None]).reshape(_POINTS, _POINTS, 2)
    sizes = sizes[np.isfinite(sizes).any(axis=(1, 2))]
    widest, tallest = np.nanmax(np.nanmedian(sizes, axis=1), axis=0)
    scale = 2**ground.level
    return float(ground.box[2] * widest / scale), float(band[1] * tallest / scale)


def _limit(ground: Ground, band: tuple[int, int], halo: int) -> float:
    """Longest core with its halos, frame pixels."""
    gsd_m, _ = _sizes_m(ground, band)
    widest_px = (
        np.radians(WIDEST_CORE_DEG) * ground.mosaic.radius_m / (np.nanmin(gsd_m) * 2**ground.level)
    )
    return float(min(ground.max_size, widest_px + 2 * halo))


def _sizes_m(ground: Ground, band: tuple[int, int]) -> tuple[Float, Float]:
    """North-south ground size of a mosaic pixel, (n,), and those along x and y, (n, 2)."""
    share = np.linspace(0.0, 1.0, _POINTS)
    x = ground.box[0] + 0.5 + max(ground.box[2] - 1, 0) * share[None, :]
    y = band[0] + 0.5 + max(band[1] - 1, 0) * share[:, None]
    x, y = (grid.ravel() for grid in np.broadcast_arrays(x, y))
    gsd_m = meridian_gsd_m(ground.mosaic, x, y)
    if not np.isfinite(gsd_m).any():
        raise TileSetError(
            f"{ground.mosaic.name} does not lie on the Moon around column {x[0]:.0f}, row "
            f"{y[0]:.0f}: check its geotransform and coordinate system"
        )
    return gsd_m, np.linalg.norm(ground.mosaic.jacobian_m(x, y), axis=1)


def _whole(cuts: list[Cut], start: int, scale: float) -> list[tuple[int, int]]:
    """Start and length in whole mosaic pixels."""
    edges = [start + round(cuts[0][0] * scale), *(start + round(end * scale) for _, end in cuts)]
    return [(a, b - a) for a, b in pairwise(edges) if b > a]
