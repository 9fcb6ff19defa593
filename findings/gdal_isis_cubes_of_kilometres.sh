#!/usr/bin/env bash
# GDAL writes a lunar map in kilometres as an ISIS cube with its pixels in metres, and its corner in kilometres.
#
# A polar map of the Moon may be laid out in kilometres. An ISIS cube has metres. We expected GDAL to convert, as it
# does for PDS4. GDAL 3.10.3 (in rasterio 1.4.4) converts the pixels and leaves UpperLeftCornerX and Y as they are.
# The middle of a map of 400 by 400 km, the pole, comes back 282 km away, at 80.7 S. The latitudes in the same label
# are right ones. PCIDSK files keep the numbers, and call them metres. There is no warning. GDAL 3.12.2 (in
# rasterio 1.5.2) does the same.
#
# For us: nothing to change; we do not write cubes. A map in kilometres should become one in metres first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 pyproj==3.7.2 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings

import numpy
import pyproj
import rasterio
import rasterio.shutil

warnings.simplefilter("error", UserWarning)
print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
system = "+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=km"
profile = {"driver": "GTiff", "width": 400, "height": 400, "count": 1, "dtype": "float32", "crs": system}
with rasterio.open("map.tif", "w", transform=rasterio.Affine(1, 0, -200, 0, -1, 200), **profile) as dataset:
    dataset.write(numpy.zeros((1, 400, 400), "float32"))
away = {}
for driver, name in {"GTiff": "copy.tif", "PDS4": "copy.xml", "ISIS3": "copy.cub", "PCIDSK": "copy.pix"}.items():
    rasterio.shutil.copy("map.tif", name, driver=driver)
    with rasterio.open(name) as dataset:
        crs = pyproj.CRS(dataset.crs.to_wkt())
        inverse = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        pole, edge = (inverse.transform(*(dataset.transform * pixel))[1] for pixel in [(200, 200), (400, 200)])
    away[driver] = round(pole, 2), round(edge, 2)
    print(f"{driver:6}: the middle of the map at latitude {pole:.2f}, its edge at {edge:.2f}")
assert away["GTiff"] == away["PDS4"] == (-90, -83.41)
assert away["ISIS3"] == (-80.7, -75.34), "the behaviour has changed"
assert away["PCIDSK"] == (-90, -89.99), "the behaviour has changed"
PYTHON
