import cv2
import numpy as np
import pytest

from lunarcraters.network.decoding import (
    decode_centres,
    decode_maps,
    decode_mask,
    detectability,
    octave_weights,
)


def discs(*circles, shape=(128, 128)):
    mask = np.zeros(shape, np.float32)
    for x, y, diameter in circles:
        rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
        mask[np.hypot(columns - x, rows - y) <= diameter / 2] = 0.9
    return mask


def bump(x, y, diameter, score):
    rows, columns = np.mgrid[:128, :128] + 0.5
    centre = score * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * (0.08 * diameter) ** 2))
    return centre.astype(np.float32), np.full((128, 128), np.log2(diameter / 16), np.float32)


def test_a_peak_is_placed_between_pixels():
    centre, size = bump(40.3, 60.8, 30.0, 0.8)
    maps = np.stack([centre, centre, size], axis=-1)
    circles, scores = decode_maps(maps, ("mask", "centre", "log_size"), (8, 72))
    assert circles[0] == pytest.approx([40.3, 60.8, 30.0], abs=0.02)
    # The peak, 2.4 pixels wide, is smoothed by 0.7.
    assert scores[0] == pytest.approx(0.8 * 2.4**2 / (2.4**2 + 0.7**2), abs=0.01)


@pytest.mark.parametrize(("x", "y"), [(0.2, 40.0), (40.0, 127.8)])
def test_a_peak_at_the_edge_of_a_tile_stays_there(x, y):
    circles, _ = decode_centres(*bump(x, y, 30.0, 0.8))
    assert circles[0, :2] == pytest.approx([x, y], abs=0.3)


def test_a_crater_whose_peak_is_ragged_is_found_once():
    centre, size = bump(64.5, 64.5, 30.0, 0.8)
    centre[::2, ::2] *= 0.9
    maps = np.stack([centre, centre, size], axis=-1)
    circles, _ = decode_maps(maps, ("mask", "centre", "log_size"), (8, 72))
    assert len(circles) == 1
    assert circles[0] == pytest.approx([64.5, 64.5, 30.0], abs=0.2)


def test_scores_below_five_hundredths_and_sizes_out_of_range_are_left_out():
    # A quarter beyond the range of the network, sizes are right still.
    out, within = ((30.0, 0.04), (95.0, 0.9), (6.0, 0.9)), ((30.0, 0.9), (86.0, 0.9), (6.8, 0.9))
    for diameter, score in (*out, *within):
        found = (diameter, score) in within
        centre, size = bump(64.5, 64.5, diameter, score)
        maps = np.stack([centre, centre, size], axis=-1)
        assert len(decode_maps(maps, ("mask", "centre", "log_size"), (8, 72))[0]) == found


def test_a_mask_region_is_a_crater():
    circles, scores = decode_mask(discs((40.0, 50.0, 24.0)))
    assert circles[0] == pytest.approx([40.0, 50.0, 24.0], abs=0.5)
    assert scores[0] == pytest.approx(0.9)


def test_touching_craters_of_a_mask_are_split():
    truth = [(40.0, 64.0, 30.0), (68.0, 64.0, 28.0), (100.0, 30.0, 16.0)]
    circles, _ = decode_mask(discs(*truth))
    found = circles[np.argsort(circles[:, 0])]
    np.testing.assert_allclose(found, truth, atol=1.6)


def test_a_region_with_a_shallow_neck_is_one_crater():
    assert len(decode_mask(discs((40.0, 64.0, 30.0), (53.0, 64.0, 30.0)))[0]) == 1


def test_an_empty_mask_has_no_craters():
    circles, scores = decode_maps(np.zeros((64, 64, 1), np.float32), ("mask",), (4, 200))
    assert circles.shape == (0, 3)
    assert scores.shape == (0,)


def test_decoding_a_turned_mask_turns_the_craters():
    mask = discs((40.0, 50.0, 24.0), (80.0, 90.0, 40.0))
    turned = cv2.rotate(mask, cv2.ROTATE_180)
    circles, _ = decode_mask(mask)
    again, _ = decode_mask(turned)
    again[:, :2] = 128 - again[:, :2]
    order, order_again = np.argsort(circles[:, 0]), np.argsort(again[:, 0])
    np.testing.assert_allclose(circles[order], again[order_again], atol=1e-6)


def test_an_octave_answers_for_what_it_believes_and_an_octave_within_that_in_full():
    diameters = np.array([1.0, 6.4, 6.4 * 2**0.5, 12.8, 30.0, 45.0, 45.0 * 2**0.5, 90.0, 1e4])
    told = detectability(diameters, (8.0, 72.0))
    np.testing.assert_allclose(told, [0, 0, 0.5, 1, 1, 1, 0.5, 0, 0], atol=1e-12)


def test_octaves_of_an_enlarged_mosaic_count_where_no_coarser_one_does():
    sizes, answered = np.array([4.0, 6.4, 8.0, 12.8, 30.0]), (8.0, 72.0)
    plain = octave_weights(sizes, np.arange(0, 2), answered)
    fine = octave_weights(sizes, np.arange(-2, 2), answered)
    np.testing.assert_array_equal(fine[:, 2:], plain)
    np.testing.assert_allclose(fine[:, 1], [np.log2(8.0 / 6.4), 1.0, 1.0 - np.log2(1.25), 0.0, 0.0])
    # The three of them together never count more than one.
    assert (fine[:, :3].sum(axis=1) <= 1.0 + 1e-9).all()
    assert fine[0, 0] == pytest.approx(1.0 - np.log2(8.0 / 6.4))
