#!/usr/bin/env bash
# odc-geo makes a polar map of the Moon in degrees a grid of two pixels without data.
#
# xx.odc.reproject("IAU_2015:30100") brings a map into degrees. By the documentation its grid is one of similar
# resolution that fully encloses the source. We expected the cap around the pole. odc-geo 0.5.3 projects the four
# edges of the map as they are. A map of 800 by 800 km about the south pole becomes 2 pixels of 180 degrees, both NaN.
# The north pole gives 6 pixels that reach from 63.7 to 127.4 N. A map beside the pole that crosses 180 E gets a grid
# round the whole Moon with pixels of 0.22 degrees, in which 7 percent hold data, where the same map across 0 E has
# 0.18 degrees and 69 percent. A global map from 0 to 360 E becomes 2 pixels on IAU_2015:30110. There is no warning.
# (Polar maps of the Earth do the same.) rioxarray 0.19.0 gives the cap.
#
# For us: nothing to change; we do not use it. Whoever opens our polar masks with odc-stac or odc-geo should pass a
# GeoBox for degrees: then all pixels are right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet odc-geo==0.5.3 rioxarray==0.19.0 rasterio==1.4.4 xarray==2026.9.0 \
    'dask[array]==2026.8.0' pyproj==3.7.2 numpy==2.4.6 2>/dev/null
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import odc.geo.xr  # noqa: F401 (gives grids the accessor odc)
import rioxarray  # noqa: F401 (gives grids the accessor rio)
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros

warnings.simplefilter("error", UserWarning)
print("odc-geo", version("odc-geo"))


def reproject(code, box, resolution, to):
    """Reprojects a map of ones; returns its number of pixels, those that hold data, and the grid."""
    ones = xr_zeros(GeoBox.from_bbox(box, code, resolution=resolution), dtype="float32") + 1
    there = ones.odc.reproject(to)
    grid, data = there.odc.geobox, int((there == 1).sum())
    bounds = " ".join(f"{value:.1f}" for value in grid.boundingbox.bbox)
    print(f"{code} {box}: {grid.width} x {grid.height} pixels, {data} with data, {bounds}")
    return there.size, data, grid, ones


square = (-400_000, -400_000, 400_000, 400_000)
size, data, grid, ones = reproject("IAU_2015:30135", square, 2000, "IAU_2015:30100")
assert size == 2 and data == 0, "the behaviour has changed"
size, data, grid, _ = reproject("IAU_2015:30130", square, 2000, "IAU_2015:30100")
assert size < 10 and data == 0 and grid.boundingbox.top > 100, "the behaviour has changed"
size, data, grid, _ = reproject("IAU_2015:30135", (-100_000, -500_000, 100_000, -300_000), 2000, "IAU_2015:30100")
assert grid.width > 1500 and data / size < 0.1, "the behaviour has changed"
size, data, grid, _ = reproject("IAU_2015:30135", (-100_000, 300_000, 100_000, 500_000), 2000, "IAU_2015:30100")
assert grid.width < 250 and data / size > 0.6
size, data, grid, _ = reproject("IAU_2015:30100", (0, -90, 360, 90), 0.5, "IAU_2015:30110")
assert size == 2 and data == 0, "the behaviour has changed"
given = ones.odc.reproject(GeoBox.from_bbox((-180, -90, 180, -78), "IAU_2015:30100", resolution=0.1))
other = ones.rio.write_crs("IAU_2015:30135").rio.reproject("IAU_2015:30100")
print(f"into a given grid: {float((given == 1).mean()):.3f} with data; rioxarray: {other.rio.bounds()}")
assert (given == 1).all() and other.size > 10_000
PYTHON
