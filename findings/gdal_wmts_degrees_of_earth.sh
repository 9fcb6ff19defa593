#!/bin/bash
# A tile service of the whole Moon in degrees, with the scales of morecantile, opened by GDAL.
#
# The capabilities of a WMTS give the scale of each matrix of tiles in metres, not the degrees of a
# pixel. morecantile converts by the radius of the body of the system, as it reads the standard of
# tile matrix sets (OGC 17-083). Guess: GDAL converts back by the same radius, and the map goes from
# 180 W to 180 E.
# Seen: GDAL knows the system of the Moon, but converts by the radius of the Earth. The map of the
# whole Moon ends at 82 W, and nothing says so. Services whose scales are of the Earth's degrees,
# as some of the Moon's are, open rightly.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 morecantile==7.1.0 numpy==2.2.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from pathlib import Path

import morecantile
import pyproj
import rasterio

print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
print("morecantile", morecantile.__version__)
moon = pyproj.CRS("IAU_2015:30100")
tiles = morecantile.TileMatrixSet.custom(
    [-180, -90, 180, 90], moon, tile_width=256, tile_height=256, matrix_scale=[2, 1], id="Moon",
    geographic_crs=moon,
)
matrices = "".join(
    f"<TileMatrix><ows:Identifier>{one.id}</ows:Identifier>"
    f"<ScaleDenominator>{one.scaleDenominator!r}</ScaleDenominator>"
    "<TopLeftCorner>90 -180</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256</TileHeight>"
    f"<MatrixWidth>{one.matrixWidth}</MatrixWidth><MatrixHeight>{one.matrixHeight}</MatrixHeight>"
    "</TileMatrix>"
    for one in tiles.tileMatrices[:5]
)
Path("moon.xml").write_text(
    '<Capabilities xmlns="http://www.opengis.net/wmts/1.0" version="1.0.0" '
    'xmlns:ows="http://www.opengis.net/ows/1.1"><Contents><Layer>'
    "<ows:Title>Moon</ows:Title><ows:Identifier>moon</ows:Identifier>"
    '<Style isDefault="true"><ows:Identifier>default</ows:Identifier></Style>'
    "<Format>image/png</Format>"
    "<TileMatrixSetLink><TileMatrixSet>Moon</TileMatrixSet></TileMatrixSetLink>"
    '<ResourceURL format="image/png" resourceType="tile" '
    'template="http://127.0.0.1:9/{TileMatrix}/{TileRow}/{TileCol}.png"/></Layer>'
    "<TileMatrixSet><ows:Identifier>Moon</ows:Identifier>"
    "<ows:SupportedCRS>http://www.opengis.net/def/crs/IAU/2015/30100</ows:SupportedCRS>"
    f"{matrices}</TileMatrixSet></Contents></Capabilities>"
)
print("pixel of the first matrix:", tiles.tileMatrices[0].cellSize, "degrees")
with rasterio.open("WMTS:moon.xml") as dataset:
    wkt, bounds = dataset.crs.to_wkt(), dataset.bounds
print(wkt[:40], bounds)
size = 360.0 * 1737400.0 / 6378137.0
print(f"the Moon by the Earth's radius is {size:.4f} degrees wide")
sys.exit(not ("1737400" in wkt and abs(bounds.right - bounds.left - size) < 1e-6))
PYTHON
