#!/usr/bin/env bash
# pycocotools gives wrong areas and boxes to the masks of craters on a global mosaic of the Moon.
#
# The global WAC mosaic of 100 m per pixel has 109,164 by 54,582 pixels, as one image in a COCO data set of craters.
# We expected the right area of an outline at any place of the image, or an error. pycocotools 2.0.11 counts the
# pixels of an image in 32 bits. On an image of more than 2^32 pixels a crater of 100 pixels, with 7,850 in area, has
# 3 thousand million in its middle, and a box over the whole mosaic. In the east the area is right and the box is 78,738
# columns away. There is no warning, and loadRes takes such areas for those of the detections.
#
# For us: nothing to change; boxes are not touched by this. Masks of such mosaics should be compared tile by tile.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pycocotools==2.0.11 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import contextlib
import io
import warnings
from importlib.metadata import version

import numpy
from pycocotools import mask
from pycocotools.coco import COCO

warnings.simplefilter("error")
print("pycocotools", version("pycocotools"))
width, height, radius, middle = 109_164, 54_582, 50, 20_000
turn = numpy.linspace(0, 2 * numpy.pi, 64, endpoint=False)


def outline(column):
    return numpy.c_[column + radius * numpy.cos(turn), middle + radius * numpy.sin(turn)].ravel().tolist()


areas, lefts = {}, {}
for column in [1000, 20_000, 35_000, 50_000, 70_000, 90_000]:
    codes = mask.frPyObjects([outline(column)], height, width)
    areas[column], lefts[column] = int(mask.area(codes)[0]), int(mask.toBbox(codes)[0][0])
    box = mask.toBbox(codes)[0].tolist()
    print(f"column {column:6}: area {areas[column]:13,}, box {box}")
for column in [1000, 20_000]:
    assert abs(areas[column] - 7850) < 10 and lefts[column] == column - radius
for column in [35_000, 50_000, 70_000]:
    assert areas[column] > 200_000_000, "the behaviour has changed"
assert abs(areas[90_000] - 7850) < 10 and lefts[90_000] == 11_262, "the behaviour has changed"

dataset = COCO()
image = {"id": 1, "file_name": "wac.tif", "width": width, "height": height}
dataset.dataset = {"images": [image], "annotations": [], "categories": [{"id": 1, "name": "crater"}]}
with contextlib.redirect_stdout(io.StringIO()):
    dataset.createIndex()
    code = mask.frPyObjects([outline(50_000)], height, width)[0]
    result = dataset.loadRes([{"image_id": 1, "category_id": 1, "score": 0.9, "segmentation": code}])
print(f"loadRes: area {int(result.anns[1]['area']):,}")
assert result.anns[1]["area"] > 200_000_000, "the behaviour has changed"
PYTHON
