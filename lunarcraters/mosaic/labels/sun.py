"""The sun in the label of an image."""

import rasterio

from lunarcraters.mosaic.labels.label import find_number, find_pds4, read_label

_ALTITUDE = ("sun_elevation", "solar_elevation", "SUN_ELEVATION", "SOLAR_ELEVATION")
_INCIDENCE = ("solar_incidence", "incidence_angle", "INCIDENCE_ANGLE", "SOLAR_INCIDENCE_ANGLE")


def read_sun_altitude_deg(dataset: rasterio.DatasetReader) -> float | None:
    """Read the height of the sun above the horizon from a label of PDS4, PDS3 or ISIS.

    The azimuth is not read: labels count it from north, from the top or from the right of an image
    that may have been turned since.

    Returns:
        Degrees; None where the label does not have it, or the sun stands below the horizon.
    """
    label = read_label(dataset)
    for names, zenith in ((_ALTITUDE, None), (_INCIDENCE, 90.0)):
        for name in names:
            found = find_pds4(dataset, name)
            value = found[0] if found is not None else find_number(label, name)
            if value is None:
                continue
            altitude = value if zenith is None else zenith - value
            return altitude if 0.0 < altitude <= 90.0 else None
    return None
