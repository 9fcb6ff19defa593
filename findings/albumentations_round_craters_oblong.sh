#!/usr/bin/env bash
# albumentations turns round craters into ones up to three times as wide as high, on images that are not square.
#
# SafeRotate turns a training image by any angle and scales it down, so that no crater leaves it. By its documentation
# there is one scale for both directions, the smaller of two ratios, with a formula; its note says that scaling "may
# cause some distortion". A turned view of the ground is a view from above again, so we expected craters that stay
# round. albumentations 2.0.8 scales each direction by its own ratio. On images of 640 by 350 pixels a crater of 60
# pixels becomes 56 by 46 after 10 degrees, 55 by 30 after 45, and 110 by 33 after 90. The formula has 33 by 33 for the
# last. The boxes follow the stretched image, so that nothing looks wrong, and a detector learns oblong craters.
# There is no warning. Square images have one scale: 42 by 42 after 45 degrees. Rotate and Affine keep craters round.
#
# For us: nothing to change; we do not use it. Whoever trains another detector on our tiles is safe where they are
# square; elsewhere Rotate with rotate_method="ellipse" keeps craters and their boxes round.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet albumentations==2.0.8 albucore==0.0.24 simsimd==6.5.16 stringzilla==5.3.2 \
    opencv-python-headless==5.0.0.93 numpy==2.4.6 scipy==1.17.1
cd "$folder"
NO_ALBUMENTATIONS_UPDATE=1 venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import albumentations
import numpy as np

warnings.simplefilter("error", UserWarning)
print("albumentations", version("albumentations"))


def turn(transform, width, height, angle):
    """Width and height of a crater of 60 pixels in the image that is turned by degrees, and those of its box."""
    rows, columns = np.indices((height, width)) + 0.5
    image = (np.hypot(columns - width / 2 - 20, rows - height / 2 - 10) < 30).astype(np.float32)
    box = [width / 2 - 10, height / 2 - 20, width / 2 + 50, height / 2 + 40]
    boxes = albumentations.BboxParams(format="pascal_voc", label_fields=["names"])
    step = transform(limit=(angle, angle), rotate_method="ellipse", p=1)
    result = albumentations.Compose([step], bbox_params=boxes)(image=image, bboxes=[box], names=["crater"])
    assert result["image"].shape == image.shape
    crater = result["image"] > 0.5
    size = np.array([crater.any(axis).sum() for axis in (0, 1)])
    left, top, right, bottom = result["bboxes"][0]
    return size, np.array([right - left, bottom - top])


for width, height in ((400, 400), (640, 350)):
    for angle in (10, 45, 90):
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        ratios = np.array([width / (width * cos + height * sin), height / (width * sin + height * cos)])
        size, box = turn(albumentations.SafeRotate, width, height, angle)
        kept, _ = turn(albumentations.Rotate, width, height, angle)
        print(f"{width} x {height}, {angle} degrees: crater {size}, box {box.round(1)}, "
              f"by the formula {60 * ratios.min():.1f} both ways; by Rotate {kept}")
        assert np.abs(kept - 60).max() <= 1
        assert np.abs(box - 60 * ratios).max() < 0.5 and np.abs(size - box).max() <= 1.5, "the behaviour has changed"
        assert width == height or box[0] / box[1] > 1.15, "the behaviour has changed"
PYTHON
