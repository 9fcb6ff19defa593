#!/usr/bin/env bash
# mean-average-precision and mapcalc count craters as found that a detector has missed, if boxes are in degrees.
#
# Both give the average precision of boxes, and name no unit for them. The intersection over union of boxes is the same
# in any unit, so we expected that the precision is, too: catalogues are in degrees, and boxes of YOLO are parts of the
# image. mean-average-precision 2024.1.5.0 and mapcalc 0.2.2 add 1 to widths and heights, as for pixels of which the
# last one belongs to the box. 30 craters of 1 to 3 km and 30 detections that lie three radii away overlap nowhere. In
# degrees, and in parts of an image of 60 km, their precision is 1; in pixels and metres it is 0. There is no warning.
# In pixels, craters of 5 pixels count as found 1.9 pixels away, where the overlap is 0.45 and should be 0.5. map-boxes
# 1.0.6 gives 0 everywhere. (Issue 153 of Cartucho/mAP, a program that adds 1 too, names boxes as parts of an image.)
#
# For us: nothing to change; `craters evaluate` matches centres and diameters. Whoever rates a catalogue with them
# should turn its boxes into pixels first, and take another package for small craters.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet mean-average-precision==2024.1.5.0 mapcalc==0.2.2 map-boxes==1.0.6 \
    numpy==2.3.5 pandas==3.0.6 numba==0.63.1
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from map_boxes import mean_average_precision_for_boxes
from mapcalc import calculate_map
from mean_average_precision import MetricBuilder


def rate(craters, detections):
    """The average precision at an overlap of 0.5 by the three packages."""
    count, scores = len(craters), np.linspace(0.9, 0.5, len(craters))
    metric = MetricBuilder.build_evaluation_metric("map_2d", async_mode=False, num_classes=1)
    metric.add(np.c_[detections, np.zeros(count), scores], np.c_[craters, np.zeros((count, 3))])
    first = metric.value(iou_thresholds=0.5)["mAP"]
    second = calculate_map(
        {"boxes": craters, "labels": np.ones(count)},
        {"boxes": detections, "labels": np.ones(count), "scores": scores}, 0.5)
    third, _ = mean_average_precision_for_boxes(
        np.array([["image", "crater", box[0], box[2], box[1], box[3]] for box in craters], dtype=object),
        np.array([["image", "crater", score, box[0], box[2], box[1], box[3]]
                  for box, score in zip(detections, scores)], dtype=object), verbose=False)
    return tuple(round(float(value), 2) for value in (first, second, third))


packages = ("mean-average-precision", "mapcalc", "map-boxes")
print(", ".join(f"{package} {version(package)}" for package in packages))
# A grid of craters, 10 km apart, and detections of the same size three radii east of each.
x_km, y_km = (axis.ravel() for axis in np.meshgrid(np.arange(6) * 10 + 5, np.arange(5) * 10 + 5))
radii_km = np.linspace(0.5, 1.5, 30)
craters_km = np.c_[x_km - radii_km, y_km - radii_km, x_km + radii_km, y_km + radii_km]
missed_km = craters_km + np.c_[3 * radii_km, 0 * radii_km, 3 * radii_km, 0 * radii_km]
assert (missed_km[:, 0] > craters_km[:, 2]).all()
seen = {}
for unit, size_km in (("degrees", np.pi * 1737.4 / 180), ("parts of 60 km", 60), ("kilometres", 1),
                      ("pixels of 20 m", 0.02), ("metres", 0.001)):
    seen[unit] = rate(craters_km / size_km, missed_km / size_km)
    print(f"{unit}: precision", seen[unit], "expected 0")
for unit in ("degrees", "parts of 60 km"):
    assert seen[unit] == (1, 1, 0), "the behaviour has changed"
for unit in ("pixels of 20 m", "metres"):
    assert seen[unit] == (0, 0, 0)

craters = np.c_[x_km, y_km, x_km + 5, y_km + 5]
seen = rate(craters, craters + [1.9, 0, 1.9, 0])
print("5 pixels wide, 1.9 pixels away, overlap 3.1 / 6.9:", seen, "expected 0")
assert seen == (1, 1, 0), "the behaviour has changed"
PYTHON
