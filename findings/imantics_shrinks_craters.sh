#!/usr/bin/env bash
# imantics makes every crater of a mask one pixel narrower and lower, and puts it half a pixel up and to the left.
#
# imantics turns masks of craters into annotations of COCO and YOLO for training. Small craters are 5 to 10 pixels wide,
# so that a pixel counts. We expected a box around all pixels of the mask, as pycocotools gives. imantics 0.1.12 takes
# the index of the last column less that of the first as the width: 4 pixels for a crater of 5. So its centre lies half
# a pixel up and to the left. The outline in the same file goes through the centres of the outer pixels: pycocotools
# makes masks of it with 64 percent of the area of craters of 5 pixels in diameter, 82 percent at 10, and 91 percent at
# 20, though "area" in the file is right. Boxes of YOLO are as narrow. There is no warning, and the documentation says
# nothing on it. A detector learns diameters from these boxes that are 20 percent too small at 5 pixels.
#
# For us: nothing to change; we do not use it. Whoever makes labels of masks should take pycocotools.mask (encode,
# toBbox), which keeps their pixels.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# imantics names opencv-python, which needs libraries of windows.
"$folder/venv/bin/pip" install --quiet --no-deps imantics==0.1.12 xmljson==0.2.1 lxml==6.1.3 pycocotools==2.0.11 \
    opencv-python-headless==5.0.0.93 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np
from imantics import Category, Image, Mask
from pycocotools import mask as coco_mask

warnings.simplefilter("error", UserWarning)
print("imantics", version("imantics"))
random = np.random.default_rng(1)
rows, columns = np.indices((200, 200)) + 0.5
for diameter, expected_share in ((5, 0.64), (10, 0.82), (20, 0.91)):
    narrower, offsets, shares = [], [], []
    for x, y in random.uniform(60, 140, (100, 2)):
        pixels = np.hypot(columns - x, rows - y) < diameter / 2
        true_box = coco_mask.toBbox(coco_mask.encode(np.asfortranarray(pixels, np.uint8)))
        image = Image(np.zeros((200, 200, 3), np.uint8))
        image.add(Mask(pixels), category=Category("crater"))
        (crater,) = image.coco()["annotations"]
        box = np.array(crater["bbox"])
        narrower.append(true_box[2:] - box[2:])
        offsets.append(box[:2] + box[2:] / 2 - (x, y))
        (line,) = image.yolo()
        assert np.allclose(np.array(line.split()[3:], float) * 200, box[2:])
        outline = coco_mask.merge(coco_mask.frPyObjects(crater["segmentation"], 200, 200))
        shares.append(coco_mask.area(outline) / pixels.sum())
        assert crater["area"] == pixels.sum()
    off, share = np.mean(offsets, axis=0), np.mean(shares)
    print(f"{diameter} pixels: boxes {np.unique(narrower)} smaller, {off.round(2)} off, masks of {share:.2f}")
    assert np.all(np.array(narrower) == 1) and np.abs(off + 0.5).max() < 0.05, "the behaviour has changed"
    assert abs(share - expected_share) < 0.03, "the behaviour has changed"
PYTHON
