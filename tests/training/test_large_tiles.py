import cv2
import numpy as np

from lunarcraters.datasets.pairs import Pair
from lunarcraters.training.scenes import LabelledTiles


def test_of_a_large_tile_a_window_is_taken_with_its_craters(tmp_path):
    image = np.full((1500, 3000), 100, np.uint8)
    places = np.mgrid[0:3001:60, 0:1501:60].reshape(2, -1).T
    for x, y in places.tolist():
        cv2.circle(image, (x, y), 10, 200, -1)
    edges = np.hstack([places - 10, places + 10]).clip(0, [3000, 1500] * 2) / ([3000, 1500] * 2)
    boxes = np.hstack([(edges[:, :2] + edges[:, 2:]) / 2, edges[:, 2:] - edges[:, :2]])
    cv2.imwrite(str(tmp_path / "a.png"), image)
    (tmp_path / "a.txt").write_text("".join(f"0 {' '.join(map(str, box))}\n" for box in boxes))
    source = LabelledTiles((Pair(tmp_path / "a.png", tmp_path / "a.txt"),))
    corners = set()
    for seed in range(4):
        scene = source.scene(0, 0.5, 200, np.random.default_rng(seed))
        assert scene.values.shape == (400, 400)
        discs = cv2.connectedComponentsWithStats((scene.values > 150).astype(np.uint8))[3][1:]
        apart = np.abs(discs[:, None] + 0.5 - scene.circles[None, :, :2]).max(axis=2)
        assert (apart.min(axis=1) < 5).all()  # one is cut by the edge of the window
        whole = (np.abs(scene.circles[:, :2] - 200) < 194).all(axis=1)
        assert (apart[:, whole].min(axis=0) < 1).all()
        corners.add(tuple(discs[0]))
    assert len(corners) == 4
