#!/usr/bin/env bash
# pyresample counts the radius of influence in metres on the Earth, also on a map of the Moon.
#
# radius_of_influence is given in metres. We expected metres on the body of the target's coordinate system.
# pyresample 1.35.0 puts all points on a sphere of the Earth's size. On a lunar polar map of 1 km per pixel,
# one sounding with a radius of 20 km fills a disc of 5.5 km, the share of the Moon's radius in the Earth's,
# and nothing is said. Gaps of a lunar altimeter stay open that the radius should close.
#
# For us: nothing to change; we do not resample with it. Whoever grids lunar points for us with pyresample
# has to multiply the radius by 3.667.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyresample==1.35.0 pyproj==3.7.2 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np
from pyresample import geometry, kd_tree

warnings.simplefilter("error")
print("pyresample", version("pyresample"))
half = 50_000
pole = geometry.AreaDefinition("pole", "", "", "IAU_2015:30135", 100, 100, (-half, -half, half, half))
longitudes, latitudes = pole.get_lonlats()
sounding = geometry.SwathDefinition(lons=longitudes[50:51, 50], lats=latitudes[50:51, 50])
filled = kd_tree.resample_nearest(sounding, np.ones(1), pole, radius_of_influence=20_000, fill_value=0)
radius_km = np.sqrt(filled.sum() / np.pi)
print(f"sphere of the map: {pole.crs.ellipsoid.semi_major_metre:.0f} m; asked for 20 km, filled {radius_km:.2f} km")
assert pole.crs.ellipsoid.semi_major_metre == 1737400
assert abs(radius_km - 20 * 1737.4 / 6371) < 0.2, "the behaviour has changed"
PYTHON
