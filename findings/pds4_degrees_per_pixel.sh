#!/bin/bash
# PDS4 labels that state pixel_resolution in degrees and pixel_scale in metres.
#
# The Cartography dictionary has both: an angular resolution and a linear scale. LROC's labels of
# PDS4 (the examples of the LRO dictionary, github.com/pds-data-dictionaries/ldd-lro) give
# pixel_resolution in deg/pixel and pixel_scale in m/pixel, 5 m here. Guess: pixels of 5 m.
# Seen: GDAL takes the number of degrees for metres. A pixel of 5 m becomes one of 0.16 mm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 numpy==2.2.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import re
import sys
from pathlib import Path

import rasterio

print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
with rasterio.open(
    "a.xml", "w", driver="PDS4", width=10, height=10, count=1, dtype="uint8",
    crs="+proj=eqc +lat_ts=-4 +lon_0=180 +R=1737400 +units=m",
    transform=(5, 0, -4794842.5, 0, -5, -92492.5),
) as out:
    pass
text = Path("a.xml").read_text()
for axis in "xy":
    for kind, number, unit in (
        ("resolution", "0.00016488943108403748", "deg/pixel"), ("scale", "5.0", "m/pixel"),
    ):
        text, changes = re.subn(
            f'<cart:pixel_{kind}_{axis} unit="[^"]*">[^<]*<',
            f'<cart:pixel_{kind}_{axis} unit="{unit}">{number}<', text,
        )
        assert changes == 1
Path("a.xml").write_text(text)
with rasterio.open("a.xml") as dataset:
    size = dataset.transform.a
print("pixels of", size, "m; the label says 5 m")
sys.exit(abs(size - 0.00016488943108403748) > 1e-12)
PYTHON
