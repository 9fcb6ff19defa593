#!/usr/bin/env bash
# extractrs gives craters of the north the values of the south, where a grid begins in the south.
#
# extractrs averages grids of xarray within outlines, "exact" to the part of each pixel. Grids of NetCDF begin in the
# north or in the south, and those of GMT, as of lunar heights and gravity, in the south. xarray knows the latitude of
# each row. We expected the same means in either order, as exactextract 0.3.0 gives. extractrs 0.1.3 takes the ends and
# the step of the latitudes, and the first row for the northernmost. Of a grid from the south a crater at 40 N gets the
# mean at 40 S, by method="exact" and "center". On a grid from 40 S to 80 N it gets the mean at 0 N. With a coordinate
# system it warns that areas of cells differ, as from the north. Without one there is no warning at all. The readme
# names no order.
#
# For us: nothing to change; we do not use it. Whoever averages lunar grids within our outlines with it should sort
# them first: grid.sortby("lat", ascending=False).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet extractrs==0.1.3 exactextract==0.3.0 xarray==2026.9.0 rioxarray==0.19.0 \
    rasterio==1.4.4 geopandas==1.2.0 shapely==2.2.0 pyproj==3.7.2 pandas==3.1.1 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import extractrs  # noqa: F401 (gives xarray objects the accessor)
import geopandas
import numpy as np
import rioxarray  # noqa: F401
import xarray as xr
from exactextract import exact_extract
from shapely.geometry import Point

print("extractrs", version("extractrs"))
craters = geopandas.GeoDataFrame(
    geometry=[Point(10, 40).buffer(3), Point(-20, -10).buffer(3), Point(170, 5).buffer(3)], crs="IAU_2015:30100")


def grid(latitudes):
    """A grid in degrees of which each pixel holds its own latitude."""
    return xr.DataArray(np.repeat(latitudes[:, None], 360, axis=1), dims=("lat", "lon"), name="latitude",
                        coords={"lat": latitudes, "lon": np.arange(-179.5, 180)})


def means(data, method="exact"):
    """The mean within each crater, given without a warning."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = np.asarray(data.extrs.zonal_stats(craters.set_crs(None, allow_override=True), method=method))
    assert not caught, [str(warning.message) for warning in caught]
    return np.round(result, 1).tolist()


south, expected = np.arange(-59.5, 60), [40, -10, 5]
for name, data, wrong in (
    ("from the north", grid(south[::-1]), [40, -10, 5]),
    ("from the south", grid(south), [-40, 10, -5]),
    ("40 S to 80 N", grid(south + 20), [0, 50, 35]),
):
    sorted_data = data.sortby("lat", ascending=False)
    exact = exact_extract(data.rio.set_spatial_dims("lon", "lat").rio.write_crs(craters.crs), craters, "mean")
    exact = [round(feature["properties"]["mean"], 1) for feature in exact]
    seen = [means(data, method) for method in ("exact", "center")]
    print(f"{name}: {seen[0]}, with the method center {seen[1]}, sorted {means(sorted_data)}, expected {expected}")
    assert exact == means(sorted_data) == expected
    assert seen == [wrong, wrong], "the behaviour has changed"
PYTHON
