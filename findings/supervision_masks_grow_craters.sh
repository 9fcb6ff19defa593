#!/usr/bin/env bash
# supervision makes every crater of a COCO data set one pixel wider, and puts its mask half a pixel off.
#
# Small craters are 5 to 10 pixels wide, so that a pixel counts. A COCO data set gives their outlines in fractions of
# pixels. We expected masks and boxes that are right on average. supervision 0.31.2 rounds the corners of an outline
# and fills it with all the pixels that its edge touches, whenever an annotation has an outline. Craters of 5 pixels
# become masks of the area of 6.2 pixels in diameter, which lie half a pixel to the right of and below their place;
# detections.area is 53 percent too large. Written as Pascal VOC and read again, their boxes are 6 pixels wide. There
# is no warning. The same craters without outlines keep their boxes when they are read.
#
# For us: nothing to change; we do not use it. Diameters should be taken from boxes or outlines, not from its masks.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet supervision==0.31.2 opencv-python-headless==5.0.0.93 numpy==2.4.6 pillow
cd "$folder"
venv/bin/python - <<'PYTHON'
import json
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy
import supervision
from PIL import Image

warnings.simplefilter("error", UserWarning)
print("supervision", version("supervision"))
Path("images").mkdir()
Image.new("RGB", (1000, 1000)).save("images/mosaic.png")
turn = numpy.linspace(0, 2 * numpy.pi, 64, endpoint=False)
random = numpy.random.default_rng(1)
centres = numpy.mgrid[50:950:90, 50:950:90].reshape(2, -1).T + random.random((100, 2))
for diameter in [5, 20]:
    annotations = []
    for number, (x, y) in enumerate(centres, 1):
        outline = numpy.c_[x + diameter / 2 * numpy.cos(turn), y + diameter / 2 * numpy.sin(turn)]
        box = [x - diameter / 2, y - diameter / 2, diameter, diameter]
        crater = {"id": number, "image_id": 1, "category_id": 1, "iscrowd": 0, "bbox": box}
        crater |= {"area": numpy.pi / 4 * diameter**2, "segmentation": [outline.ravel().tolist()]}
        annotations.append(crater)
    images = [{"id": 1, "file_name": "mosaic.png", "width": 1000, "height": 1000}]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "crater"}]}
    Path("coco.json").write_text(json.dumps(content))
    dataset = supervision.DetectionDataset.from_coco("images", "coco.json")
    found = next(iter(dataset))[2]
    wide = numpy.sqrt(4 / numpy.pi * found.area).mean()
    more = (found.area / (numpy.pi / 4 * diameter**2)).mean()
    middle = numpy.array([numpy.argwhere(mask).mean(axis=0)[::-1] + 0.5 for mask in found.mask])
    off = (middle - centres).mean(axis=0)
    dataset.as_pascal_voc(annotations_directory_path="voc")
    again = next(iter(supervision.DetectionDataset.from_pascal_voc("images", "voc")))[2].xyxy
    box = (again[:, 2] - again[:, 0]).mean()
    print(f"{diameter} pixels: masks as of {wide:.2f} pixels, area x {more:.2f}, {off.round(2)} off, VOC boxes {box:.2f}")
    assert 0.9 < wide - diameter < 1.3 and 0.9 < box - diameter < 1.1, "the behaviour has changed"
    assert (abs(off - 0.5) < 0.05).all(), "the behaviour has changed"
    for crater in annotations:
        crater["segmentation"] = []
    Path("boxes.json").write_text(json.dumps(content))
    boxes = next(iter(supervision.DetectionDataset.from_coco("images", "boxes.json")))[2].xyxy
    assert abs((boxes[:, 2] - boxes[:, 0]).mean() - diameter) < 0.001
PYTHON
