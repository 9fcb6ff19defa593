#!/usr/bin/env bash
# A GeoTIFF with a lunar code of IAU_2015 comes back without the code, in newer versions of rasterio.
#
# We expected that IAU_2015:30110, written into a GeoTIFF and read again, is IAU_2015:30110 still, as with
# rasterio 1.4.4 (GDAL 3.10.3). With rasterio 1.5.2 (GDAL 3.12.2) the identifier is "IAU" 30110 without the
# version 2015: to_authority() is None, and to_string() is WKT in place of the code. The system is the same, and
# compares equal, but the text of its WKT is another one. Polar systems, 30130 and 30135, come back without
# a code in both versions, and compare unequal to what was written: their method is "Polar Stereographic (variant B)"
# in the file and "(variant A)" in the code.
#
# For us: the identity of a mosaic had the WKT in it, so that a run could not go on after an update of
# rasterio. It has the PROJ string now, which is the same in all of them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3.14 python3.13 python3.12 python3; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then break; fi
done
cat > "$folder/code.py" <<'PYTHON'
import re
import sys

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS

print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
shape = {"width": 4, "height": 4, "count": 1, "dtype": "uint8"}
found = {}
for code in (30100, 30110, 30130, 30135):
    name = f"{sys.argv[1]}/{code}.tif"
    grid = {"crs": f"IAU_2015:{code}", "transform": Affine(0.1, 0, 0, 0, -0.1, 0)}
    with rasterio.open(name, "w", driver="GTiff", **shape, **grid) as out:
        out.write(np.ones((1, 4, 4), np.uint8))
    with rasterio.open(name) as raster:
        same = raster.crs == CRS.from_string(f"IAU_2015:{code}")
        wkt = raster.crs.to_wkt(version="WKT2_2019")
        method = wkt.partition('METHOD["')[2].partition('"')[0]
        identifier = re.search(r'ID\["IAU[^]]*\](?=\]$)', wkt)
        found[code] = raster.crs.to_authority(), same, raster.crs.to_proj4()
        print(code, found[code][0], identifier and identifier[0], method, "equal" if same else "unequal")
new = rasterio.__version__ == "1.5.2"
for code in (30100, 30110):
    assert found[code][:2] == (None if new else ("IAU_2015", str(code)), True), found[code]
for code in (30130, 30135):
    assert found[code][:2] == (None, False), found[code]
print("\n".join(proj for _, _, proj in found.values()))
PYTHON
for version in 1.4.4 1.5.2; do
    "$python" -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "rasterio==$version" numpy==2.3.4
    mkdir "$folder/of_$version"
    "$folder/$version/bin/python" "$folder/code.py" "$folder/of_$version" 2>/dev/null | tee "$folder/$version.txt"
done
cmp <(tail -4 "$folder/1.4.4.txt") <(tail -4 "$folder/1.5.2.txt")
