#!/usr/bin/env bash
# Vector tiles of a lunar catalogue hold all its craters within 200 m of one point.
#
# Vector tiles have one coordinate system, Web Mercator on the Earth. We expected that GDAL refuses lunar
# coordinates, as its driver LIBKML does, or takes longitude and latitude for those of the Earth, which would
# draw a usable map. GDAL 3.12.4 (in pyogrio 0.13.0) warns that it has no transformation and writes the file
# all the same, MBTiles and PMTiles alike, with degrees as if they were metres. Craters at 10 E, 45 S and at
# 170 W, 48 S come back 182 m apart. Lunar map coordinates keep their metres: 10 E, 45 S comes back as 2.7 E,
# 12.2 S.
#
# For us: nothing to change; we do not write vector tiles. Give a catalogue the coordinate system EPSG:4326
# first (set_crs with allow_override), if a map of tiles is wanted.
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
from shapely.geometry import Point

print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version__)
craters = geopandas.GeoDataFrame(
    {"diameter_km": [2.0, 3.0]}, geometry=[Point(10, -45), Point(-170, -48)], crs="IAU_2015:30100"
)
for driver, suffix in (("MVT", "mbtiles"), ("PMTiles", "pmtiles")):
    for crs in ("IAU_2015:30100", "IAU_2015:30110"):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            file = f"{crs[-5:]}.{suffix}"
            pyogrio.write_dataframe(craters.to_crs(crs), file, driver=driver, MAXZOOM="10")
        again = pyogrio.read_dataframe(file).sort_values("diameter_km")
        places = [point.representative_point() for point in again.to_crs("EPSG:4326").geometry]
        places = np.array([(point.x, point.y) for point in places])
        print(f"{driver} of {crs}: {again.crs.name}, lon and lat {np.round(places, 3).tolist()}")
        assert any("transformation" in str(one.message) for one in said), "the behaviour has changed"
        if crs == "IAU_2015:30100":
            assert np.abs(places).max() < 0.002, "the behaviour has changed"
        else:
            assert np.allclose(places[0], [2.72, -12.16], atol=0.05), "the behaviour has changed"
right = craters.set_crs("EPSG:4326", allow_override=True)
pyogrio.write_dataframe(right, "right.mbtiles", driver="MVT", MAXZOOM="10")
placed = pyogrio.read_dataframe("right.mbtiles").sort_values("diameter_km").to_crs("EPSG:4326")
print("as EPSG:4326:", [point.wkt for point in placed.geometry])
PYTHON
