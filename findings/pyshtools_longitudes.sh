#!/usr/bin/env bash
# pyshtools takes the first column of any grid for longitude 0, whatever its coordinates say.
#
# Lunar elevation models come from 0 to 360 degrees and from -180 to 180. Both are grids of pyshtools, with
# named coordinates. We expected that SHGrid.from_xarray and SHGrid.from_netcdf look at them. pyshtools 4.14.1
# looks at the latitudes (a grid from the south to the north is turned), but not at the longitudes. A grid from
# -180 is turned by half a circle without a warning: what lies at 0 E is given for 180 E, and the coefficients
# of odd orders have the opposite signs.
#
# For us: nothing to change; a mosaic's longitudes come from its georeference. Whoever fits a gravity or shape
# model beside our catalogues has to roll such a grid first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyshtools==4.14.1 xarray==2026.9.0 netcdf4 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np
import pyshtools
import xarray

warnings.simplefilter("error")
print("pyshtools", version("pyshtools"))
latitudes = np.arange(90.0, -91, -10)
found = {}
for west in (0, -180):
    longitudes = np.arange(west, west + 361, 10.0)
    heights = np.cos(np.radians(latitudes))[:, None] * np.cos(np.radians(longitudes))
    grid = xarray.DataArray(heights, coords=[("lat", latitudes), ("lon", longitudes)], name="height")
    grid.to_netcdf("moon.nc")
    height = float(grid.sel(lat=0, lon=0))
    for name, read in (("from_xarray", pyshtools.SHGrid.from_xarray(grid)),
                       ("from_netcdf", pyshtools.SHGrid.from_netcdf("moon.nc"))):
        found[name, west] = read.expand().expand(lat=0, lon=0)
        print(f"{name}, grid from {west}: the height at 0 E is {height:.3f}, pyshtools has {found[name, west]:.3f}")
    turned = pyshtools.SHGrid.from_xarray(grid[::-1]).expand().expand(lat=0, lon=0)
    assert np.isclose(turned, found["from_xarray", west]), "the behaviour has changed"
for name in ("from_xarray", "from_netcdf"):
    assert np.isclose(found[name, 0], 1)
    assert np.isclose(found[name, -180], -1), "the behaviour has changed"
PYTHON
