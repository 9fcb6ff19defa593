#!/usr/bin/env bash
# A GeoTIFF on a server that fails is read as nodata, without an error, where the list of blocks was not read.
#
# A mosaic of the Moon has more blocks than the first kilobytes of the file list, so GDAL reads the list in
# parts, when it first needs them. We expected an error from every read that a server does not answer. There
# is one if GDAL lacks the bytes of a block. If it lacks the block's position, libtiff notes the position 0,
# which in a sparse file stands for "no such block", and rasterio returns nodata. So a server that fails for
# a few seconds leaves holes in a map. Versions: rasterio 1.4.4, GDAL 3.10.3.
#
# For us: positions are read before pixels are, and GDAL's errors looked for (check_positions).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 numpy==2.3.5
cd "$folder"
cat > server.py <<'PYTHON'
"""A server of byte ranges; it stops to answer when a file `dead` is there."""
import http.server
import re
from pathlib import Path


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = Path("." + self.path)
        if Path("dead").exists() or not path.is_file():
            self.send_error(404 if not path.is_file() else 503)
            return
        data = path.read_bytes()
        match = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = (int(match[1]), int(match[2] or len(data) - 1)) if match else (0, len(data) - 1)
        part = data[first : last + 1]
        self.send_response(206 if match else 200)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part)

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
venv/bin/python - <<'PYTHON'
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

warnings.simplefilter("ignore", NotGeoreferencedWarning)
print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)
profile = {"width": 8192, "height": 8192, "count": 1, "dtype": "uint8", "nodata": 0}
blocks = {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
with rasterio.open("mosaic.tif", "w", driver="GTiff", **profile, **blocks) as raster:
    raster.write(np.random.default_rng(0).integers(1, 255, (1, 8192, 8192), np.uint8))
window = ((5000, 5600), (5000, 5600))
with subprocess.Popen([sys.executable, "server.py"], stdout=subprocess.PIPE, text=True) as server:
    port = int(server.stdout.readline())
    with rasterio.Env(GDAL_HTTP_MAX_RETRY="0"), rasterio.open(f"/vsicurl/http://127.0.0.1:{port}/mosaic.tif") as raster:
        Path("dead").touch()
        try:
            values = raster.read(1, window=window)
            result = f"{(values == 0).mean():.0%} of the pixels are nodata"
        except RasterioIOError as error:
            result = f"error: {error}"
        print("a server that fails before the positions are read:", result)
        assert result == "100% of the pixels are nodata", "the behaviour has changed"
        Path("dead").unlink()
    with rasterio.open("mosaic.tif") as raster:
        assert (raster.read(1, window=window) > 0).all()
        print("in the file: 0% are")
    server.kill()
PYTHON
