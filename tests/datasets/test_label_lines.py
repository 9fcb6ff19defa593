import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.datasets.yolo_labels import count_classes, is_label_file, read_labels
from lunarcraters.errors import DatasetError


def read(tmp_path, *lines, classes=None):
    path = tmp_path / "a.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return read_labels(path, classes)


def line(points, number=0):
    return f"{number} " + " ".join(f"{value:.6f}" for value in np.ravel(points))


def ellipse(centre, a, b, count=24):
    t = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.asarray(centre) + np.column_stack([a * np.cos(t), b * np.sin(t)])


def test_an_outline_becomes_the_box_that_holds_it(tmp_path):
    boxes = read(tmp_path, line(ellipse((0.3, 0.4), 0.1, 0.05)), "0 0.5 0.5 0.1 0.2")
    np.testing.assert_allclose(boxes, [[0.3, 0.4, 0.2, 0.1], [0.5, 0.5, 0.1, 0.2]], atol=1e-6)


@given(st.floats(0, 3.2), st.floats(0.02, 0.2), st.floats(0.02, 0.2))
def test_a_turned_box_becomes_the_box_of_the_ellipse_in_it(tmp_path_factory, angle, a, b):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-a, -b], [a, -b], [a, b], [-a, b]]) @ turn.T + 0.5
    boxes = read(tmp_path_factory.mktemp("turned"), line(corners))
    wanted = 2 * np.abs(ellipse((0, 0), a, b, 3600) @ turn.T).max(axis=0)
    np.testing.assert_allclose(boxes, [[0.5, 0.5, *wanted]], atol=2e-6)


def test_four_points_among_longer_outlines_are_an_outline(tmp_path):
    diamond = [[0.4, 0.5], [0.5, 0.4], [0.6, 0.5], [0.5, 0.6]]
    boxes = read(tmp_path, line(diamond), line(ellipse((0.3, 0.3), 0.1, 0.1)))
    np.testing.assert_allclose(boxes[0], [0.5, 0.5, 0.2, 0.2])
    kite = [[0.4, 0.5], [0.5, 0.4], [0.6, 0.5], [0.5, 0.8]]
    np.testing.assert_allclose(read(tmp_path, line(kite)), [[0.5, 0.6, 0.2, 0.4]])


def test_a_hair_beyond_the_edge_is_cut(tmp_path):
    boxes = read(tmp_path, "0 1.0004 0.5 0.04 0.04", "0 0.5 -0.0004 1.0004 0.04")
    np.testing.assert_array_equal(boxes, [[1, 0.5, 0.04, 0.04], [0.5, 0, 1, 0.04]])
    outline = line([[0.5, 0.5], [1.0004, 0.5], [1.0004, 0.7]])
    np.testing.assert_allclose(read(tmp_path, outline), [[0.75, 0.6, 0.5, 0.2]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 1.004 0.5 0.1 0.1", "line 1: x_centre is 1.004"),
        ("0 0.5 0.5 0.6 0.5 0.6 1.7", "line 1: y3 is 1.7"),
        ("0 0.5 0.5 0.6 0.5 0.6 nan", "line 1: y3 is nan"),
        ("0 0.5 0.5 0.6 0.5 0.7 0.5", "line 1: height is 0"),
        ("0 120 80 140 80 140 100 120 100", "line 1: x_centre is 130"),
        ("0 0.5 0.5 0.1 0.1 0.9 0.9 0.9", "line 1: 8 columns"),
    ],
)
def test_other_lines_are_refused_by_name(tmp_path, text, message):
    with pytest.raises(DatasetError, match=message):
        read(tmp_path, text)


def test_classes_are_counted_and_chosen(tmp_path):
    lines = ["0 0.5 0.5 0.1 0.1", "1 0.5 0.5 0.2 0.2", "1.0 0.5 0.5 0.3 0.3"]
    assert read(tmp_path, *lines, classes=frozenset([1]))[:, 2].tolist() == [0.2, 0.3]
    assert count_classes([tmp_path / "a.txt"]) == {0: 1, 1: 2}


@pytest.mark.parametrize(
    ("text", "is_label"), [("", True), ("\n0 .5 .5 .1 .1", True), ("lon\tlat\n0\t1\n", False)]
)
def test_a_table_in_a_text_file_is_no_label_file(tmp_path, text, is_label):
    (tmp_path / "a.txt").write_text(text)
    assert is_label_file(tmp_path / "a.txt") == is_label


@pytest.mark.parametrize("more", ["0.5 0.5", "0.9 1"])
def test_boxes_with_a_keypoint_or_a_track_are_no_outlines(tmp_path, more):
    lines = [f"0 0.4 0.0{i} 0.02 0.02 {more}" for i in (3, 4, 5)]
    with pytest.raises(DatasetError, match=r"line 1: it has 7 columns, .* keep the first 5: class"):
        read(tmp_path, *lines)
    assert len(read(tmp_path, *lines, "0 0.5 0.5 0.6 0.5 0.6 0.6 0.5 0.6")) == 4
