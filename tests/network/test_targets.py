import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.network.decoding import decode_centres
from lunarcraters.network.presets import get_preset
from lunarcraters.network.targets import CHANNELS, make_box_mask, make_targets

COMPACT = get_preset("compact")
NOTHING = np.empty((0, 4))
SHAPE = (96, 96)
ALL_VALID = np.ones(SHAPE, bool)


def channels(circles, clipped=NOTHING, valid=ALL_VALID):
    found = make_targets(
        valid.shape, np.array(circles, float).reshape(-1, 3), clipped, valid, COMPACT
    )
    return dict(zip(CHANNELS, np.moveaxis(found, -1, 0), strict=True))


@given(x=st.floats(20, 76), y=st.floats(20, 76), diameter=st.floats(*COMPACT.diameters_px))
def test_a_crater_taught_is_the_crater_decoded(x, y, diameter):
    planes = channels([(x, y, diameter)])
    circles, scores = decode_centres(planes["centre"], planes["log_size"])
    assert len(circles) == 1
    smoothed = cv2.GaussianBlur(planes["centre"], (0, 0), 0.7)
    assert scores[0] == smoothed.max()
    assert planes["centre"].max() == 1.0
    assert circles[0, :2] == pytest.approx([x, y], abs=0.75)
    assert circles[0, 2] == pytest.approx(diameter, rel=1e-5)


def test_mask_is_the_disc():
    planes = channels([(48.0, 48.0, 20.0)])
    assert planes["mask"].sum() == pytest.approx(np.pi * 100, rel=0.06)
    assert planes["mask"][48, 57] == 1
    assert planes["mask"][48, 59] == 0
    for mirrored in (planes["mask"][::-1], planes["mask"][:, ::-1]):
        np.testing.assert_array_equal(mirrored, planes["mask"])


def test_nested_craters_keep_a_centre_and_a_size_each():
    planes = channels([(48.0, 48.0, 60.0), (60.0, 48.0, 10.0)])
    circles, _ = decode_centres(planes["centre"], planes["log_size"])
    assert sorted(np.round(circles[:, 2])) == [10, 60]


def test_craters_just_outside_the_octave_are_ignored_and_those_far_outside_are_background():
    low, high = COMPACT.diameters_px
    for diameter, weight in ((low * 0.9, 0), (low * 0.5, 1), (high * 1.2, 0), (high * 2, 1)):
        planes = channels([(48.0, 48.0, diameter)])
        assert planes["centre"].max() == 0
        assert planes["centre_weight"][48, 48] == weight, diameter


def test_a_box_that_tells_no_centre_is_neither_crater_nor_background():
    planes = channels([(50.0, 50.0, 12.0)], clipped=np.array([[0.0, 0.0, 60.0, 60.0]]))
    assert planes["centre_weight"][10, 10] == 0
    assert planes["centre_weight"][80, 80] == 1
    for name in ("mask_weight", "centre_weight"):
        assert planes[name][50, 50] == 1, "a crater within it is still taught"


@given(
    left=st.floats(-300, 300), top=st.floats(-300, 300), width=st.floats(1, 90),
    height=st.floats(1, 90),
)  # fmt: skip
def test_a_box_without_a_centre_silences_nothing_but_itself(left, top, width, height):
    box = np.array([[left, top, left + width, top + height]])
    silent = channels([], box)["centre_weight"] == 0
    rows, columns = np.indices(SHAPE)
    near = (columns > left - 1) & (columns < left + width + 1)
    near &= (rows > top - 1) & (rows < top + height + 1)
    assert not silent[~near].any()
    well_inside = (columns >= left) & (columns + 1 <= left + width)
    well_inside &= (rows >= top) & (rows + 1 <= top + height)
    assert silent[well_inside].all()


def test_nodata_teaches_nothing():
    valid = ALL_VALID.copy()
    valid[:, :48] = False
    planes = channels([(30.0, 48.0, 20.0), (70.0, 48.0, 20.0)], valid=valid)
    for name in ("mask_weight", "centre_weight", "size_weight"):
        assert planes[name][:, :48].max() == 0
        assert planes[name][48, 70] == 1


def test_the_baseline_fills_boxes():
    mask = make_box_mask((32, 32), np.array([[4.0, 8.0, 10.0, 20.0], [30.0, 30.0, 40.0, 40.0]]))
    assert mask.shape == (32, 32, 1)
    assert mask[8:20, 4:10].all()
    assert mask.sum() == 6 * 12 + 4
