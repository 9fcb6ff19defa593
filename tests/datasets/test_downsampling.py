import cv2
import numpy as np

from lunarcraters.datasets.downsampling import write_downsampled
from lunarcraters.datasets.layout import Pair


def reduced(tmp_path, name, image, share=0.5):
    picture, label = tmp_path / f"{name}.png", tmp_path / f"{name}.txt"
    cv2.imwrite(str(picture), image)
    label.write_text("0 0.5 0.5 0.1 0.1\n")
    write_downsampled([Pair(picture, label)], tmp_path / "out", share)
    assert (tmp_path / "out" / "labels" / f"{name}.txt").read_text() == label.read_text()
    return cv2.imread(str(tmp_path / "out" / "images" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)


def test_a_pixel_is_the_mean_of_those_it_covers(tmp_path):
    image = np.random.default_rng(1).integers(0, 256, (40, 60)).astype(np.uint8)
    found = reduced(tmp_path, "picture", image)
    wanted = image.reshape(20, 2, 30, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(found, wanted, atol=0.51)


def test_what_is_no_data_has_no_part_in_a_mean(tmp_path):
    image = np.full((40, 40), 100, np.uint8)
    image[:, :11] = 0
    found = reduced(tmp_path, "1.0,2.0,3.0,4.0", image)
    assert (found[:, :5] == 0).all()
    assert (found[:, 5:] == 100).all()  # half of the sixth is data
