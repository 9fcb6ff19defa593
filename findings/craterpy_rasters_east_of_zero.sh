#!/usr/bin/env bash
# craterpy averages zeros where a crater lies at the other longitudes of a global raster.
#
# A global raster from 0 to 360 degrees east is as common for the Moon as one from -180 to 180. We expected
# that the statistics of a crater are the same in both. craterpy 0.11.2 moves craters into -180..180 and
# does not look for them one turn further. A raster of 5 everywhere, without a nodata value, then has the
# mean 0 at 350 E and 2.5 at 0 E, both with the full count of pixels and without a warning. With a nodata
# value the missing pixels are not counted: NaN at 350 E, half the count at 0 E.
#
# For us: nothing to change; a mosaic is read across its seam at any longitudes (Grid.turn_px).
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

print("craterpy", version("craterpy"), "rasterstats", version("rasterstats"))
LONGITUDES = [10.0, 350.0, 0.0]


def means(west, nodata):
    """Means and counts of craters of 120 km on a global raster of 5 that begins in the west."""
    profile = {"driver": "GTiff", "width": 1440, "height": 720, "count": 1, "dtype": "float32"}
    transform = from_bounds(west, -90, west + 360, 90, 1440, 720)
    with rasterio.open("moon.tif", "w", crs="IAU_2015:30100", transform=transform, nodata=nodata,
                       **profile) as raster:
        raster.write(np.full((1, 720, 1440), 5, "float32"))
    craters = pd.DataFrame({"lat": 0.0, "lon": LONGITUDES, "diam": 120.0})
    database = CraterDatabase(craters, "Moon", units="km", diam_col="diam")
    database.add_circles("crater", 1.0)
    table = database.get_stats("moon.tif", "crater", stats=("mean", "count"), n_jobs=1)
    found = list(zip(table["mean_crater"], table["count_crater"]))
    print(f"raster from {west} E, nodata {nodata}:", dict(zip(LONGITUDES, found)))
    return found


whole = means(-180, None)[0][1]
assert means(-180, None) == [(5.0, whole)] * 3, "the behaviour has changed"
assert means(0, None) == [(5.0, whole), (0.0, whole), (2.5, whole)], "the behaviour has changed"
(_, east), (nothing, none), (_, half) = means(0, -9999.0)
assert np.isnan(nothing) and none == 0 and half == whole / 2, "the behaviour has changed"
PYTHON
