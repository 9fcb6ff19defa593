#!/usr/bin/env bash
# craterstats measures the rest of the Moon where a count covers more than half of it.
#
# A pair of Shapefiles gives a count its area and its craters. We expected the area of the polygon at any
# size, as global catalogues are counted too. craterstats 3.6.11 takes the smaller side of every outline, so
# an outline of 55 percent of the Moon has the other 45 percent as its area. The craters inside are left out,
# and those outside count, without a warning. A .scc with this outline has the wrong area too when it is read
# as a spatial count.
#
# For us: `craters export CATALOGUE NAME_CRATER.shp` refuses ground of more than half of the Moon. The .scc that
# it writes keeps the right Total_area.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3.14 python3.13 python3.12 python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
done
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet craterstats==3.6.11
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import numpy as np
import pyproj
import shapefile
from craterstats.Spatialcount import Spatialcount

print("craterstats", version("craterstats"))
SPHERE = pyproj.CRS("IAU_2015:30100")
WKT = ('GEOGCS["Moon",DATUM["D_Moon",SPHEROID["Moon",1737400.0,0.0]],PRIMEM["Reference_Meridian",0.0],'
       'UNIT["Degree",0.0174532925199433]]')


def write(name, rings):
    with shapefile.Writer(name, shapeType=shapefile.POLYGON) as layer:
        layer.field("Diam_km", "F", 12, 6)
        for ring in rings:
            layer.poly([ring])
            layer.record(20.0)
    with open(f"{name}.prj", "w") as file:
        file.write(WKT)


def count(east):
    """Area and number of craters on the ground from -east to east and from 80 S to 80 N."""
    west = np.arange(-80, 80, 1.0)
    along = np.arange(-east, east, 1.0)
    ring = ([(-east, y) for y in west] + [(x, 80.0) for x in along]
            + [(east, y) for y in -west] + [(x, -80.0) for x in -along])
    write(f"to{east}_AREA", [[*ring, ring[0]]])
    rims = []
    for lon, lat in ((0, 0), (30, 10), (-40, -20), (150, 0)):
        x, y, _ = SPHERE.get_geod().fwd([lon] * 72, [lat] * 72, -np.arange(0, 360, 5.0), [10_000] * 72)
        rims.append([*zip(x, y), (x[0], y[0])])
    write(f"to{east}_CRATER", rims)
    found = Spatialcount(f"to{east}_CRATER.shp")
    true = 1737.4**2 * 2 * np.radians(east) * 2 * np.sin(np.radians(80))
    print(f"ground {true:.0f} km2 with 3 craters inside and 1 outside; craterstats: {found.area:.0f} km2 with {len(found.diam)}")
    return true, found.area, len(found.diam)


moon = 4 * np.pi * 1737.4**2
true, area, number = count(80)
assert abs(area / true - 1) < 1e-3 and number == 3
true, area, number = count(100)
assert abs(area / (moon - true) - 1) < 1e-3 and number == 1, "the behaviour has changed"
PYTHON
