import numpy as np
import pytest

from lunarcraters.datasets.yolo_labels import box_corners, find_clipped, read_labels
from lunarcraters.errors import DatasetError


def write(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text)
    return path


def test_labels_are_rows_of_centre_and_size(tmp_path):
    boxes = read_labels(write(tmp_path, "0 0.5 0.25 0.1 0.2\n\n0 0 1 1 1e-3\n"))
    np.testing.assert_array_equal(boxes, [[0.5, 0.25, 0.1, 0.2], [0, 1, 1, 1e-3]])


@pytest.mark.parametrize("text", ["", "\n", "  \n\n"])
def test_an_empty_label_file_has_no_boxes(tmp_path, text):
    assert read_labels(write(tmp_path, text)).shape == (0, 4)


def test_boxes_have_their_edges_in_pixels_of_an_image_of_any_shape():
    boxes = [[0.6, 0.5, 0.2, 0.5], [0.1, 0.5, 0.2, 0.5], [0.6, 0.8, 0.2, 0.4], [0.9, 0.5, 0.2, 0.5]]
    corners = box_corners(np.array(boxes), 200, 80)
    assert corners.tolist() == [
        pytest.approx(box)
        for box in ([100, 20, 140, 60], [0, 20, 40, 60], [100, 48, 140, 80], [160, 20, 200, 60])
    ]
    assert find_clipped(corners, 200, 80).tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 1.7 0.5 0.1 0.1", r"line 2: x_centre is 1\.7"),
        ("0 0.5 -0.1 0.1 0.1", r"line 2: y_centre is -0\.1"),
        ("0 0.5 0.5 0 0.1", "line 2: width is 0"),
        ("0 0.5 0.5 0.1 nan", "line 2: height is nan"),
        ("0 0.5 0.5 0.1 wide", "line 2: height is 'wide', which is not a number"),
        ("0 0.5 0.5 0.1", "line 2: 4 columns"),
        ("0 0.5 0.5 0.1 0.1 0.9", "line 2: 6 columns"),
        ("-1 0.5 0.5 0.1 0.1", "line 2: class is -1"),
    ],
)
def test_a_bad_line_is_named_with_file_line_and_value(tmp_path, line, message):
    path = write(tmp_path, f"0 0.5 0.5 0.1 0.1\n{line}\n")
    with pytest.raises(DatasetError, match=message) as caught:
        read_labels(path)
    assert str(path) in str(caught.value)


def test_label_files_that_are_missing_or_not_text_are_named(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_labels(tmp_path / "missing.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(DatasetError, match="not a text file"):
        read_labels(tmp_path / "binary.txt")
