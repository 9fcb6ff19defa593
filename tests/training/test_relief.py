"""Samples of relief: craters are hollows wherever the ground is turned."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from lunarcraters import api
from lunarcraters.errors import DatasetError
from lunarcraters.network.model_file import read_info, shipped_model, update_info
from lunarcraters.network.presets import get_preset
from lunarcraters.network.targets import CHANNELS
from lunarcraters.rendering.scene import render_scene
from lunarcraters.training.relief import (
    ReliefSampler,
    disturb_heights,
    mirror_scene,
    split_elevation_sources,
)
from lunarcraters.training.sampling import CROP_PX
from lunarcraters.training.scenes import ElevationSource
from lunarcraters.training.session import train
from lunarcraters.training.settings import TrainingOptions

from ..rasters import write_raster

STEP_DEG = 1 / 300.0
PIXEL_M = np.radians(STEP_DEG) * 1_737_400.0
RELIEF = replace(get_preset("relief"), batch_size=4)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Two rendered elevation models at the equator, each with its catalogue."""
    folder = tmp_path_factory.mktemp("models")
    for number, name in enumerate(("a", "b")):
        scene = render_scene(640, 640, pixel_size_m=PIXEL_M, seed=number)
        affine = Affine(STEP_DEG, 0, 0, 0, -STEP_DEG, 1)
        write_raster(folder / f"{name}.tif", scene.elevation_m, "IAU_2015:30100", affine)
        craters = scene.craters
        table = pd.DataFrame({"lon": craters["x"] * STEP_DEG, "lat": 1 - craters["y"] * STEP_DEG})
        table["diam_km"] = craters["diameter_px"] * PIXEL_M / 1000.0
        table.to_csv(folder / f"{name}_craters.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def sampler(models):
    return ReliefSampler(
        [ElevationSource(models / "a.tif", models / "a_craters.csv", 8)], RELIEF, 1
    )


@pytest.mark.slow
def test_a_batch_depends_on_the_seed_and_its_number_alone(sampler):
    images, targets = sampler.batch(3)
    assert images.shape == (4, CROP_PX, CROP_PX, 3)
    assert targets.shape == (4, CROP_PX, CROP_PX, len(CHANNELS))
    assert np.isfinite(images).all()
    for one, other in zip(replace(sampler).batch(3), (images, targets), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(sampler.batch(4)[0], images)
    assert not np.array_equal(replace(sampler, seed=2).batch(3)[0], images)


@pytest.mark.slow
@pytest.mark.parametrize("augment", [True, False])
def test_craters_are_hollows_that_rise_to_all_sides(sampler, augment):
    """The local height is lower in a crater; slopes rise away from its centre."""
    lower, outwards = [], []
    for number in range(3):
        images, targets = replace(sampler, augment=augment).batch(number)
        for image, target in zip(images, targets, strict=True):
            mask, weight = target[..., 0] > 0, target[..., 1] > 0
            if not (mask & weight).any():
                continue
            height = image[..., 2]
            lower.append(height[~mask & weight].mean() - height[mask & weight].mean())
            for row, column in np.argwhere(target[20:-20, 20:-20, 2] == 1.0) + 20:
                radius = round(16 * 2 ** target[row, column, 4] / 4)
                right, left = image[row, column + radius, 0], image[row, column - radius, 0]
                below, above = image[row + radius, column, 1], image[row - radius, column, 1]
                outwards += [right - left, below - above]
    assert np.mean(lower) > 0.3
    assert np.mean(outwards) > 0.5
    assert np.mean(np.array(outwards) > 0) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize(
    "turns", [(True, False, False), (False, True, False), (False, False, True)]
)
def test_craters_are_mirrored_with_the_ground(models, turns):
    source = ElevationSource(models / "a.tif", models / "a_craters.csv", 1)
    scene = source.terrain(1.0, 300, np.random.default_rng(0))
    mirrored = mirror_scene(scene, *turns)
    rows, columns = (np.floor(mirrored.circles[:, axis]).astype(int) for axis in (1, 0))
    before = np.floor(scene.circles).astype(int)
    np.testing.assert_array_equal(
        mirrored.values[rows, columns], scene.values[before[:, 1], before[:, 0]]
    )
    back = mirror_scene(mirrored, *turns)
    np.testing.assert_array_equal(back.values, scene.values)
    np.testing.assert_allclose(back.circles, scene.circles)


def test_other_instruments_show_the_same_ground(models):
    source = ElevationSource(models / "a.tif", models / "a_craters.csv", 1)
    heights = source.terrain(1.0, 300, np.random.default_rng(0)).values
    others = [disturb_heights(heights, np.random.default_rng(seed)) for seed in range(8)]
    for other in others:
        assert np.corrcoef(heights.ravel(), other.ravel())[0, 1] > 0.98
    assert len({float(other.std()) for other in others}) == 8


def test_one_model_is_left_out(models, tmp_path):
    train_on, valid = split_elevation_sources(models, 10, None)
    assert [source.elevation.stem for source in train_on] == ["a"]
    assert valid.elevation.stem == "b"
    assert split_elevation_sources(models, 10, "a")[1].elevation.stem == "a"
    with pytest.raises(DatasetError, match="models a, b: give --left-out one of them"):
        split_elevation_sources(models, 10, "c")
    with pytest.raises(DatasetError, match="holds no elevation"):
        split_elevation_sources(tmp_path, 10, None)


@pytest.mark.parametrize(("left_out", "named"), [("b.tif", "valid"), ("a.tif", "b")])
def test_a_model_of_relief_is_measured_on_one_elevation_model(
    models, tmp_path, monkeypatch, left_out, named
):
    one, measured = tmp_path / "one", []
    one.mkdir()
    for path in models.glob("b*"):
        shutil.copy(path, one)
    model = tmp_path / "relief.keras"
    info = read_info(shipped_model(relief=True))
    shutil.copyfile(shipped_model(relief=True), model)
    update_info(model, replace(info, training={"data": {"left_out": left_out}}))
    monkeypatch.setattr(
        "lunarcraters.calibration.relief.calibrate_relief", lambda *args, **_: measured.append(args)
    )
    api.calibrate(model, one, named)
    assert measured == [(model, one / "b.tif", one / "b_craters.csv")]
    with pytest.raises(DatasetError, match="no elevation model 'c', but b: give --split one"):
        api.calibrate(model, one, "c")


@pytest.mark.slow
@pytest.mark.usefixtures("without_graphs")
def test_a_network_of_pictures_is_a_beginning(models, tmp_path, monkeypatch):
    import keras

    monkeypatch.setattr("lunarcraters.training.relief._VALIDATION_SCENES", 4)
    said = []
    options = TrainingOptions(
        preset="relief", epochs=1, steps=2, batch=2, learning_rate=1e-9, precision="float32",
        weights=shipped_model(), left_out="b", elevation_scenes=4,
    )  # fmt: skip
    model = train(models, tmp_path / "out", options, say=said.append)
    info = read_info(model)
    assert (info.preset, info.photometry) == ("relief", "relief")
    assert info.training["data"]["left_out"] == "b.tif"
    assert info.training["data"]["elevation"] == ["a.tif"]
    # Untrained, the further channels have no effect: both see light from the left. Two steps at
    # this learning rate change nothing but the running means, which are put back.
    relief = np.random.default_rng(0).normal(size=(1, 64, 64, 3)).astype(np.float32)
    begun, pictures = (
        keras.saving.load_model(path, compile=False) for path in (model, shipped_model())
    )
    for mean, before in zip(
        begun.non_trainable_variables, pictures.non_trainable_variables, strict=True
    ):
        mean.assign(before)
    np.testing.assert_allclose(begun(relief), pictures(relief[..., :1]), atol=1e-3)
    with pytest.raises(DatasetError, match="leave --teacher, --elevation and --classes out"):
        train(models, tmp_path / "no", replace(options, elevation=models), say=said.append)
