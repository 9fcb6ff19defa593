#!/usr/bin/env bash
# SedonaDB keeps the Moon's coordinate system with its geographies and measures them on the Earth.
#
# SedonaDB reads GeoParquet with any coordinate system, and ST_ToGeography makes geographies that are measured
# in metres. We expected the Moon's sphere, or a refusal as for the transformation to a system of the Earth.
# sedonadb 0.5.0 keeps the lunar system (ST_CRS names it) and takes the Earth's radius: areas are 13.4 times too
# large, lengths 3.67 times, without a warning.
#
# For us: nothing to change. Whoever measures our GeoParquet in SedonaDB has to divide lengths by 3.667.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sedonadb==0.5.0 geoarrow-pyarrow==0.3.0 geopandas==1.2.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import geopandas
import sedonadb
from shapely.geometry import Point

warnings.simplefilter("error")
print("sedonadb", version("sedonadb"))
outline = geopandas.GeoDataFrame(geometry=[Point(30, 0).buffer(1)], crs="IAU_2015:30100")
outline.to_parquet("outline.parquet")
area, length = outline.crs.get_geod().geometry_area_perimeter(outline.geometry[0])
session = sedonadb.connect()
session.read_parquet("outline.parquet").to_view("outline")
row = {
    name: session.sql(f"SELECT {function}(ST_ToGeography(geometry)) AS x FROM outline").to_pandas()["x"][0]
    for name, function in {"area": "ST_Area", "length": "ST_Perimeter", "crs": "ST_CRS"}.items()
}
print("coordinate system of the geography:", "Moon" if "1737400" in row["crs"] else row["crs"])
print(f"area: {abs(area) / 1e6:.0f} km2 on the Moon, {row['area'] / 1e6:.0f} km2 by SedonaDB")
print(f"length: {length / 1e3:.0f} km on the Moon, {row['length'] / 1e3:.0f} km by SedonaDB")
assert "1737400" in row["crs"]
assert abs(row["area"] / abs(area) - (6371.01 / 1737.4) ** 2) < 0.05, "the behaviour has changed"
assert abs(row["length"] / length - 6371.01 / 1737.4) < 0.01, "the behaviour has changed"
PYTHON
