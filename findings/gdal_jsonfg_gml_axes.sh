#!/usr/bin/env bash
# GDAL exchanges longitude and latitude of lunar features that it wrote as JSON-FG or GML itself.
#
# JSON-FG is GeoJSON for other coordinate systems than the Earth's, and so made for the Moon. IAU_2015:30100
# has the latitude as its first axis, as EPSG:4258 has. We expected that GDAL reads what it wrote. GDAL 3.12.4
# (in pyogrio 0.13.0) writes places of EPSG:4258 with the latitude first, and those of IAU_2015:30100 with
# the longitude first. It reads both with the latitude first. A crater at 30 E, 45 S comes back at 45 W, 30 N,
# without a warning. Maps in metres come back as they were.
#
# For us: JSON-FG and GML in degrees are refused, as catalogues and as areas (explain_axis_order).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyogrio==0.13.0 geopandas==1.2.0 shapely==2.2.0
cd "$folder"
venv/bin/python - <<'PYTHON'
import json
import re
import warnings
from pathlib import Path

import geopandas
import pyogrio
from shapely.geometry import Point

warnings.simplefilter("error")
print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version__)
for crs in ("EPSG:4258", "IAU_2015:30100", "IAU_2015:30165"):
    crater = geopandas.GeoDataFrame({"id": [1]}, geometry=[Point(30, -45)], crs=crs)
    for driver, name in (("JSONFG", "crater.json"), ("GML", "crater.gml")):
        Path(name).unlink(missing_ok=True)
        pyogrio.write_dataframe(crater, name, driver=driver)
        text = Path(name).read_text()
        if driver == "JSONFG":
            written = json.loads(text)["features"][0]["place"]["coordinates"]
        else:
            written = [float(number) for number in re.search(r"<gml:pos>(.*?)</gml:pos>", text)[1].split()]
        point = pyogrio.read_dataframe(name).geometry[0]
        print(f"{driver}, {crs}: (30, -45) is written as {written}, and read as ({point.x:.0f}, {point.y:.0f})")
        swapped = crs == "IAU_2015:30100"
        assert written == ([-45, 30] if crs == "EPSG:4258" else [30, -45]), "the behaviour has changed"
        assert (point.x, point.y) == ((-45, 30) if swapped else (30, -45)), "the behaviour has changed"
PYTHON
