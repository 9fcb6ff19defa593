#!/usr/bin/env bash
# odc-stac loads no STAC item of the Moon, even into a grid of the Moon, unless PROJ is told to look away.
#
# odc-geo works with lunar systems, so we expected that odc-stac 0.4.0 loads a lunar raster by its STAC item,
# which has the lunar system in `proj:code` and degrees on the Moon in `geometry`, as the Solar System extension
# (ssys) says. It takes the geometry for WGS84, and PROJ refuses the way from the Earth to the Moon: every call
# ends in ProjError, with a lunar `geobox` too. With PROJ_IGNORE_CELESTIAL_BODY=YES all pixels are loaded where
# they are, in the item's own system, in degrees, and by a `bbox` of degrees on the Moon.
# stackstac 0.5.1 takes systems with an EPSG code alone, which lunar ones lack.
#
# For us: docs/tiles.md says how the item of a run is opened.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check odc-stac==0.4.0 stackstac==0.5.1 \
    rasterio==1.4.4 pyproj==3.7.2 pystac==1.15.2 2>/dev/null
cat > "$folder/load.py" <<'PYTHON'
import datetime
import math
import sys
import warnings

import numpy as np
import odc.stac
import pystac
import rasterio
import stackstac
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj.exceptions import ProjError

warnings.simplefilter("ignore")
path = f"{sys.argv[1]}/moon.tif"
grid = Affine(100, 0, 600000, 0, -100, 900000)
shape = {"width": 100, "height": 100, "count": 1, "dtype": "uint8"}
with rasterio.open(path, "w", driver="GTiff", crs="IAU_2015:30110", transform=grid, **shape) as out:
    out.write(np.full((1, 100, 100), 9, np.uint8))
    bounds = out.bounds
west, south, east, north = box = [math.degrees(metres / 1737400) for metres in bounds]
ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
item = pystac.Item(
    "moon",
    {"type": "Polygon", "coordinates": [ring]},
    box,
    datetime.datetime(2020, 1, 1),
    {
        "proj:code": "IAU_2015:30110",
        "proj:shape": [100, 100],
        "proj:transform": list(grid)[:6],
        "ssys:targets": ["Moon"],
    },
    stac_extensions=["https://stac-extensions.github.io/projection/v2.0.0/schema.json"],
)
item.add_asset("data", pystac.Asset(path, roles=["data"]))
ways = {
    "as it is": {},
    "lunar geobox": {"geobox": GeoBox((100, 100), grid, "IAU_2015:30110")},
    "lunar degrees": {"crs": "IAU_2015:30100", "resolution": 0.005},
    "half of the bbox": {"bbox": [west, south, (west + east) / 2, north]},
}
for way, options in ways.items():
    try:
        loaded = odc.stac.load([item], bands=["data"], **options)["data"]
        print(way, loaded.shape, int((loaded == 9).sum()))
    except ProjError as error:
        print(way, "ProjError", "same celestial body" in str(error))
try:
    stackstac.stack([item], assets=["data"])
except ValueError as error:
    print("stackstac", "ValueError", "common CRS" in str(error))
PYTHON
run() { "$folder/venv/bin/python" "$folder/load.py" "$folder" 2>/dev/null; }
run | tee "$folder/plain.txt"
PROJ_IGNORE_CELESTIAL_BODY=YES run | tee "$folder/ignoring.txt"
diff "$folder/plain.txt" - <<'SEEN'
as it is ProjError True
lunar geobox ProjError True
lunar degrees ProjError True
half of the bbox ProjError True
stackstac ValueError True
SEEN
diff "$folder/ignoring.txt" - <<'SEEN'
as it is (1, 100, 100) 10000
lunar geobox (1, 100, 100) 10000
lunar degrees (1, 67, 67) 4356
half of the bbox (1, 100, 50) 5000
stackstac ValueError True
SEEN
