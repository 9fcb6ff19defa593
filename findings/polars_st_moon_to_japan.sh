#!/usr/bin/env bash
# polars-st keeps the number of a lunar coordinate system and forgets whose number it is.
#
# A file in IAU_2015:30165, the orthographic map of the lunar near side, is read into a frame and turned into
# a frame of geopandas. We expected the lunar system, or none. polars-st 0.11.0 keeps 30165 and takes it for
# EPSG:30165: the craters lie in a map of Japan, without a warning. 30170 (the far side) and 30175 (a conic
# map) are numbers of Japan as well; other lunar numbers are refused as unknown.
#
# For us: nothing to change. Our catalogues are in IAU_2015:30100, for which polars-st knows no system and says
# so. A GeoParquet file that lies in Japan is refused by us with that name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet polars-st==0.11.0 polars==2.1.0 geopandas==1.2.0 pyogrio==0.13.0 pyproj==3.7.2 pyarrow
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import geopandas
import polars_st
from shapely.geometry import Point

warnings.simplefilter("error")
print("polars-st", version("polars-st"))
craters = geopandas.GeoDataFrame({"id": [1]}, geometry=[Point(300_000, -200_000)], crs="IAU_2015:30165")
craters.to_file("craters.gpkg")
frame = polars_st.read_file("craters.gpkg").rename({"geom": "geometry"})
again = frame.st.to_geopandas()
print("the file:", geopandas.read_file("craters.gpkg").crs.name)
print("polars-st:", again.crs.name)
assert geopandas.read_file("craters.gpkg").crs.to_authority() == ("IAU_2015", "30165")
assert again.crs.name == "Tokyo / Japan Plane Rectangular CS V", "the behaviour has changed"
PYTHON
