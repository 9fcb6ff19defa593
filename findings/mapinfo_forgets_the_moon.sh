#!/usr/bin/env bash
# A MapInfo file of lunar features lies on the Earth when it is read again.
#
# MapInfo files have no ellipsoid of the Moon. We expected that GDAL refuses to write one, or warns as it does
# for KML. GDAL 3.12.4 (in pyogrio 0.13.0) writes it in silence. Longitudes and latitudes come back as WGS 84.
# Map coordinates keep their metres and get an ellipsoid of the Earth: on the lunar equirectangular map, a
# crater at 9.9 E, 6.6 S comes back at 2.7 E, 1.8 S.
#
# For us: nothing to change; we neither read nor write these files. A catalogue that went through MapInfo and
# came out as another format is refused as one of the Earth, if it is in degrees.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyogrio==0.13.0 geopandas==1.2.0 pyproj==3.7.2 shapely==2.2.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings

import geopandas
import numpy as np
import pyogrio
import pyproj
from shapely.geometry import Point

warnings.simplefilter("error")
print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version__)


def place(point, crs):
    """Longitude and latitude on the body of the coordinate system."""
    crs = pyproj.CRS(crs)
    return pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform(point.x, point.y)


for name, crs, point in (("degrees", "IAU_2015:30100", Point(10, 20)),
                         ("metres", "IAU_2015:30110", Point(300_000, -200_000))):
    crater = geopandas.GeoDataFrame({"id": [1]}, geometry=[point], crs=crs)
    pyogrio.write_dataframe(crater, f"{name}.tab", driver="MapInfo File")
    again = pyogrio.read_dataframe(f"{name}.tab")
    before, after = place(point, crs), place(again.geometry[0], again.crs)
    radius = again.crs.ellipsoid.semi_major_metre
    print(f"{crs}: {np.round(before, 2)} comes back as {np.round(after, 2)}, on a body of {radius:.0f} m")
    assert 6.3e6 < radius < 6.4e6, "the behaviour has changed"
assert np.allclose(after, np.multiply(before, 1737400 / 6378137), rtol=0.02), "the behaviour has changed"
PYTHON
