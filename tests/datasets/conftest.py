import cv2
import numpy as np
import pytest

BOX = "0 0.5 0.5 0.1 0.1\n"


def add(dataset, split, name, label=BOX, size=16, seed=None):
    for kind in ("images", "labels"):
        (dataset / split / kind).mkdir(parents=True, exist_ok=True)
    seed = abs(hash((split, name))) % 2**32 if seed is None else seed
    pixels = np.random.default_rng(seed).integers(1, 255, (size, size), np.uint8)
    cv2.imwrite(str(dataset / split / "images" / f"{name}.png"), pixels)
    if label is not None:
        (dataset / split / "labels" / f"{name}.txt").write_text(label)


@pytest.fixture
def dataset(tmp_path):
    for split, names in (("train", "abcd"), ("valid", "efg")):
        for name in names:
            add(tmp_path, split, name, "" if name in "bdf" else BOX)
    return tmp_path
