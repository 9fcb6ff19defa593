#!/usr/bin/env bash
# async-geotiff reads kilometres as metres, and lunar Mercator charts as ones with their true scale at the equator.
#
# Systems of the Moon have no EPSG code, so GeoTIFF.crs is made of the file's other keys. We expected the system
# that GDAL reads, or an error as for methods that async-geotiff does not know. async-geotiff 0.5.1 takes any unit
# for metres but feet: an equirectangular map in kilometres passes for IAU_2015:30110, which is in metres, and
# 30 E, 20 N becomes 0.03 E, 0.02 N. It leaves out the latitude of true scale of Mercator: on a chart with 34
# degrees, 30 E, 40 N becomes 24.9 E, 34 N. There is no warning.
#
# For us: nothing to change; mosaics are read by GDAL. Equirectangular and polar mosaics in metres, as
# IAU_2015:30110 and 30130, come through right.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet async-geotiff==0.5.1 obstore==0.12.1 rasterio==1.4.4 pyproj==3.7.2
cd "$folder"
venv/bin/python - <<'PYTHON'
import asyncio
import warnings
from importlib.metadata import version

import numpy
import pyproj
import rasterio
from async_geotiff import GeoTIFF
from obstore.store import LocalStore
from rasterio.transform import from_origin

warnings.simplefilter("error", UserWarning)
print("async-geotiff", version("async-geotiff"))
moon = pyproj.CRS("+proj=longlat +R=1737400 +type=crs")
maps = {
    "metres": ("+proj=eqc +lat_ts=0 +lon_0=0 +R=1737400 +units=m", (30, 20)),
    "kilometres": ("+proj=eqc +lat_ts=0 +lon_0=0 +R=1737400 +units=km", (30, 20)),
    "mercator": ("+proj=merc +lat_ts=0 +lon_0=0 +R=1737400 +units=m", (30, 40)),
    "chart": ("+proj=merc +lat_ts=34 +lon_0=0 +R=1737400 +units=m", (30, 40)),
}
found = {}
for name, (crs, crater) in maps.items():
    x, y = pyproj.Transformer.from_crs(moon, crs, always_xy=True).transform(*crater)
    step = 1 if name == "kilometres" else 1000
    profile = {"driver": "GTiff", "width": 256, "height": 256, "count": 1, "dtype": "uint8", "crs": pyproj.CRS(crs).to_wkt()}
    profile |= {"tiled": True, "blockxsize": 128, "blockysize": 128}
    with rasterio.open(f"{name}.tif", "w", transform=from_origin(x, y, step, step), **profile) as image:
        image.write(numpy.ones((1, 256, 256), "uint8"))
    file = asyncio.run(GeoTIFF.open(f"{name}.tif", store=LocalStore(".")))
    corner = file.transform.c, file.transform.f

    def place(system):
        system = pyproj.CRS(system)
        inverse = pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
        return tuple(round(value, 2) for value in inverse.transform(*corner))

    with rasterio.open(f"{name}.tif") as image:
        found[name] = place(image.crs.to_wkt()), place(file.crs)
    print(f"{name}: {found[name][0]} by GDAL, {found[name][1]} by async-geotiff,", file.crs.to_authority())
    assert found[name][0] == crater
    if name == "kilometres":
        assert file.crs.to_authority() == ("IAU_2015", "30110"), "the behaviour has changed"
for name in ["metres", "mercator"]:
    assert found[name][0] == found[name][1]
assert found["kilometres"][1] == (0.03, 0.02), "the behaviour has changed"
assert found["chart"][1] == (24.87, 34.04), "the behaviour has changed"
PYTHON
