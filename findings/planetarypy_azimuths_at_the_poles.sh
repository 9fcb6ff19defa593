#!/usr/bin/env bash
# planetarypy gives azimuths "clockwise from north" that are clockwise from the top of the image.
#
# Point.azimuth_to(other) takes two places with longitudes and latitudes on an image with a coordinate system, and by
# its documentation returns "degrees, clockwise from north". We expected 0 towards a place due north, on any map.
# planetarypy 0.84.2 takes the direction between the pixels, clockwise from the top of the image. On a map of the south
# pole a place due north of one at 90 E has the azimuth 90, and of one at 180 E the azimuth 180. There is no warning.
# The documentation names this way for the azimuth of the Sun (Spicer.sun_direction_at). Also, xy_to_pixel promises
# fractional pixels, and gives whole ones.
#
# For us: nothing to change; we do not use it. Whoever takes azimuths on our polar mosaics with it has to turn them
# by the longitude.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet planetarypy==0.84.2 rasterio==1.4.4 pyproj==3.7.2
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy
import rasterio
from planetarypy import geo
from rasterio.transform import from_origin

warnings.simplefilter("error", UserWarning)
print("planetarypy", version("planetarypy"))
print(geo.Point.azimuth_to.__doc__.split("Returns")[1].split("\n")[3].strip())
print(geo.xy_to_pixel.__doc__.strip().split("\n")[-1].strip())
found = {}
for name, code, top in [("south pole", 30135, 200_000), ("equirectangular", 30110, 0)]:
    left = -200_000 if code == 30135 else 2_000_000
    profile = {"driver": "GTiff", "width": 400, "height": 400, "count": 1, "dtype": "uint8"}
    transform = from_origin(left, top, 1000, 1000)
    with rasterio.open("map.tif", "w", crs=f"IAU_2015:{code}", transform=transform, **profile) as image:
        image.write(numpy.ones((1, 400, 400), "uint8"))
    with rasterio.open("map.tif") as image:
        pole = code == 30135
        for longitude in [0, 90, 180] if pole else [70]:
            latitude = -87 if pole else -5
            first = geo.Point(lon=longitude, lat=latitude, source=image)
            north = geo.Point(lon=longitude, lat=latitude + 1, source=image)
            assert first.is_within() and north.is_within()
            found[name, longitude] = first.azimuth_to(north)
            print(f"{name}, from {longitude} E, {-latitude} S to {longitude} E, {-latitude - 1} S:", end=" ")
            print(f"azimuth {found[name, longitude]:.1f}")
        x, y = geo.pixel_to_xy(image.transform, 10.4, 20.4)
        print("pixel 10.4, 20.4 and back:", *geo.xy_to_pixel(image.transform, x, y))
        assert tuple(geo.xy_to_pixel(image.transform, x, y)) == (10, 20), "the behaviour has changed"
assert found["equirectangular", 70] == 0
assert found["south pole", 0] == 0
assert abs(found["south pole", 90] - 90) < 0.5, "the behaviour has changed"
assert abs(found["south pole", 180] - 180) < 0.5, "the behaviour has changed"
PYTHON
