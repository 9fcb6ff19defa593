#!/usr/bin/env bash
# craterpy takes a small crater for a large one around the same place, when it merges catalogues.
#
# CraterDatabase.merge(first, second) leaves out the craters of the second catalogue that the first one has. By
# its documentation the radii of the same crater differ by less than half. We expected that a crater of 2 km
# on the floor of one of 100 km stays. craterpy 0.11.2 compares the difference with its sign, so any smaller
# crater passes. It is left out wherever the centre of the larger crater lies within it. Merged in the other
# order, both stay.
#
# For us: nothing to change; `craters evaluate` matches by the ratio of diameters, in both directions. Whoever
# adds our small craters to a catalogue of large ones with craterpy should put ours first.
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


def merged(*radii):
    """Radii after merging catalogues of one crater each, near the same place."""
    catalogues = [CraterDatabase(pd.DataFrame({"lat": [0.01], "lon": [10.01], "rad": [radius]}), "Moon")
                  for radius in radii]
    found = CraterDatabase.merge(*catalogues).rad.tolist()
    print("catalogues with radii of", *radii, "m, merged:", found)
    return found


assert merged(1000.0, 50_000.0) == [1000.0, 50_000.0]
assert merged(50_000.0, 1000.0) == [50_000.0], "the behaviour has changed"
PYTHON
