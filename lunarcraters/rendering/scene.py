"""Rendered lunar scenes: cratered terrain under a low sun, with a complete crater list."""

from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from lunarcraters.elevation.shading import shade
from lunarcraters.rendering.population import (
    LARGEST_PX,
    MARGIN_PX,
    MIDDLE_PX,
    SMALLEST_LISTED_PX,
    Population,
    add_small_craters,
    make_population,
)
from lunarcraters.rendering.profiles import EJECTA_REACH, compute_crater_profile
from lunarcraters.rendering.relief import (
    blur,
    compute_replaced_share,
    draw_hummocks,
    draw_uneven_rim,
)

Float = NDArray[np.float64]
Float32 = NDArray[np.float32]

# A crater is listed while so large a share of its depth and of its rim is left. A point of the rim
# is lost when later craters have replaced more than half of it.
_LEAST_RELIEF = 0.25
_LEAST_RIM = 0.5
_PEPPER = 0.3  # diameter of later craters below which they replace a rim piece by piece, diameters
_RIM_POINTS = 24
_FRESH_AGE = 0.06


@dataclass(frozen=True)
class Scene:
    """A rendered scene.

    Attributes:
        elevation_m: Elevations, metres, (height, width), float32.
        image: Grey values of the camera, 1 to 255, (height, width), uint8.
        craters: Table with columns x, y and diameter_px of each crater of 4 px and more that is
            still visible and has its centre in the frame.
        peppered: Table of the craters that are not listed for their rim alone, and would be if
            later craters smaller than 0.3 of their diameter had left it.
    """

    elevation_m: Float32
    image: NDArray[np.uint8]
    craters: pd.DataFrame
    peppered: pd.DataFrame


def render_scene(
    width: int,
    height: int,
    pixel_size_m: float = 100.0,
    seed: int = 0,
    *,
    sun_azimuth_deg: float = 280.0,
    sun_elevation_deg: float = 25.0,
    coverage: float = 0.45,
) -> Scene:
    """Render a cratered lunar surface as an orbiting camera sees it.

    Sizes follow Neukum's production function from 6 to 400 px, and D^-2 from 3 to 6 px. Craters
    form one after another on self-affine relief, and each replaces the ground that it excavates or
    buries. Diffusion wears craters down with age (Fassett and Thomson 2014, JGR 119, 2255), small
    craters more than large ones. A crater is listed while its rim stands at least a quarter as far
    above the ground at half its radius as when it was fresh, and at least half of its rim is
    neither excavated nor buried by later craters.

    Args:
        width: Number of columns.
        height: Number of rows.
        pixel_size_m: Ground size of a pixel, metres.
        seed: Seed of all random numbers; the same seed gives the same scene.
        sun_azimuth_deg: Azimuth of the sun, degrees clockwise from north (up).
        sun_elevation_deg: Height of the sun above the horizon, degrees.
        coverage: Sum of the areas of all craters of 6 px and more over the area of the scene. 0.4
            at 100 m/px is a highland surface of 4.0 Ga.
    """
    rng = np.random.default_rng(seed)
    shape = (height + 2 * MARGIN_PX, width + 2 * MARGIN_PX)
    population = make_population(rng, width, height, pixel_size_m, coverage)
    # A generator of their own: small craters do not change the larger ones.
    small_rng = np.random.default_rng([seed, 1])
    population = add_small_craters(small_rng, population, width, height)
    elevation = _self_affine(rng, shape, hurst=0.8) * np.float32(0.05 * pixel_size_m)
    albedo = 1.0 + np.float32(0.07) * _normalised(_self_affine(rng, shape, hurst=0.6))
    texture = _normalised(_self_affine(rng, (512, 512), hurst=0.95))
    for i in range(len(population.x)):
        _add_crater(elevation, albedo, texture, population, i, pixel_size_m, rng)
    reflectance = shade(
        elevation,
        pixel_size_m,
        sun_azimuth_deg=sun_azimuth_deg,
        sun_elevation_deg=sun_elevation_deg,
    )
    inner = (slice(MARGIN_PX, MARGIN_PX + height), slice(MARGIN_PX, MARGIN_PX + width))
    image = _expose(reflectance * albedo, rng)
    visible = _find_visible(population, elevation, pixel_size_m, (width, height))
    craters, peppered = (_tabulate(population, indices) for indices in visible)
    return Scene(np.ascontiguousarray(elevation[inner]), image[inner].copy(), craters, peppered)


def _add_crater(
    elevation: Float32,
    albedo: Float32,
    texture: Float32,
    population: Population,
    index: int,
    pixel_size_m: float,
    rng: np.random.Generator,
) -> None:
    """Add one crater to `elevation` and `albedo`, in place."""
    radius = population.diameter_px[index] / 2
    centre = np.array([population.x[index], population.y[index]]) + MARGIN_PX
    low = np.maximum(np.floor(centre - EJECTA_REACH * radius).astype(int), 0)
    high = np.minimum(np.ceil(centre + EJECTA_REACH * radius).astype(int), elevation.shape[::-1])
    box = (slice(low[1], high[1]), slice(low[0], high[0]))
    dx = np.arange(low[0], high[0], dtype=np.float32) + np.float32(0.5 - centre[0])
    dy = np.arange(low[1], high[1], dtype=np.float32) + np.float32(0.5 - centre[1])
    ratio: Float32 = np.sqrt(dx[None, :] ** 2 + dy[:, None] ** 2) * np.float32(1.0 / radius)
    if radius > 8:
        # The unevenness is that of the rim: it fades inwards.
        ratio *= 1.0 + draw_uneven_rim(dx, dy, rng) * np.minimum(ratio, 1.0) ** 2
    fresh = compute_crater_profile(
        ratio, float(population.diameter_px[index] * pixel_size_m / 1000.0)
    )
    wear = _wear(population.diameter_px[index], population.age[index])
    worn = blur(fresh, wear * radius)
    if radius > 8:
        worn += draw_hummocks(texture, ratio, radius * pixel_size_m, rng)
    ground = elevation[box]
    replaced = compute_replaced_share(ratio)
    level = blur(ground, 0.8 * radius)
    elevation[box] = ground + replaced * (level - ground) + worn
    bright = np.float32(0.6 * np.exp(-population.age[index] / _FRESH_AGE))
    albedo[box] += bright * np.minimum(1.0, ratio**-3) * (ratio < EJECTA_REACH)


def _wear(diameter_px: float, age: float) -> float:
    """Diffusion length over crater radius, for an age of 0 to 1."""
    # Large craters wear more slowly, but less so than with one diffusivity for all sizes, because
    # diffusivity grows with size (Xie et al. 2017, GRL 44, 10171).
    return float(0.85 * np.sqrt(age) * (diameter_px / MIDDLE_PX) ** -0.5)


def _self_affine(rng: np.random.Generator, shape: tuple[int, int], hurst: float) -> Float32:
    """Periodic fractal relief with slopes of about 1 between neighbouring pixels.

    Lunar relief is self-affine with Hurst exponents of 0.7 to 0.95 (Rosenburg et al. 2011, JGR 116,
    E02001).
    """
    rows, columns = np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None, :]
    frequency = np.hypot(rows, columns)
    # Waves longer than the largest crater would tilt the whole scene.
    amplitude = np.maximum(frequency, 1.0 / LARGEST_PX) ** -(1.0 + hurst)
    amplitude[0, 0] = 0.0
    noise = np.fft.rfft2(rng.standard_normal(shape))
    field = np.fft.irfft2(noise * amplitude, shape)
    return np.asarray(field / np.std(np.diff(field, axis=1)), np.float32)


def _normalised(field: Float32) -> Float32:
    return field / np.float32(field.std())


def _expose(radiance: Float32, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Image of a camera: optics half a pixel wide, exposure, photon and read-out noise, 8 bits."""
    blurred = cv2.GaussianBlur(radiance, (0, 0), 0.5)
    blurred *= 85.0 / np.median(blurred)
    noise = rng.standard_normal(blurred.shape, np.float32)
    noisy = blurred + noise * np.sqrt(np.float32(0.5) + np.float32(0.02) * blurred)
    # 0 is reserved for nodata.
    return np.clip(np.rint(noisy), 1, 255).astype(np.uint8)


def _tabulate(population: Population, indices: NDArray[np.intp]) -> pd.DataFrame:
    """Table of some craters, row by row of the image."""
    craters = pd.DataFrame({"x": population.x, "y": population.y})
    craters["diameter_px"] = population.diameter_px
    return craters.iloc[indices].sort_values(["y", "x"], ignore_index=True)


def _find_visible(
    population: Population, elevation: Float32, pixel_size_m: float, size: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the craters to list, and of the peppered ones: see `Scene` for the rules."""
    x, y, diameter = population.x, population.y, population.diameter_px
    inside = (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
    indices = np.flatnonzero(inside & (diameter >= SMALLEST_LISTED_PX))
    depth = _depth_m(population, elevation, indices)
    diameters_km = diameter[indices] * pixel_size_m / 1000.0
    at_rim_and_halfway = [compute_crater_profile([1.0, 0.5], d) for d in diameters_km]
    fresh_depth = -np.diff(np.reshape(at_rim_and_halfway, (-1, 2)), axis=1)[:, 0]
    indices = indices[depth >= _LEAST_RELIEF * fresh_depth]
    listed = _rim_shares(population, indices) >= _LEAST_RIM
    others = indices[~listed]
    left_by_large = _rim_shares(population, others, _PEPPER) >= _LEAST_RIM
    return indices[listed], others[left_by_large]


def _depth_m(population: Population, elevation: Float32, indices: NDArray[np.intp]) -> Float:
    """Depth of the ground at half a radius below the rim, mean over all directions, metres."""
    on_circle = []
    for share in (1.0, 0.5):
        x, y = np.moveaxis(_circle(population, indices, share) + (MARGIN_PX - 0.5), -1, 0)
        on_circle.append(map_coordinates(elevation, [y, x], order=1, mode="nearest").mean(axis=1))
    return np.asarray(on_circle[0] - on_circle[1], float)


def _circle(population: Population, indices: NDArray[np.intp], share: float) -> Float:
    """Points at a share of the radius around some craters, (n, points, 2)."""
    angles = np.linspace(0.0, 2.0 * np.pi, _RIM_POINTS, endpoint=False)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    centres = np.column_stack([population.x, population.y])[indices, None]
    return centres + directions * (share / 2.0 * population.diameter_px[indices, None, None])


def _rim_shares(population: Population, indices: NDArray[np.intp], least: float = 0.0) -> Float:
    """Share of the rim of some craters that later craters have neither excavated nor buried.

    Args:
        population: All craters.
        indices: Those whose rims are looked at, (n,).
        least: Diameter of the later craters that count, diameters of the earlier one.

    Returns:
        Shares, 0 to 1, (n,).
    """
    centres = np.column_stack([population.x, population.y])
    radius = population.diameter_px / 2
    points = _circle(population, indices, 1.0).reshape(-1, 2)
    owner = np.repeat(indices, _RIM_POINTS)
    left = np.ones(len(owner))
    # At 1.19 radii a later crater replaces half of the relief; beyond 1.5 radii little.
    nearby = cKDTree(points).query_ball_point(centres, 1.5 * radius)
    for later, near_points in enumerate(nearby):
        older = np.array(near_points, int)
        older = older[owner[older] < later]
        older = older[radius[later] >= least * radius[owner[older]]]
        if len(older):
            distance = np.linalg.norm(points[older] - centres[later], axis=1) / radius[later]
            left[older] *= 1.0 - compute_replaced_share(distance.astype(np.float32))
    return (left.reshape(-1, _RIM_POINTS) > 0.5).mean(axis=1)
