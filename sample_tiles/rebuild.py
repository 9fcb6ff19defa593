"""Rebuild the rendered scene and its truth: `python sample_tiles/rebuild.py [DIRECTORY]`."""

import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from lunarcraters.geometry.sphere import RADIUS_M
from lunarcraters.rendering import render_scene

SIZE_PX = 1536
GSD_M = 100.0
SEED = 2017
CENTRE_LON = 30.0
NODATA = 0


def main(directory: Path) -> None:
    """Write rendered_scene.tif and rendered_scene_craters.csv."""
    scene = render_scene(SIZE_PX, SIZE_PX, GSD_M, SEED, sun_azimuth_deg=275.0)
    image = np.where(outside_swath(*np.mgrid[:SIZE_PX, :SIZE_PX][::-1]), NODATA, scene.image)
    # Simple cylindrical, centred on the equator: stretched by 0.1 % at most.
    metres_a_degree = RADIUS_M * np.pi / 180.0
    half = SIZE_PX / 2 * GSD_M
    transform = from_origin(CENTRE_LON * metres_a_degree - half, half, GSD_M, GSD_M)
    profile = {
        "driver": "GTiff",
        "width": SIZE_PX,
        "height": SIZE_PX,
        "count": 1,
        "dtype": "uint8",
        "nodata": NODATA,
        "crs": "IAU_2015:30110",
        "transform": transform,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "predictor": 2,
        "zlevel": 9,
    }
    with rasterio.open(directory / "rendered_scene.tif", "w", **profile) as raster:
        raster.write(image.astype(np.uint8), 1)
    craters = scene.craters[~outside_swath(scene.craters.x, scene.craters.y)]
    x, y = transform @ (craters.x.to_numpy(), craters.y.to_numpy())
    lines = ["lon,lat,diam_km"]
    for lon, lat, diameter_px in zip(
        x / metres_a_degree, y / metres_a_degree, craters.diameter_px, strict=True
    ):
        lines.append(f"{lon:.6f},{lat:.6f},{diameter_px * GSD_M / 1000.0:.4f}")
    (directory / "rendered_scene_craters.csv").write_text("\n".join(lines) + "\n", "utf-8")


def outside_swath(x, y):
    """Whether points are outside the imaged swath, whose edge cuts the lower right corner."""
    return x + 0.4 * y > 1.22 * SIZE_PX


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
