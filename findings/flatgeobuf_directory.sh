#!/usr/bin/env bash
# FlatGeobuf under a name without .fgb becomes a directory, and it is silent about it.
#
# Every other single-file driver that pyogrio can write (GPKG, GeoJSON ...) makes a file of any name
# that is given, at most with a warning about the suffix. Expected: the same of FlatGeobuf. Found: for
# `craters.tmp` a directory of that name is made with one .fgb in it, without a warning, so a program
# that writes to a temporary name and renames it in the end leaves a directory in place of the file.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyogrio==0.11.1 geopandas==1.1.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import warnings
from pathlib import Path

import geopandas
import pyogrio
from shapely import Point

frame = geopandas.GeoDataFrame({"d": [1.0]}, geometry=[Point(1, 2)], crs="IAU_2015:30100")
print("pyogrio", pyogrio.__version__, "GDAL", pyogrio.__gdal_version_string__)
for driver in ("GPKG", "GeoJSON", "FlatGeobuf"):
    path = Path(f"{driver}.tmp")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        pyogrio.write_dataframe(frame, path, driver=driver)
    kind = "directory" if path.is_dir() else "file"
    inside = [one.name for one in path.iterdir()] if path.is_dir() else ""
    print(f"{driver}: {kind} {inside} warnings: {len(said)}")
    assert (kind == "directory") == (driver == "FlatGeobuf"), "the behaviour has changed"
    assert driver != "FlatGeobuf" or not said, "the behaviour has changed"
PYTHON
