"""Sunlight: the azimuth and altitude of the sun, given, read from a label or estimated.

They are estimated from the dipoles of detected craters: see `dipoles`.
"""

from collections.abc import Sequence

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from lunarcraters.completeness.dipoles import measure_dipoles, project
from lunarcraters.completeness.freshness import compute_greatest_wear
from lunarcraters.completeness.plan import Planned
from lunarcraters.completeness.plants import (
    SIMPLE_KM,
    Plants,
    compute_light,
    find_north_deg,
    is_mirrored,
)
from lunarcraters.completeness.record import Sun
from lunarcraters.completeness.sampling import Circles
from lunarcraters.errors import RunError
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.labels.sun import read_sun_altitude_deg
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.opening import open_dataset

Float = NDArray[np.float64]

_NO_SUN = (
    "the bright sides of the detected craters do not agree on where the sun stands: give "
    "--sun-azimuth and --sun-altitude"
)
_FEWEST = 10  # craters from which the sun is estimated
_LEAST_AGREEMENT = 0.3
_LARGEST_ERROR_DEG = 20.0
_REGIONS_AGREE = 0.9
_CONTRADICTION_DEG = 60.0
_CLEARLY_BETTER = 1.5  # agreement if light comes from one side of the picture, to that by north
_CLEAR = 0.9  # quantile of dipoles by which altitudes are compared
_ALTITUDES_DEG = (4.0, 6.0, 8.0, 10.0, 13.0, 17.0, 22.0, 28.0, 35.0, 43.0, 52.0, 62.0, 74.0)


def find_sun(
    planned: Sequence[Planned],
    mosaic: Mosaic,
    azimuth_deg: float | None,
    altitude_deg: float | None,
) -> Sun:
    """Find the sun of a mosaic.

    Args:
        planned: Regions with the dipoles of their detected craters.
        mosaic: Mosaic.
        azimuth_deg: Azimuth that the user gives, degrees; None to estimate it.
        altitude_deg: Altitude that the user gives, degrees; None for the label's, or to estimate
            it.

    Raises:
        RunError: The craters are too few, or do not agree, to estimate it.
    """
    if azimuth_deg is not None and altitude_deg is not None:
        return Sun(azimuth_deg % 360.0, altitude_deg, "options", "options")
    source, azimuth_source = "options", "options"
    if altitude_deg is None:
        altitude_deg, source = _read_altitude_deg(mosaic), "label"
    dipoles = np.concatenate([one.dipoles for one in planned])
    if len(dipoles) < _FEWEST and None in (azimuth_deg, altitude_deg):
        raise RunError(
            f"the sun cannot be told from {len(dipoles)} clear craters: give --sun-azimuth and "
            "--sun-altitude"
        )
    if azimuth_deg is None:
        azimuth_deg, azimuth_source = _find_azimuth(planned)
    else:
        _refuse_contradiction(planned, azimuth_deg % 360.0)
    if altitude_deg is None:
        diameters = np.concatenate([one.diameters for one in planned])
        size_km = float(np.median(diameters)) if mosaic.has_crs else SIMPLE_KM
        in_picture = azimuth_source == "picture"
        lengths = [
            project(one.dipoles, one.top_deg, azimuth_deg)
            if in_picture
            else project(one.dipoles, one.north_deg, _choose_azimuth(one, azimuth_deg))
            for one in planned
        ]
        altitude_deg = estimate_altitude(np.concatenate(lengths), size_km)
        source = "image"
    return Sun(round(azimuth_deg % 360.0, 2), round(altitude_deg, 2), source, azimuth_source)


def _find_azimuth(planned: Sequence[Planned]) -> tuple[float, str]:
    """Find the azimuth of the sun over a mosaic, and what it counts from.

    Returns:
        Azimuth, degrees, and its source as in `Sun`.

    Raises:
        RunError: The craters do not agree.
    """
    dipoles = np.concatenate([one.dipoles[one.sure] for one in planned])
    if not len(dipoles):
        raise RunError(_NO_SUN)
    by_north = estimate_azimuth(
        dipoles, np.concatenate([one.north_deg[one.sure] for one in planned])
    )
    by_top = estimate_azimuth(dipoles, np.concatenate([one.top_deg[one.sure] for one in planned]))
    if _is_certain(len(dipoles), by_top[1]) and by_top[1] > _CLEARLY_BETTER * by_north[1]:
        return by_top[0], "picture"
    if _is_certain(len(dipoles), by_north[1]) and _regions_agree(planned):
        return by_north[0], "craters"
    raise RunError(_NO_SUN)


def _refuse_contradiction(planned: Sequence[Planned], azimuth_deg: float) -> None:
    """Refuse an azimuth far from that of every region, where all of them can tell or have few.

    Raises:
        RunError: It is.
    """
    if any(_is_mixed(one) for one in planned):
        return
    own = [one[0] for one in map(_estimate, planned) if one is not None]
    near = np.cos(np.radians(_CONTRADICTION_DEG))
    if own and all(np.cos(np.radians(one - azimuth_deg)) < near for one in own):
        raise RunError(
            f"by the bright sides of the craters the sun stands at azimuth {own[0]:.0f}, not "
            f"{azimuth_deg:.0f}: leave out --sun-azimuth, or give --sun-altitude with it"
        )


def _regions_agree(planned: Sequence[Planned]) -> bool:
    """Tell whether the regions that can tell have about the same azimuth, and none has several."""
    if any(_is_mixed(one) for one in planned):
        return False
    own = [one for one in map(_estimate, planned) if one is not None]
    total = sum(count * np.exp(1j * np.radians(azimuth_deg)) for azimuth_deg, count in own)
    return bool(abs(total) >= _REGIONS_AGREE * sum(count for _, count in own))


def _estimate(planned: Planned) -> tuple[float, int] | None:
    """Azimuth of one region, and from how many craters; None where they cannot tell it."""
    dipoles, count = planned.dipoles[planned.sure], int(planned.sure.sum())
    if not count:
        return None
    azimuth_deg, agreement = estimate_azimuth(dipoles, planned.north_deg[planned.sure])
    return (azimuth_deg, count) if _is_certain(count, agreement) else None


def _is_mixed(planned: Planned) -> bool:
    """Tell whether the many craters of a region do not agree."""
    dipoles, north_deg = planned.dipoles[planned.sure], planned.north_deg[planned.sure]
    if len(dipoles) < _FEWEST:
        return False
    return estimate_azimuth(dipoles, north_deg)[1] < _LEAST_AGREEMENT


def _choose_azimuth(planned: Planned, azimuth_deg: float) -> float:
    """Azimuth of a region: its own, or else that of the mosaic."""
    own = _estimate(planned)
    return own[0] if own else azimuth_deg


def _is_certain(count: int, agreement: float) -> bool:
    """Tell whether craters agree, and are so many that their mean direction is known."""
    error_deg = np.degrees(1.0 / max(agreement * np.sqrt(2.0 * count), 1e-9))
    return bool(agreement >= _LEAST_AGREEMENT and error_deg <= _LARGEST_ERROR_DEG)


def choose_azimuths(planned: Planned, sun: Sun, grid: Grid) -> Float:
    """Choose the azimuth of the sun at each crater to plant in a region.

    Mosaics are made of several images: a region whose craters tell their own azimuth has it, unless
    the user gave azimuth and altitude.

    Args:
        planned: Region with the dipoles of its detected craters.
        sun: Sun of the mosaic.
        grid: Grid of the mosaic.

    Returns:
        Degrees clockwise from north, (n,).
    """
    if sun.azimuth_source == "picture":
        north_deg = find_north_deg(planned.sites.positions, grid)
        north_deg = -north_deg if is_mirrored(grid) else north_deg
        return np.asarray((sun.azimuth_deg - north_deg) % 360.0)
    is_given = sun.azimuth_source == sun.source == "options"
    azimuth_deg = sun.azimuth_deg if is_given else _choose_azimuth(planned, sun.azimuth_deg)
    return np.full(len(planned.sites.diameters), azimuth_deg)


def _read_altitude_deg(mosaic: Mosaic) -> float | None:
    """Altitude in the label of a mosaic of one image; None where there is none."""
    if len(mosaic.rasters) != 1:
        return None
    try:
        with open_dataset(mosaic.rasters[0].uri) as dataset:
            return read_sun_altitude_deg(dataset)
    except RasterioError:
        return None


def estimate_azimuth(dipoles: Float, north_deg: Float) -> tuple[float, float]:
    """Estimate the azimuth of the sun.

    Args:
        dipoles: Dipoles of craters, to the right and down, (n, 2).
        north_deg: Direction of north at each crater, degrees clockwise from up, (n,).

    Returns:
        Azimuth, degrees clockwise from north, and how well the craters agree, from 0 for not at
        all to 1.
    """
    bright = np.arctan2(dipoles[:, 0], -dipoles[:, 1]) - np.radians(north_deg)
    weight = np.minimum(np.hypot(*dipoles.T), 2.0 * np.median(np.hypot(*dipoles.T)))
    mean = (weight * np.exp(1j * bright)).sum() / weight.sum()
    return float(np.degrees(np.angle(-mean)) % 360.0), float(abs(mean))


def estimate_altitude(lengths: Float, diameter_km: float) -> float:
    """Estimate the altitude of the sun from the dipoles of the clearest craters.

    The ninth decile of the dipoles is compared with that of craters of the same size, of which the
    square of the wear is uniform, under suns of several altitudes.

    Args:
        lengths: Dipoles of detected craters, along the direction away from the sun, (n,).
        diameter_km: Typical diameter of these craters, km.

    Returns:
        Degrees above the horizon.
    """
    measured = float(np.quantile(lengths, _CLEAR))
    model = [_clear_dipole(altitude, diameter_km) for altitude in _ALTITUDES_DEG]
    # Dipoles shrink as the sun rises; in deep shadow they stop growing.
    falling = np.minimum.accumulate(model)[::-1]
    return float(np.interp(measured, falling, _ALTITUDES_DEG[::-1]))


def _clear_dipole(altitude_deg: float, diameter_km: float) -> float:
    """Ninth decile of the dipoles of craters under a sun, of any visible wear."""
    side = 64
    wear = compute_greatest_wear(diameter_km) * np.sqrt(1.0 - _CLEAR)
    one = Plants(
        positions=np.full((1, 2), side / 2.0),
        diameters=np.array([side / 4.0]),
        wear=np.array([wear]),
        seed=np.zeros(1, np.int64),
        sun_azimuth_deg=np.full(1, 90.0),
        sun_altitude_deg=np.full(1, altitude_deg),
    )
    light = compute_light(one, Grid(None, Affine.identity(), side, side), None)
    circle = Circles(*np.array([[side / 2.0], [side / 2.0], [side / 4.0]]))
    dipoles = measure_dipoles(light, np.ones(light.shape, np.bool_), circle)
    return float(project(dipoles, np.zeros(1), 90.0)[0])
