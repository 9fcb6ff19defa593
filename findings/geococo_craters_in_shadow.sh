#!/usr/bin/env bash
# geococo leaves craters in shadow out of a COCO data set, and cuts the shadows out of the others.
#
# geococo makes a COCO data set of a mosaic and a catalogue of outlines. Shadows of the Moon are black: they are 0 in
# most 8-bit mosaics, and 0 is no nodata value there. We expected one annotation per crater, with its outline. geococo
# 0.7.0 writes its images with the nodata value 0 where the mosaic has none, and masks outlines by it. A crater in full
# shadow has no annotation. Of craters in part of the shadow the mask and the box hold the lit part alone: 20 by 41
# and 8 by 32 pixels instead of 40 by 41. There is no warning. Mosaics of 16 bits and of I/F are scaled to 0..255
# first, with the same result. With a nodata value in the mosaic that is not 0, all four craters are whole.
# (The release does not work with pandas 3, which it allows.)
#
# For us: nothing to change; we do not use it. Whoever makes training data of the poles with it should give the mosaic
# a nodata value that no pixel has.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet geococo==0.7.0 geopandas==1.2.0 pandas==2.3.3 rasterio==1.4.4 numpy==2.4.6
cd "$folder"
export TQDM_DISABLE=1 DISABLE_PANDERA_IMPORT_WARNING=True
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version
from pathlib import Path

import geopandas
import numpy as np
import rasterio
from geococo import append_dataset, create_dataset
from rasterio.transform import from_origin
from shapely import Point

warnings.simplefilter("ignore", DeprecationWarning)
print("geococo", version("geococo"))
transform = from_origin(-25_600, 25_600, 100, 100)
centres = {"lit": (100, 100), "half in shadow": (300, 100), "in full shadow": (100, 300), "80 percent": (300, 300)}
shadows = {"lit": None, "half in shadow": 0, "in full shadow": 99, "80 percent": 12}
y, x = np.mgrid[:512, :512] + 0.5
ground = np.random.default_rng(1).normal(120, 10, (512, 512)).clip(60, 200)
for name, (east, south) in centres.items():
    if shadows[name] is not None:
        ground[(np.hypot(x - east, y - south) < 21.5) & (x - east < shadows[name])] = 0
outlines = [Point(transform * centre).buffer(2_000) for centre in centres.values()]


def annotations(kind, scale, nodata):
    """What geococo makes of the mosaic in this type: the boxes and areas of its craters, in pixels."""
    folder = Path(f"{kind}_{nodata}")
    folder.mkdir()
    path = folder / "mosaic.tif"
    with rasterio.open(path, "w", driver="GTiff", width=512, height=512, count=1, dtype=kind, nodata=nodata,
                       crs="IAU_2015:30130", transform=transform) as mosaic:
        mosaic.write((ground * scale).astype(kind), 1)
    with rasterio.open(path) as mosaic:
        craters = geopandas.GeoDataFrame({"name": ["crater"] * 4}, geometry=outlines, crs=mosaic.crs)
        coco = append_dataset(dataset=create_dataset(description="craters", contributor="us"), images_dir=folder,
                              src=mosaic, window_bounds=[(512, 512)], labels=craters, name_attribute="name")
    assert len(coco.images) == 1
    return [(found.bbox[2], found.bbox[3], int(found.area)) for found in coco.annotations]


print("four craters of 40 pixels, 1257 in area:", ", ".join(centres))
for kind, scale in {"uint8": 1, "uint16": 20, "float32": 0.0005}.items():
    found = annotations(kind, scale, None)
    print(f"{kind}: (width, height, area) of {len(found)} craters: {found}")
    assert len(found) == 3 and found[1][0] < 23 and found[2][0] < 11, "the behaviour has changed"
    assert found[1][2] < 700 and found[2][2] < 220, "the behaviour has changed"
found = annotations("uint8", 1, 255)
print(f"uint8 with nodata 255: {found}")
assert len(found) == 4 and all(40 <= side <= 41 for crater in found for side in crater[:2])
PYTHON
