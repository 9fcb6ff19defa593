"""Serve the mosaic, the mask and the craters of a run as map tiles, on this machine only.

usage: python serve_tiles.py RUN [PORT]        (pip install 'lunarcraters[tiles]')
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
from pyproj import CRS

import lunarcraters as lc
from lunarcraters.detection.searched import searched_mosaic

try:
    from morecantile import TileMatrixSet
    from rio_tiler.errors import TileOutsideBounds
    from rio_tiler.io import Reader
except ImportError:
    sys.exit("tiles need rio-tiler: pip install 'lunarcraters[tiles]'")

PLATE_CARREE = CRS.from_user_input("IAU_2015:30110")
HALF_M = np.pi * 1737400.0
# Two tiles at zoom 0, as Leaflet, OpenLayers and Cesium number those of EPSG:4326.
MOON = TileMatrixSet.custom(
    [-HALF_M, -HALF_M / 2, HALF_M, HALF_M / 2],
    PLATE_CARREE,
    matrix_scale=[2, 1],
)


class Layers:
    """The layers of a run by name: a function of zoom, column and row gives a PNG."""

    def __init__(self, run: Path):
        ground = searched_mosaic(run)
        self.rasters = {"mosaic": ground.uri, "mask": str(run / "mask.tif")}
        values, valid = ground.read(ground.grid.box, max(ground.width // 512, 1))
        self.stretch = tuple(np.percentile(values[valid], [1, 99]))
        self.outlines = lc.read_run(run).filter().geodataframe.to_crs(PLATE_CARREE)

    def png(self, layer: str, z: int, x: int, y: int) -> bytes:
        """Draw a tile of a layer; ground that a raster does not show is transparent."""
        if layer == "craters":
            return self.draw_craters(z, x, y)
        with Reader(self.rasters[layer], tms=MOON) as reader:
            try:
                tile = reader.tile(x, y, z, tilesize=256, indexes=1)
            except TileOutsideBounds:
                return cv2.imencode(".png", np.zeros((256, 256, 4), np.uint8))[1].tobytes()
        tile.rescale(((0, 254) if layer == "mask" else self.stretch,))
        return tile.render(img_format="PNG")

    def draw_craters(self, z: int, x: int, y: int) -> bytes:
        """Draw the outlines of the craters in a tile."""
        west, south, east, north = MOON.xy_bounds(x, y, z)
        image = np.zeros((256, 256, 4), np.uint8)
        for shape in self.outlines.geometry.cx[west:east, south:north]:
            for ring in getattr(shape, "geoms", [shape]):
                points = (np.array(ring.exterior.coords) - [west, north]) * 256 / (east - west)
                line = np.rint(points * [1, -1] * 16).astype(np.int32)
                cv2.polylines(image, [line], True, (0, 200, 255, 255), 1, cv2.LINE_AA, 4)
        return cv2.imencode(".png", image)[1].tobytes()


def make_server(run: Path, port: int) -> ThreadingHTTPServer:
    """Make a server of /LAYER/ZOOM/COLUMN/ROW.png on loopback; port 0 takes a free one."""
    layers = Layers(run)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                layer, *numbers = self.path.removesuffix(".png").strip("/").split("/")
                content = layers.png(layer, *map(int, numbers))
            except (KeyError, ValueError, TypeError):
                self.send_error(404, "expected /mosaic, /mask or /craters, then /Z/X/Y.png")
                return
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(content)

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    server = make_server(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 8000)
    print(f"http://127.0.0.1:{server.server_port}/mosaic/ZOOM/COLUMN/ROW.png, and /mask, /craters")
    server.serve_forever()
