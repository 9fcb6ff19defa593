#!/usr/bin/env bash
# craterpy fills the holes of annuli that touch 180 degrees or a pole.
#
# add_annuli(name, 1, 2) makes the ground from the rim to one radius beyond it, as for ejecta. We expected an
# annulus at any longitude. craterpy 0.11.2 cuts outlines at 180 degrees by their outer rings alone. An annulus
# that crosses 180 E or surrounds a pole is a full disc, without a warning: the floor of the crater counts as its
# ejecta. On a raster that is 100 inside the rim and 0 outside, its mean is 24 instead of 3.
#
# For us: nothing to change; `craters measure` works in a projection about each crater.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet craterpy==0.11.2 planetarypy==0.80.1 rasterstats==0.21.0
cd "$folder"
venv/bin/python -W ignore - 2>/dev/null <<'PYTHON'
from importlib.metadata import version

import numpy as np
import pandas as pd
import rasterio
from craterpy import CraterDatabase
from rasterio.transform import from_bounds

print("craterpy", version("craterpy"))
longitudes, latitudes = np.meshgrid(np.arange(1440) / 4 - 179.875, 89.875 - np.arange(720) / 4)
craters = pd.DataFrame({"lat": [0.0, 0.0, -88.0], "lon": [90.0, 180.0, 20.0], "rad": 100_000.0})
floor = np.zeros((720, 1440), "float32")
for lon in (90, 180):
    east = (longitudes - lon + 180) % 360 - 180
    floor[np.hypot(east, latitudes) < np.degrees(100 / 1737.4)] = 100
with rasterio.open("moon.tif", "w", driver="GTiff", width=1440, height=720, count=1, dtype="float32",
                   crs="IAU_2015:30100", transform=from_bounds(-180, -90, 180, 90, 1440, 720)) as raster:
    raster.write(floor[None])
database = CraterDatabase(craters, "Moon")
database.add_annuli("ejecta", 1, 2, n_jobs=1)
database.add_circles("disc", 2, n_jobs=1)
table = database.get_stats("moon.tif", ["ejecta", "disc"], stats=("mean", "count"), n_jobs=1)
print(table.drop(columns=["lat", "rad"]).to_string(index=False))
inside, seam, pole = (row for _, row in table.iterrows())
assert inside["count_ejecta"] < 0.8 * inside["count_disc"] and inside["mean_ejecta"] < 6
assert seam["count_ejecta"] == seam["count_disc"] and seam["mean_ejecta"] > 20, "the behaviour has changed"
assert pole["count_ejecta"] == pole["count_disc"], "the behaviour has changed"
PYTHON
