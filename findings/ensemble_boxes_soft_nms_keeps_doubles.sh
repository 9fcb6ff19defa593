#!/usr/bin/env bash
# ensemble-boxes keeps the doubles of craters, with their full scores, in soft non-maximum suppression.
#
# Tiles of a mosaic overlap, so that craters near their edges are detected twice. Soft suppression (Bodla et al. 2017)
# keeps the weaker box of a pair with a lower score, and a threshold of scores then leaves it out. We expected 0.8
# exp(-overlap^2 / sigma) for a double of 0.8. ensemble-boxes 1.0.9 lowers the scores in a copy, which decides alone
# which boxes are kept (those above `thresh`, 0.001), and returns the scores that came in. Of 40 craters in two tiles
# all 80 boxes come back, with 0.9 and 0.8, also where both are the same box, and so does each with the linear way
# unless both are the same. The count of craters doubles up to a threshold of 0.8. There is no warning. nms and
# weighted_boxes_fusion give 40.
#
# For us: nothing to change; we do not use it. Whoever joins tiles with soft_nms has to set `thresh` to the score from
# which craters count: with 0.5 it leaves 40.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ensemble-boxes==1.0.9 numpy==2.3.5 pandas==3.0.6 numba==0.63.1
cd "$folder"
venv/bin/python - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from ensemble_boxes import nms, soft_nms, weighted_boxes_fusion

print("ensemble-boxes", version("ensemble-boxes"))
# 40 craters of 16 pixels on a strip of 4096 pixels, detected in one tile and in its neighbour.
middles = np.c_[np.arange(40) * 100 + 48, np.full(40, 1000)]
craters = np.c_[middles - 8, middles + 8] / 4096


def join(function, offset_px, **options):
    """The sorted scores of the boxes of both tiles, put together."""
    _, scores, _ = function(
        [craters, craters + offset_px / 4096], [np.full(40, 0.9), np.full(40, 0.8)], [np.zeros(40)] * 2, **options)
    return np.sort(scores)


for offset_px in (0, 1, 2):
    overlap = (16 - offset_px) ** 2 / (2 * 16**2 - (16 - offset_px) ** 2)
    for name, method, lowered in (("linear", 1, 0.8 * (1 - overlap)),
                                  ("gaussian", 2, 0.8 * np.exp(-(overlap**2) / 0.5))):
        scores = join(soft_nms, offset_px, method=method, iou_thr=0.5, sigma=0.5)
        print(f"{offset_px} px off, {name}: {len(scores)} boxes, {(scores >= 0.5).sum()} with 0.5 or more, scores",
              f"{np.unique(scores.round(3)).tolist()}; expected {lowered:.3f} and 0.9")
        if lowered >= 0.001:
            assert len(scores) == 80 and np.allclose(scores[:40], 0.8), "the behaviour has changed"
        strict = join(soft_nms, offset_px, method=method, iou_thr=0.5, sigma=0.5, thresh=0.5)
        assert len(strict) == 40, "the behaviour has changed"
    for function in (nms, weighted_boxes_fusion):
        assert len(join(function, offset_px, iou_thr=0.5)) == 40
PYTHON
