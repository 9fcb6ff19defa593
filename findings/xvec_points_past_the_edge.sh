#!/usr/bin/env bash
# xvec gives craters that lie at the other longitudes of a global map the value of the map's edge.
#
# Catalogues count longitudes from -180 to 180, and many global maps of the Moon (LOLA, Diviner, gravity) from 0 to 360.
# xvec reads maps at points and within outlines. We expected NaN for craters west of 0 E, as raster readers give for
# places outside of a map. xvec 0.5.2 has NaN with zonal_stats. With extract_points each of these craters, half
# of all, has the value of the map's first column at its latitude, which is that of 0 E, hundreds of kilometres away.
# So has a crater north of a map that ends at 60 N. There is no warning. The documentation of the argument `tolerance`
# says that it limits the distance, and not that there is no limit without it. With half a pixel it raises KeyError.
#
# For us: nothing to change; a mosaic is read across its seam at any longitudes (Grid.turn_px). Whoever reads maps at
# our craters with xvec should give extract_points a tolerance, and bring both to the same longitudes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xvec==0.5.2 rioxarray==0.19.0 xarray==2026.9.0 geopandas==1.2.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import geopandas
import numpy as np
import rioxarray  # noqa: F401
import xarray
import xvec  # noqa: F401

warnings.simplefilter("error", UserWarning)
print("xvec", version("xvec"))
east, north = np.arange(0.5, 360), np.arange(59.5, -60, -1)
longitudes = np.broadcast_to(east, (120, 360)).copy()
moon = xarray.DataArray(longitudes, coords={"y": north, "x": east}, dims=("y", "x"), name="longitude")
moon = moon.rio.write_crs("IAU_2015:30100")
places = [(30.5, 10.5), (-30.5, 10.5), (-150.5, 10.5), (30.5, 80.5)]
craters = geopandas.GeoSeries(geopandas.points_from_xy(*zip(*places)), crs="IAU_2015:30100")
points = moon.xvec.extract_points(craters, x_coords="x", y_coords="y").values
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    outlines = craters.buffer(2)
areas = moon.xvec.zonal_stats(outlines, x_coords="x", y_coords="y", stats="mean").values
for (x, y), point, area in zip(places, points, areas):
    print(f"crater at {x} E, {y} N: the map's longitude is {point} at its centre, {area:.1f} within its outline")
assert points.tolist() == [30.5, 0.5, 0.5, 30.5], "the behaviour has changed"
assert abs(areas[0] - 30.5) < 1 and np.isnan(areas[1:]).all()
try:
    moon.xvec.extract_points(craters, x_coords="x", y_coords="y", tolerance=0.5)
except KeyError as error:
    print("with tolerance=0.5:", type(error).__name__, error)
else:
    raise AssertionError("the behaviour has changed")
PYTHON
