#!/usr/bin/env bash
# craterpy and planetarypy as pip resolves them cannot make a crater database of the Moon.
#
# craterpy 0.11.2 asks for any planetarypy from 0.76 on. We expected that the newest release works. It
# asks planetarypy for the planetocentric system of the Moon. From some release between 0.80.1 and 0.84.2
# on that means an ellipsoid, which IAU_2015 does not have for the Moon, and the database is refused with
# ValueError. With 0.80.1 it is IAU_2015:30100.
#
# For us: whoever reads our catalogues with craterpy 0.11.2 should pin planetarypy==0.80.1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/moon.py" <<'PYTHON'
import sys
from importlib.metadata import version

import pandas as pd
from craterpy import CraterDatabase

crater = pd.DataFrame({"lat": [0.0], "lon": [10.0], "diam": [60.0]})
try:
    database = CraterDatabase(crater, "Moon", units="km", diam_col="diam")
    answer = "database with " + ":".join(database._crs.to_authority())
except ValueError as error:
    answer = f"ValueError: {error}"
print("craterpy", version("craterpy"), "planetarypy", version("planetarypy"), "-", answer)
if not answer.startswith(sys.argv[1]):
    raise SystemExit("the behaviour has changed")
PYTHON
python3 -m venv "$folder/venv"
for pair in "0.80.1|database with IAU_2015:30100" "0.84.2|ValueError: Unknown Planetary body"; do
  "$folder/venv/bin/pip" install --quiet craterpy==0.11.2 "planetarypy==${pair%%|*}"
  "$folder/venv/bin/python" -W ignore "$folder/moon.py" "${pair#*|}"
done
