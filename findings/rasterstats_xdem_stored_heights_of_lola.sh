#!/usr/bin/env bash
# rasterstats and xdem read heights of LOLA in half metres, so that craters are twice as deep, and slopes twice as steep.
#
# The gridded records of LOLA (LDEM) hold 16-bit numbers, and their labels say SCALING_FACTOR = 0.5 and OFFSET =
# 1737400. GDAL passes both on. We expected metres, as exactextract 0.3.0 gives. rasterstats 0.21.0 takes
# the stored numbers: a crater of 1,000 m has 2,000 m between its lowest and highest pixel. xdem 0.2.3 takes
# them too: a ramp of 10 degrees has a slope of 19.6. There is no warning. rasterio, by which
# both read, applies no scales on purpose (its issue 2219).
#
# For us: nothing to change; we read with the scales of the file. Whoever measures depths within our outlines has to
# multiply rasterstats' heights by the scale, or to apply it to a copy (gdal_translate -unscale -ot Float32).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterstats==0.21.0 exactextract==0.3.0 xdem==0.2.3 geoutils==0.2.5 \
    rasterio==1.4.4 geopandas==1.2.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version
from pathlib import Path

import exactextract
import geopandas
import numpy
import rasterio
import rasterstats
import shapely
import xdem

print(*(f"{name} {version(name)}" for name in ["rasterstats", "exactextract", "xdem"]))
LABEL = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = 400
^IMAGE = "{name}.img"
OBJECT = IMAGE
  LINES = 200
  LINE_SAMPLES = 200
  SAMPLE_TYPE = LSB_INTEGER
  SAMPLE_BITS = 16
  UNIT = METER
  SCALING_FACTOR = 0.5
  OFFSET = 1737400.
END_OBJECT = IMAGE
OBJECT = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE = "POLAR STEREOGRAPHIC"
  A_AXIS_RADIUS = 1737.4 <KM>
  B_AXIS_RADIUS = 1737.4 <KM>
  C_AXIS_RADIUS = 1737.4 <KM>
  POSITIVE_LONGITUDE_DIRECTION = "EAST"
  CENTER_LATITUDE = -90 <DEG>
  CENTER_LONGITUDE = 0 <DEG>
  MAP_RESOLUTION = 303.23350424149 <PIX/DEG>
  MAP_SCALE = 100 <M/PIX>
  LINE_PROJECTION_OFFSET = 99.5
  SAMPLE_PROJECTION_OFFSET = 99.5
END_OBJECT = IMAGE_MAP_PROJECTION
END
"""
metres = (numpy.arange(200) - 99.5) * 100
radius = numpy.hypot(*numpy.meshgrid(metres, metres))
bowl = numpy.where(radius < 5000, -1000 * (1 - (radius / 5000) ** 2), 0)
ramp = numpy.tile(metres * numpy.tan(numpy.radians(10)), (200, 1))
for name, heights in {"bowl": bowl, "ramp": ramp}.items():
    Path(f"{name}.img").write_bytes(numpy.round(heights / 0.5).astype("<i2").tobytes())
    Path(f"{name}.lbl").write_text(LABEL.format(name=name).replace("\n", "\r\n"))
with rasterio.open("bowl.lbl") as dataset:
    print("GDAL: scale", dataset.scales, "offset", dataset.offsets, "pixels of", dataset.res)
    assert dataset.scales == (0.5,) and dataset.res == (100, 100)
    middle, system = dataset.transform * (100, 100), dataset.crs
warnings.simplefilter("error", UserWarning)
crater = geopandas.GeoDataFrame(geometry=[shapely.Point(middle).buffer(6000)], crs=system)
stats = rasterstats.zonal_stats(crater, "bowl.lbl", stats=["min", "max"])[0]
deep = stats["max"] - stats["min"]
right = exactextract.exact_extract("bowl.lbl", crater, ["min", "max"], output="pandas").iloc[0]
print(f"a crater of 1,000 m: rasterstats {deep:.0f}, exactextract {right['max'] - right['min']:.0f}")
slope = float(numpy.ma.median(xdem.DEM("ramp.lbl").slope().data[50:150, 50:150]))
print(f"a ramp of 10 degrees: xdem {slope:.1f}")
assert abs(right["max"] - right["min"] - 1000) < 2
assert abs(deep - 2000) < 2, "the behaviour has changed"
assert abs(slope - numpy.degrees(numpy.arctan(2 * numpy.tan(numpy.radians(10))))) < 0.2, "the behaviour has changed"
PYTHON
