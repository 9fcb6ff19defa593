import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.datasets.layout import find_pairs
from lunarcraters.network.presets import get_preset
from lunarcraters.network.targets import CHANNELS
from lunarcraters.training.camera import simulate_camera
from lunarcraters.training.sampling import CROP_PX, Sampler, _fill_crop, rotate_scene
from lunarcraters.training.scenes import LabelledTiles, Scene

COMPACT = get_preset("compact")


@pytest.fixture
def tiles(dataset):
    return LabelledTiles(tuple(find_pairs(dataset, "train")))


@pytest.mark.slow
def test_a_batch_depends_on_the_seed_and_its_number_alone(tiles):
    first, again = Sampler([tiles], COMPACT, seed=1), Sampler([tiles], COMPACT, seed=1)
    first.batch(0)
    for one, other in zip(first.batch(5), again.batch(5), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(first.batch(5)[0], first.batch(6)[0])
    assert not np.array_equal(first.batch(5)[0], Sampler([tiles], COMPACT, seed=2).batch(5)[0])


def test_images_and_targets_fit_the_network(tiles):
    images, targets = Sampler([tiles], COMPACT, seed=1).batch(0)
    assert images.shape == (8, CROP_PX, CROP_PX, 1)
    assert targets.shape == (8, CROP_PX, CROP_PX, len(CHANNELS))
    assert np.isfinite(images).all()
    assert np.isfinite(targets).all()


def test_every_tile_is_seen_once_an_epoch(tiles, monkeypatch):
    seen = []
    monkeypatch.setattr(
        LabelledTiles, "scene", lambda self, index, *rest: seen.append(index) or 1 / 0
    )
    sampler = Sampler([tiles, tiles], COMPACT, seed=1)
    for index in range(len(sampler)):
        with pytest.raises(ZeroDivisionError):
            sampler._sample(index)
    assert sorted(seen) == sorted([*range(6), *range(6)])
    assert seen != sorted(seen)


def test_the_image_is_dark_where_the_mask_says_crater(tiles):
    images, targets = Sampler([tiles], COMPACT, seed=1, augment=False).batch(0)
    mask, weight = targets[..., 0] > 0, targets[..., 1] > 0
    assert images[..., 0][mask & weight].mean() < images[..., 0][~mask & weight].mean() - 1


@pytest.mark.parametrize("rotated", [0.0, 1.0])
def test_every_turn_keeps_image_and_targets_together(tiles, rotated):
    sampler = Sampler([tiles], replace(COMPACT, rotated=rotated), seed=4)
    for number in range(3):
        images, targets = sampler.batch(number)
        mask, weight = targets[..., 0] > 0, targets[..., 1] > 0
        assert images[..., 0][mask & weight].mean() < images[..., 0][~mask & weight].mean() - 0.5


def a_scene(side=120):
    """A dark disc, a box cut by the left edge, and a corner without data."""
    rows, columns = np.mgrid[:side, :side] + 0.5
    values = np.where(np.hypot(columns - 80, rows - 50) < 15, 10.0, 100.0).astype(np.float32)
    valid = (columns < 100) | (rows < 100)
    return Scene(values, valid, np.array([[80.0, 50.0, 30.0]]), np.array([[0.0, 20.0, 9.0, 40.0]]))


def test_a_quarter_turn_is_exact():
    scene = a_scene()
    turned = rotate_scene(scene, -np.pi / 2)  # to the left
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(turned.values[inner], np.rot90(scene.values)[inner], atol=0.1)
    assert turned.circles[0] == pytest.approx([50.0, 40.0, 30.0])
    assert turned.clipped[0] == pytest.approx([20.0, 111.0, 40.0, 120.0])


@given(angle=st.floats(0.0, 2 * np.pi))
def test_craters_turn_with_the_ground(angle):
    turned = rotate_scene(a_scene(), angle)
    x, y, diameter = turned.circles[0]
    rows, columns = np.mgrid[:120, :120] + 0.5
    distance = np.hypot(columns - x, rows - y)
    assert turned.values[(distance < diameter / 2 - 1.5) & turned.valid].max() < 20
    around = (distance > diameter / 2 + 1.5) & (distance < diameter) & turned.valid
    assert turned.values[around].min() > 90


def test_the_baseline_is_given_whole_tiles_in_grey_levels(tiles):
    images, targets = Sampler([tiles], get_preset("baseline"), seed=1, augment=False).batch(0)
    assert images.shape == (16, 256, 256, 3)
    assert targets.shape == (16, 256, 256, 1)
    assert 0 <= images.min() < images.max() <= 1
    np.testing.assert_array_equal(images[..., 0], images[..., 2])
    assert set(np.unique(targets)) == {0.0, 1.0}


def test_small_scenes_share_a_crop(tiles):
    quarter = Sampler([tiles], replace(COMPACT, octaves=(0.0, 0.0, 1.0)), seed=1)
    images, targets = quarter.batch(0)
    known = images[..., 0] != 0
    assert known.mean() > 0.6
    mask, weight = targets[..., 0] > 0, targets[..., 1] > 0
    assert not weight[~known].any()
    assert images[..., 0][mask & weight].mean() < images[..., 0][~mask & weight].mean() - 0.5


def replace_image(dataset, folder, pixels):
    """A copy of a dataset whose first image of each split is another, and all tiles of a split."""
    shutil.copytree(dataset, folder)
    for split in ("train", "valid"):
        first = min((folder / split / "images").iterdir())
        cv2.imwrite(str(first), pixels)
    return [LabelledTiles(tuple(find_pairs(folder, split))) for split in ("train", "valid")]


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (2, 900)])
def test_beside_a_tiny_image_lie_few_and_the_rest_of_the_crop_is_nodata(
    dataset, tmp_path, monkeypatch, shape
):
    drawn = np.random.default_rng(1).integers(1, 255, shape).astype(np.uint8)
    tiles, _ = replace_image(dataset, tmp_path / "copy", drawn)
    read = []
    make = LabelledTiles.scene

    def count(self, *arguments):
        read.append(make(self, *arguments))
        return read[-1]

    monkeypatch.setattr(LabelledTiles, "scene", count)
    for scale in (0.2, 1.0):
        read.clear()
        joined = _fill_crop(tiles, 0, scale, 384, np.random.default_rng(1))
        assert len(read) <= 64
        assert max(joined.values.shape) <= 8 * CROP_PX
        height, width = read[0].values.shape
        np.testing.assert_array_equal(joined.values[:height, :width], read[0].values)
        assert not joined.valid[:height, width : width + 16].any()


@pytest.mark.parametrize("shape", [(1, 1), (416, 416)])
def test_an_image_of_one_grey_value_gives_numbers(dataset, tmp_path, shape):
    for tiles in replace_image(dataset, tmp_path / "copy", np.full(shape, 90, np.uint8)):
        for augment in (False, True):
            sampler = Sampler([LabelledTiles(tiles.pairs[:1])], COMPACT, seed=1, augment=augment)
            for part in sampler.batch(0):
                assert np.isfinite(part).all()


def test_coarsened_crops_lose_detail_and_teach_smaller_craters(tiles):
    plain = Sampler([tiles], COMPACT, seed=4).samples(0)
    coarse = Sampler([tiles], replace(COMPACT, coarsened=1.0), seed=4).samples(0)
    assert (plain.closer == 1).all()
    assert (coarse.closer >= 1).all()
    assert coarse.closer.max() <= 2**0.6

    def detail(images):
        return np.abs(np.diff(images[..., 0], axis=1)).mean()

    assert detail(coarse.images) < 0.8 * detail(coarse.clean)
    # Image and targets stay together.
    mask, weight = coarse.targets[..., 0] > 0, coarse.targets[..., 1] > 0
    dark, light = (coarse.images[..., 0][part & weight].mean() for part in (mask, ~mask))
    assert dark < light - 0.5


def test_photometric_jitter_changes_the_light_of_crops(tiles):
    scene = tiles.scene(0, 1.0, CROP_PX, np.random.default_rng(0))
    low, high = np.percentile(scene.values[::4, ::4], [0.5, 99.5])
    span = np.clip(scene.values, low, high) - low
    views = [
        simulate_camera(scene, np.random.default_rng(3), jitter=j)[1] for j in (0.0, 0.35, 1.0)
    ]
    changes = np.array([np.abs(view - span).mean() for view in views])
    assert changes[0] < 1e-3
    assert changes[0] < changes[1] < changes[2]


def test_coarsened_crops_teach_craters_below_the_range(tiles):
    sampler = Sampler([tiles], COMPACT, seed=1)
    circles, valid = np.array([[100.0, 100.0, 7.0]]), np.ones((CROP_PX, CROP_PX), bool)
    none = np.empty((0, 4))
    assert sampler.targets(circles, none, valid)[..., 2].max() == 0
    assert sampler.targets(circles, none, valid, 1.25)[..., 2].max() == 1
