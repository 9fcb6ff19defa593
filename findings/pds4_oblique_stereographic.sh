#!/bin/bash
# A mosaic in an oblique stereographic system of the Moon, saved as PDS4.
#
# Sites and single frames are often laid out in a stereographic system around their centre. GDAL
# writes ISIS cubes and PDS4 of polar ones. Guess: it refuses an oblique one, or leaves the system
# out, as it does in a cube.
# Seen: a warning that Stereographic is not supported, but the file is written with an element
# without a name in its label. Read again, its system is one of degrees, and its corner, 50 km
# from the centre, lies at -50000 degrees.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 numpy==2.2.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys

import rasterio
import rasterio.shutil

logging.basicConfig(level=logging.WARNING)
print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
seen = {}
for name, latitude in (("polar", 90), ("oblique", 20)):
    with rasterio.open(
        f"{name}.tif", "w", driver="GTiff", width=100, height=60, count=1, dtype="uint8",
        crs=f"+proj=stere +lat_0={latitude} +lon_0=30 +R=1737400 +units=m",
        transform=(1000, 0, -50000, 0, -1000, 30000),
    ):
        pass
    for driver, suffix in (("ISIS3", "cub"), ("PDS4", "xml")):
        rasterio.shutil.copy(f"{name}.tif", f"{name}.{suffix}", driver=driver)
        with rasterio.open(f"{name}.{suffix}") as dataset:
            kind = "none"
            if dataset.crs:
                kind = "degrees" if dataset.crs.is_geographic else "metres"
            seen[name, driver] = kind, dataset.transform.c
            print(name, driver, *seen[name, driver])
sys.exit(
    seen
    != {
        ("polar", "ISIS3"): ("metres", -50000.0),
        ("polar", "PDS4"): ("metres", -50000.0),
        ("oblique", "ISIS3"): ("none", -50000.0),
        ("oblique", "PDS4"): ("degrees", -50000.0),
    }
)
PYTHON
