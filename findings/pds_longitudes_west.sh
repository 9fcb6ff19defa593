#!/bin/bash
# Longitudes that a label counts positive west: three planetary drivers of GDAL, two answers.
#
# Three labels of one map say the same: central meridian 30, longitudes positive west. By the
# documents of PDS3, PDS4 and ISIS that is 30 W, lon_0 = -30. Guess: all three give -30.
# Seen: PDS4 does. PDS3 (POSITIVE_LONGITUDE_DIRECTION = WEST) and ISIS3 (LongitudeDirection =
# PositiveWest) give +30, so the map lies 60 degrees away, without a warning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 numpy==2.2.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from pathlib import Path

import rasterio

print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
pixels = bytes(range(100))

Path("pds3.img").write_bytes(pixels)
Path("pds3.lbl").write_text("\r\n".join("""PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = 10
^IMAGE = "pds3.img"
TARGET_NAME = MOON
OBJECT = IMAGE
  LINES = 10
  LINE_SAMPLES = 10
  SAMPLE_TYPE = UNSIGNED_INTEGER
  SAMPLE_BITS = 8
END_OBJECT = IMAGE
OBJECT = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE = "SIMPLE CYLINDRICAL"
  A_AXIS_RADIUS = 1737.4 <KM>
  C_AXIS_RADIUS = 1737.4 <KM>
  POSITIVE_LONGITUDE_DIRECTION = WEST
  CENTER_LATITUDE = 0.0 <DEG>
  CENTER_LONGITUDE = 30.0 <DEG>
  MAP_SCALE = 1.0 <KM/PIXEL>
  LINE_PROJECTION_OFFSET = 4.5
  SAMPLE_PROJECTION_OFFSET = 4.5
END_OBJECT = IMAGE_MAP_PROJECTION
END
""".splitlines()))

Path("isis.cub").write_bytes("""Object = IsisCube
  Object = Core
    StartByte = 2049
    Format = BandSequential
    Group = Dimensions
      Samples = 10
      Lines = 10
      Bands = 1
    End_Group
    Group = Pixels
      Type = UnsignedByte
      ByteOrder = Lsb
      Base = 0.0
      Multiplier = 1.0
    End_Group
  End_Object
  Group = Mapping
    ProjectionName = SimpleCylindrical
    CenterLongitude = 30.0
    TargetName = Moon
    EquatorialRadius = 1737400.0 <meters>
    PolarRadius = 1737400.0 <meters>
    LatitudeType = Planetocentric
    LongitudeDirection = PositiveWest
    LongitudeDomain = 360
    UpperLeftCornerX = -5000.0 <meters>
    UpperLeftCornerY = 5000.0 <meters>
    PixelResolution = 1000.0 <meters/pixel>
    Scale = 30.3 <pixels/degree>
  End_Group
End_Object
End
""".encode().ljust(2048, b"\0") + pixels)

with rasterio.open(
    "pds4.xml", "w", driver="PDS4", width=10, height=10, count=1, dtype="uint8",
    crs="+proj=eqc +lon_0=30 +R=1737400 +units=m", transform=(1000, 0, -5000, 0, -1000, 5000),
) as out:
    pass
text = Path("pds4.xml").read_text()
assert "Positive East" in text
Path("pds4.xml").write_text(text.replace("Positive East", "Positive West"))

seen = {}
for name in ("pds3.lbl", "isis.cub", "pds4.xml"):
    with rasterio.open(name) as dataset:
        seen[dataset.driver] = dataset.crs.to_dict().get("lon_0", 0)
print(seen)
sys.exit(seen != {"PDS": 30, "ISIS3": 30, "PDS4": -30})
PYTHON
