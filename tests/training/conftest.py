import cv2
import numpy as np
import pytest


def draw_tile(seed, side=416, craters=12):
    """A grey image with dark discs, and their boxes as label lines."""
    rng = np.random.default_rng(seed)
    image = rng.normal(120, 6, (side, side))
    lines = []
    for _ in range(craters):
        diameter = rng.uniform(14, 60)
        x, y = rng.uniform(diameter, side - diameter, 2)
        cv2.circle(image, (round(x), round(y)), round(diameter / 2), 60, cv2.FILLED)
        box = np.array([x, y, diameter, diameter]) / side
        lines.append("0 " + " ".join(f"{value:.6f}" for value in box))
    return np.clip(image, 1, 255).astype(np.uint8), lines


@pytest.fixture(scope="module")
def without_graphs():
    """TensorFlow builds no graphs in a module: this takes longer than a training of few steps."""
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
    yield
    tensorflow.config.run_functions_eagerly(False)


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch):
    """Trainings draw nothing."""
    for name in ("draw_curves", "draw_panels"):
        monkeypatch.setattr(f"lunarcraters.plots.training.{name}", lambda *_: None)


@pytest.fixture(scope="session")
def dataset(tmp_path_factory):
    """Six training and four validation tiles in LU3M6TGT's layout, named by place."""
    root = tmp_path_factory.mktemp("dataset")
    for split, count in (("train", 6), ("valid", 4)):
        for folder in ("images", "labels"):
            (root / split / folder).mkdir(parents=True)
        for index in range(count):
            lon = -100 + 1.3718808 * index + (40 if split == "valid" else 0)
            stem = f"{lon:.7f},{lon + 1.3718808:.7f},0.0000000,1.3718808"
            image, lines = draw_tile(index + 100 * (split == "valid"))
            cv2.imwrite(str(root / split / "images" / f"{stem}.png"), image)
            (root / split / "labels" / f"{stem}.txt").write_text("\n".join(lines) + "\n")
    return root
