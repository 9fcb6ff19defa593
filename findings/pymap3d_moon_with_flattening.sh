#!/usr/bin/env bash
# pymap3d's Moon is an ellipsoid, on which places in lunar coordinates lie up to 2 km away.
#
# pymap3d turns longitudes, latitudes and heights into cartesian and local coordinates, as for the view from a lander
# on a crater, and has an ellipsoid "moon". Lunar data (IAU_2015:30100, LOLA, LROC, catalogues) have planetocentric
# latitudes, and heights above a sphere of 1,737,400 m. We expected that sphere. pymap3d 3.2.0 has semi-axes of
# 1,738,100 and 1,736,000 m, which are the equatorial and polar radius of a fact sheet. A place on the sphere at 45 N
# has the latitude 45.0693 by it, 2.1 km further north, and the height 351 m. At the pole the sphere is 1,400 m high,
# and at the equator 700 m deep. There is no warning. The documentation names the fact sheet, and does not say that
# lunar data have another body. With Ellipsoid(1737400, 1737400) all are right.
#
# For us: nothing to change; we use the sphere of the mosaic's coordinate system. Whoever takes our catalogues to
# cartesian coordinates with pymap3d has to make that ellipsoid.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pymap3d==3.2.0 numpy==2.4.6
cd "$folder"
venv/bin/python -W error - <<'PYTHON'
from importlib.metadata import version

import numpy as np
import pymap3d

print("pymap3d", version("pymap3d"))
radius = 1_737_400
moon, sphere = pymap3d.Ellipsoid.from_name("moon"), pymap3d.Ellipsoid(radius, radius)
print(f"its Moon has semi-axes of {moon.semimajor_axis:.0f} and {moon.semiminor_axis:.0f} m")
assert (moon.semimajor_axis, moon.semiminor_axis) == (1_738_100, 1_736_000), "the behaviour has changed"
for latitude in (0, 45, 90):
    place = radius * np.array([np.cos(np.radians(latitude)), 0, np.sin(np.radians(latitude))])
    found, _, height = pymap3d.ecef2geodetic(*place, ell=moon)
    back = np.array(pymap3d.geodetic2ecef(latitude, 0, 0, ell=moon))
    metres = np.radians(found - latitude) * radius
    angle = np.arctan2(back[2], back[0])
    apart = (angle - np.radians(latitude)) * radius
    print(f"on the sphere at {latitude} N: {found:.4f} N, {metres:.0f} m away, {height:.0f} m high by its Moon;",
          f"what it puts at {latitude} N lies {apart:.0f} m away on the sphere")
    if latitude == 45:
        assert abs(metres - 2100) < 10 and abs(apart + 2100) < 10 and abs(height - 351) < 1, "the behaviour has changed"
    else:
        assert abs(height - (1400 if latitude else -700)) < 1, "the behaviour has changed"
    assert np.allclose(pymap3d.ecef2geodetic(*place, ell=sphere), (latitude, 0, 0), atol=1e-6)
    assert np.allclose(pymap3d.geodetic2ecef(latitude, 0, 0, ell=sphere), place, atol=1e-6)
PYTHON
