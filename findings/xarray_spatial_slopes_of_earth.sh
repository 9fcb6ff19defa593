#!/usr/bin/env bash
# xarray-spatial computes geodesic slopes with the Earth's ellipsoid, also of an elevation model of the Moon.
#
# slope(method="geodesic") is the method for grids in degrees. We expected the sphere of the grid's coordinate
# system. xarray-spatial 0.5.3 does not look at it, has no argument for a radius, and says nothing. A ramp of
# 10 degrees on the lunar equator becomes one of 2.75 degrees, so that steep walls of craters pass for safe
# ground. The documentation does not name the body either.
#
# For us: nothing to change; `craters measure` takes the metres of a pixel from the mosaic's own sphere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xarray-spatial==0.5.3 rioxarray==0.19.0 xarray==2026.9.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np
import rioxarray  # noqa: F401 (gives grids a coordinate system)
import xarray

warnings.filterwarnings("error", module="xrspatial")
import xrspatial

print("xarray-spatial", version("xarray-spatial"))
latitudes, longitudes = np.linspace(1, -1, 101), np.linspace(0, 2, 101)
metres = np.radians(longitudes) * 1_737_400
heights = np.tile(metres * np.tan(np.radians(10)), (101, 1))
moon = xarray.DataArray(heights, coords=[("y", latitudes), ("x", longitudes)]).rio.write_crs("IAU_2015:30100")
slope = float(xrspatial.slope(moon, method="geodesic")[50, 50])
expected = np.degrees(np.arctan(np.tan(np.radians(10)) * 1737.4 / 6378.137))
print(f"a ramp of 10 degrees on the Moon has a slope of {slope:.2f} degrees")
assert abs(slope - expected) < 0.02, "the behaviour has changed"
PYTHON
