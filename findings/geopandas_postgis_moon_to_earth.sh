#!/usr/bin/env bash
# geopandas writes lunar polar maps into PostGIS as maps of the Earth's poles.
#
# to_postgis needs a number for the coordinate system. Where it finds none it writes 0 and warns, and so it
# does for lunar longitudes and latitudes. We expected the same of lunar maps. geopandas 1.2.0 also accepts a
# likeness of 25 percent, in which the body does not count: the lunar polar maps become EPSG:5041 and 5042 (the
# Earth's poles), the equirectangular map EPSG:4087, without a warning. Distances and areas as geography, and
# any frame that is read back, are then on the Earth. The function below is the one that to_postgis asks.
#
# For us: nothing to change; our own export writes IAU 30100 with its definition into spatial_ref_sys.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet geopandas==1.2.0 pyproj==3.7.2
cd "$folder"
venv/bin/python - <<'PYTHON'
import inspect
import warnings
from importlib.metadata import version

import geopandas
import pyproj
from geopandas.io import sql

print("geopandas", version("geopandas"), "pyproj", version("pyproj"))
assert "_get_srid_from_crs(gdf)" in inspect.getsource(sql._write_postgis), "the behaviour has changed"
found = {}
for code in (30100, 30110, 30130, 30135):
    craters = geopandas.GeoDataFrame(geometry=[], crs=f"IAU_2015:{code}")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found[code] = sql._get_srid_from_crs(craters)
    name = pyproj.CRS(f"EPSG:{found[code]}").name if found[code] else "none"
    print(f"{craters.crs.name}: SRID {found[code]} ({name}),", "a warning" if said else "no warning")
    assert bool(said) == (code == 30100), "the behaviour has changed"
assert found == {30100: 0, 30110: 4087, 30130: 5041, 30135: 5042}, "the behaviour has changed"
PYTHON
