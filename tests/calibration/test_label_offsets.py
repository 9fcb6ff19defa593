"""Labels compared with detections: shifts and sizes."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lunarcraters.calibration.label_offsets import LabelOffset, check_label_offset
from lunarcraters.datasets.label_lines import format_lines
from lunarcraters.rendering.scene import render_scene

pytestmark = pytest.mark.slow

SIDE = 640


@pytest.fixture(scope="module")
def scenes():
    return [render_scene(SIDE, SIDE, seed=seed) for seed in (101, 102)]


def write(folder, scenes, shift=(0.0, 0.0), ratio=1.0):
    for kind in ("images", "labels"):
        (folder / "train" / kind).mkdir(parents=True)
    for number, scene in enumerate(scenes):
        image = folder / "train" / "images" / f"{number}.png"
        image.write_bytes(cv2.imencode(".png", scene.image)[1].tobytes())
        boxes = scene.craters[["x", "y", "diameter_px", "diameter_px"]].to_numpy(float)
        boxes = boxes[boxes[:, 2] >= 8.0]
        boxes[:, :2] += shift
        boxes[:, 2:] *= ratio
        boxes = boxes[((boxes[:, :2] > 0) & (boxes[:, :2] < SIDE)).all(axis=1)] / SIDE
        text = format_lines([0] * len(boxes), boxes)
        (folder / "train" / "labels" / f"{number}.txt").write_text(text)
    return folder


def found(folder):
    return {problem.kind: problem for problem in check_label_offset(folder)}


@pytest.mark.slow
def test_labels_on_the_craters_give_a_note_with_the_number_of_craters(scenes, tmp_path):
    (note,) = check_label_offset(write(tmp_path / "set", scenes))
    assert note.kind == "offset"
    assert note.is_note
    assert "craters in 2 images" in note.detail


@pytest.mark.slow
def test_labels_shifted_by_3_px_are_a_fault_and_the_shift_is_told(scenes, tmp_path):
    problems = found(write(tmp_path / "set", scenes, shift=(3.0, 0.0)))
    assert not problems["shift"].is_note
    x, y = re.findall(r"[xy] ([+-][\d.]+)", problems["offset"].detail)
    assert (float(x), float(y)) == pytest.approx((3.0, 0.0), abs=0.3)
    assert "px beside the craters" in problems["shift"].detail


@pytest.mark.slow
def test_labels_drawn_too_large_are_a_doubtful_note(scenes, tmp_path):
    problems = found(write(tmp_path / "set", scenes, ratio=1.3))
    assert "larger" in problems["scale"].detail
    assert problems["scale"].is_note
    assert "shift" not in problems


def test_a_dataset_with_few_labels_is_not_searched(tmp_path, scenes, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("searched")

    monkeypatch.setattr("lunarcraters.calibration.label_offsets.measure_label_offset", refuse)
    folder = write(tmp_path / "set", scenes)
    for path in (folder / "train" / "labels").iterdir():
        path.write_text("0 0.5 0.5 0.1 0.1\n")
    assert check_label_offset(folder) == []


OFFSET = LabelOffset(
    shift_px=(1.0, 0.0),
    shift_error_px=(0.1, 0.1),
    ratio=1.0,
    ratio_error=0.01,
    diameter_px=17.0,
    craters=200,
    images=12,
)


@pytest.mark.parametrize(
    ("changes", "shifted"),
    [
        ({}, False),
        ({"shift_px": (1.2, 1.2)}, True),
        ({"shift_px": (2.0, 0.0), "shift_error_px": (0.6, 0.6)}, False),
        ({"diameter_px": 9.0}, True),
    ],
    ids=["small", "large", "by chance", "large for small craters"],
)
def test_a_shift_is_doubtful_if_it_matters_and_is_none_by_chance(changes, shifted):
    assert replace(OFFSET, **changes).is_shifted is shifted


@pytest.mark.parametrize(("ratio", "scaled"), [(1.1, False), (1.2, True), (0.8, True)])
def test_sizes_are_doubtful_either_way(ratio, scaled):
    assert replace(OFFSET, ratio=ratio).is_scaled is scaled
    assert not replace(OFFSET, ratio=ratio, ratio_error=np.inf).is_scaled
