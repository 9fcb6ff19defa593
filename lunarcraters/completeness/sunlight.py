"""Sunlight: the azimuth and altitude of the sun, given, read from a label or estimated.

They are estimated from the dipoles of detected craters: see `dipoles`.
"""

from collections.abc import Sequence

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio import DatasetReader
from rasterio.errors import RasterioError

from lunarcraters.completeness.azimuths import (
    FEWEST,
    NO_SUN,
    find_azimuth,
    project_dipoles,
    refuse_contradiction,
)
from lunarcraters.completeness.dipoles import measure_dipoles, project
from lunarcraters.completeness.freshness import compute_greatest_wear
from lunarcraters.completeness.plan import Planned
from lunarcraters.completeness.plants import SIMPLE_KM, Plants, compute_light
from lunarcraters.completeness.record import Sun
from lunarcraters.completeness.sampling import Circles
from lunarcraters.errors import RunError
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.labels.label import find_number, find_pds4, read_label
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.opening import open_dataset

Float = NDArray[np.float64]

_CLEAR = 0.9  # quantile of dipoles by which altitudes are compared
_ALTITUDES_DEG = (4.0, 6.0, 8.0, 10.0, 13.0, 17.0, 22.0, 28.0, 35.0, 43.0, 52.0, 62.0, 74.0)
_ALTITUDE = ("sun_elevation", "solar_elevation", "SUN_ELEVATION", "SOLAR_ELEVATION")
_INCIDENCE = ("solar_incidence", "incidence_angle", "INCIDENCE_ANGLE", "SOLAR_INCIDENCE_ANGLE")


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
    if len(dipoles) < FEWEST and None in (azimuth_deg, altitude_deg):
        raise RunError(
            f"the sun cannot be told from {len(dipoles)} clear craters: give --sun-azimuth and "
            "--sun-altitude"
        )
    if azimuth_deg is None:
        azimuth_deg, azimuth_source = find_azimuth(planned)
    else:
        refuse_contradiction(planned, azimuth_deg % 360.0)
    if altitude_deg is None:
        diameters = np.concatenate([one.diameters for one in planned])
        size_km = float(np.median(diameters)) if mosaic.has_crs else SIMPLE_KM
        lengths = np.concatenate(
            [project_dipoles(one, azimuth_deg, azimuth_source) for one in planned]
        )
        if not len(lengths):
            raise RunError(NO_SUN)
        altitude_deg = estimate_altitude(lengths, size_km)
        source = "image"
    return Sun(round(azimuth_deg % 360.0, 2), round(altitude_deg, 2), source, azimuth_source)


def _read_altitude_deg(mosaic: Mosaic) -> float | None:
    """Altitude in the label of a mosaic of one image; None where there is none."""
    if len(mosaic.rasters) != 1:
        return None
    try:
        with open_dataset(mosaic.rasters[0].uri) as dataset:
            return _find_altitude_deg(dataset)
    except RasterioError:
        return None


def _find_altitude_deg(dataset: DatasetReader) -> float | None:
    """Altitude in a label of PDS4, PDS3 or ISIS; None where it is missing or not above 0.

    The azimuth is not read: labels count it from north, from the top or from the right of an image
    that may have been turned since.
    """
    label = read_label(dataset)
    for name in (*_ALTITUDE, *_INCIDENCE):
        stated = find_pds4(dataset, name)
        value = stated[0] if stated is not None else find_number(label, name)
        if value is not None:
            altitude = 90.0 - value if name in _INCIDENCE else value
            return altitude if 0.0 < altitude <= 90.0 else None
    return None


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
    # Dipoles shrink as the sun rises.
    return float(np.interp(measured, model[::-1], _ALTITUDES_DEG[::-1]))


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
        sun_altitude_deg=altitude_deg,
    )
    light = compute_light(one, Grid(None, Affine.identity(), side, side), None)
    circle = Circles(*np.array([[side / 2.0], [side / 2.0], [side / 4.0]]))
    dipoles = measure_dipoles(light, np.ones(light.shape, np.bool_), circle)
    return float(project(dipoles, np.zeros(1), 90.0)[0])
