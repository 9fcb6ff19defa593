import cv2
import numpy as np
import pytest
from affine import Affine

from lunarcraters.datasets.downsampling import write_downsampled
from lunarcraters.datasets.pairs import Pair
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster


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


def test_images_side_by_side_are_one_mosaic_with_all_their_pixels(tmp_path):
    image = np.random.default_rng(1).integers(0, 256, (40, 60)).astype(np.uint8)
    pairs = []
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
        (tmp_path / f"{number}.txt").write_text("4 0.5 0.5 0.1 0.1\n7 0.5 0.5 0.2 0.2\n")
        label = tmp_path / f"{number}.txt" if number else None
        pairs.append(Pair(tmp_path / f"{number}.png", label, frozenset([7])))
    write_downsampled(pairs, tmp_path / "out", 1.0, side_by_side=True)
    edges = [TileName.parse(path) for path in sorted((tmp_path / "out/images").iterdir())]
    pixel = (edges[0].lon_max - edges[0].lon_min) / 60
    assert all(edge.lat_max - edge.lat_min == pytest.approx(40 * pixel) for edge in edges)
    corners = {(round(e.lon_min / pixel), round(e.lat_min / pixel)) for e in edges}
    assert corners == {(0, 0), (316, 0), (0, 316)}
    mosaic = open_mosaic([tmp_path / "out/images"])
    assert (mosaic.width, mosaic.height) == (376, 356)
    for path in (tmp_path / "out/images").iterdir():
        copied = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        np.testing.assert_array_equal(copied, np.maximum(image, 1))
    labels = sorted(path.read_text() for path in (tmp_path / "out/labels").iterdir())
    assert labels == ["", *["0 0.5 0.5 0.2 0.2\n"] * 2]


def test_images_side_by_side_are_isotropic(tmp_path):
    image = np.random.default_rng(1).integers(1, 256, (40, 60)).astype(np.uint8)
    pairs = []
    for name in ("1.0,1.6,59.8,60.2", "picture"):
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
        pairs.append(Pair(tmp_path / f"{name}.png", None))
    values = np.full((40, 60), 90, np.uint8)
    write_raster(tmp_path / "a.tif", values, "IAU_2015:30100", Affine(0.01, 0, 1, 0, -0.01, 60.2))
    pairs.append(Pair(tmp_path / "a.tif", None))
    write_raster(tmp_path / "b.tif", values, "EPSG:4326", Affine(0.01, 0, 1, 0, -0.01, 60.2))
    pairs.append(Pair(tmp_path / "b.tif", None))
    assert [pair.squeeze for pair in pairs] == pytest.approx([0.5, 1.0, 0.5, 1.0], abs=1e-6)
    write_downsampled(pairs, tmp_path / "out", 0.5, side_by_side=True)
    copies = (cv2.imread(str(p), 0) for p in sorted((tmp_path / "out/images").iterdir()))
    assert sorted(copy.shape for copy in copies) == [(20, 15), (20, 15), (20, 30), (20, 30)]


def test_what_is_no_data_has_no_part_in_a_mean(tmp_path):
    image = np.full((40, 40), 100, np.uint8)
    image[:, :11] = 0
    found = reduced(tmp_path, "1.0,2.0,3.0,4.0", image)
    assert (found[:, :5] == 0).all()
    assert (found[:, 5:] == 100).all()  # half of the sixth is data


def test_a_pixel_of_which_less_than_half_is_data_is_nodata(tmp_path):
    image = np.full((40, 40), 100, np.uint8)
    image[:, :11] = 0
    found = reduced(tmp_path, "1.0,2.0,3.0,4.0", image, share=0.25)
    assert found[0].tolist() == [0] * 3 + [100] * 7
