#!/bin/bash
# FITS maps of the Moon, read by astropy, and put on another grid by reproject.
#
# FITS has longitudes and latitudes of the Moon (SELN, SELT) with its radii as A_RADIUS, B_RADIUS and
# C_RADIUS (Marmo et al. 2018, doi:10.1029/2018EA000388). astropy has frames for them. Guess:
# pixel_to_world returns a position in such a frame, a frame can be turned into a header again, and
# reproject puts one map on the grid of another.
# Seen: the numbers are right, but pixel_to_world raises an error, since the frame that is made is a
# class and no object. So reproject cannot be used. A frame from a header cannot become one again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet astropy==8.0.2 reproject==0.21.0 numpy==2.2.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import astropy
import numpy as np
import reproject
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import celestial_frame_to_wcs, wcs_to_celestial_frame
from reproject import reproject_interp

print("astropy", astropy.__version__, "reproject", reproject.__version__)


def make_header(projection, width, height, lon, lat, step):
    return fits.Header(
        {
            "NAXIS": 2, "NAXIS1": width, "NAXIS2": height,
            "WCSNAME": "Planetocentric Body-Fixed", "OBJECT": "MOON",
            "CTYPE1": f"SELN-{projection}", "CTYPE2": f"SELT-{projection}",
            "CUNIT1": "deg", "CUNIT2": "deg", "CRVAL1": lon, "CRVAL2": lat,
            "CRPIX1": (width + 1) / 2, "CRPIX2": (height + 1) / 2, "CDELT1": step, "CDELT2": step,
            "A_RADIUS": 1737400.0, "B_RADIUS": 1737400.0, "C_RADIUS": 1737400.0,
        }
    )


def say(what, function, *arguments):
    try:
        result = function(*arguments)
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    print(f"{what}: {result}")
    return result


simple = make_header("CAR", 360, 180, 0.0, 0.0, 1.0)
oblique = make_header("STG", 100, 100, 20.0, 30.0, 0.5)
wcs = WCS(simple)
longitude, latitude = wcs.pixel_to_world_values(200.0, 100.0)
print("pixel_to_world_values:", longitude, latitude, "(20.5 and 10.5 are right)")
frame = say("frame", wcs_to_celestial_frame, wcs)
failed = [
    say("pixel_to_world", wcs.pixel_to_world, 200.0, 100.0),
    say("header of the frame", celestial_frame_to_wcs, frame, "CAR"),
    say("reproject_interp", reproject_interp, (np.zeros((180, 360)), simple), oblique),
]
right = np.allclose([longitude, latitude], [20.5, 10.5])
raised = all(isinstance(result, str) and "Error: " in result for result in failed)
sys.exit(not (right and isinstance(frame, type) and raised))
PYTHON
