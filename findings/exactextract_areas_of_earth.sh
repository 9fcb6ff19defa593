#!/usr/bin/env bash
# exactextract weights by the areas of pixels of the Earth, also on a raster of the Moon.
#
# coverage_weight="area_spherical_km2" gives the area of each pixel of a raster in degrees. We expected the
# sphere of the raster's coordinate system. exactextract 0.3.0 takes the Earth's radius and says nothing. A box
# of 2 by 2 degrees has 3,678 km2 on the Moon, and 49,566 km2 by exactextract. Means are right; sums and areas
# (of shadow, of ice, of a unit within craters) are 13.5 times too large, and densities as much too small.
#
# For us: nothing to change; areas are counted on the mosaic's own sphere. Whoever sums within our outlines
# has to divide such areas by 13.48.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet exactextract==0.3.0 geopandas==1.2.0 rasterio==1.4.4 numpy==2.4.6 pandas
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import geopandas
import numpy as np
import rasterio
from exactextract import exact_extract
from rasterio.transform import from_bounds
from shapely.geometry import box

warnings.simplefilter("error", UserWarning)
print("exactextract", version("exactextract"))
with rasterio.open("moon.tif", "w", driver="GTiff", width=100, height=100, count=1, dtype="float32",
                   crs="IAU_2015:30100", transform=from_bounds(0, -5, 10, 5, 100, 100)) as raster:
    raster.write(np.ones((1, 100, 100), "float32"))
unit = geopandas.GeoDataFrame(geometry=[box(2, -1, 4, 1)], crs="IAU_2015:30100")
table = exact_extract("moon.tif", unit, ["area=sum(coverage_weight=area_spherical_km2)"], output="pandas")
area = table["area"].iloc[0]
moon = 1737.4**2 * np.radians(2) * 2 * np.sin(np.radians(1))
print(f"on the Moon: {moon:.0f} km2, exactextract: {area:.0f} km2, {area / moon:.2f} times as much")
assert abs(area / moon - (6378.137 / 1737.4) ** 2) < 0.01, "the behaviour has changed"
PYTHON
