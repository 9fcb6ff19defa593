#!/usr/bin/env bash
# craterpy reads kilometres as metres when it merges catalogues, and loses places whose columns differ.
#
# Every CraterDatabase knows its radii in metres and its places. We expected that CraterDatabase.merge uses
# them. craterpy 0.11.2 makes the merged database from the columns of the files again, as metres. With a column
# diam, diameter or radius, craters of 100 and 50 km become craters of 100 and 50 m, without a warning. If one
# catalogue has lat and lon and the other Latitude and Longitude, the names of one are taken, and the other's
# craters have no place (NaN).
#
# For us: nothing to change. Two of our CSV files keep their sizes, because the column of metres is found before
# DIAM_CIRC_IMG. Beside a table with lon and lat, the craters of one of the two lose their places.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet craterpy==0.11.2 planetarypy==0.80.1
cd "$folder"
venv/bin/python -W ignore - 2>/dev/null <<'PYTHON'
from importlib.metadata import version

import pandas as pd
from craterpy import CraterDatabase

print("craterpy", version("craterpy"))
first = CraterDatabase(pd.DataFrame({"lat": [0.0], "lon": [10.0], "diam": [100.0]}), "Moon", units="km")
second = CraterDatabase(pd.DataFrame({"lat": [20.0], "lon": [50.0], "diam": [50.0]}), "Moon", units="km")
merged = CraterDatabase.merge(first, second)
print("radii in m:", first.rad.tolist(), second.rad.tolist(), "merged:", merged.rad.tolist())
assert first.rad.tolist() == [50_000.0] and second.rad.tolist() == [25_000.0]
assert merged.rad.tolist() == [50.0, 25.0], "the behaviour has changed"

one = CraterDatabase(pd.DataFrame({"lat": [0.0], "lon": [10.0], "rad": [50_000.0]}), "Moon")
two = CraterDatabase(pd.DataFrame({"Latitude": [20.0], "Longitude": [50.0], "rad": [25_000.0]}), "Moon")
places = CraterDatabase.merge(one, two)
print("longitudes:", one.lon.tolist(), two.lon.tolist(), "merged:", places.lon.tolist())
assert places.lon.isna().sum() == 1, "the behaviour has changed"
PYTHON
