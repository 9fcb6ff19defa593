"""A training that is replaced or resumed, and files that changed since an earlier one."""

import json
import shutil
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

from lunarcraters.errors import ModelError, OptionError, OutputError, RunError
from lunarcraters.files import locked
from lunarcraters.network.model_file import read_info, shipped_model, update_info
from lunarcraters.network.presets import PRESETS
from lunarcraters.training import checkpoint, fitting, session
from lunarcraters.training.directory import holds_training
from lunarcraters.training.session import train
from lunarcraters.training.settings import (
    SETTINGS,
    TrainingOptions,
    TrainingSettings,
    compare_settings,
    write_settings,
)

TINY = replace(
    PRESETS["compact"], name="tiny", filters=(4, 8), blocks=(1, 1), batch_size=2, epochs=1, steps=1
)


@pytest.fixture(autouse=True)
def _tiny_preset(monkeypatch):
    monkeypatch.setitem(PRESETS, "tiny", TINY)


@pytest.fixture
def trained(tmp_path):
    """A directory of a training, with a model file."""
    out = tmp_path / "trained"
    (out / checkpoint.FOLDER).mkdir(parents=True)
    write_settings(TrainingSettings(TINY, 1, 1, 1, "float32"), out)
    shutil.copyfile(shipped_model(), out / "model.keras")
    return out


def list_files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("option", ["weights", "teacher"])
def test_a_training_is_not_replaced_by_one_that_begins_with_its_model(dataset, trained, option):
    before = list_files(trained)
    options = TrainingOptions(**{option: trained / "model.keras"})
    with pytest.raises(OutputError, match=r"model\.keras lies in .*trained, .* another --output"):
        train(dataset, trained, options, overwrite=True, say=list)
    assert list_files(trained) == before


@pytest.mark.parametrize("linked", [False, True])
def test_a_training_is_not_replaced_by_one_on_images_in_it(dataset, trained, tmp_path, linked):
    if linked:
        (trained / "data").symlink_to(dataset)
    else:
        shutil.copytree(dataset, trained / "data")
    with pytest.raises(OutputError, match="data lies in "):
        train(trained / "data", trained, overwrite=True, say=list)
    listed = tmp_path / "data.yaml"
    splits = {split: str(trained / "data" / split / "images") for split in ("train", "valid")}
    listed.write_text(yaml.safe_dump({"train": splits["train"], "val": splits["valid"], "nc": 1}))
    with pytest.raises(OutputError, match=r"images lies in "):
        train(listed, trained, overwrite=True, say=list)
    assert (trained / "data" / "train").is_dir()


def damage_weights(path):
    """Copy the shipped model, with other bytes amid its weights."""
    content = bytearray(shipped_model().read_bytes())
    middle = len(content) // 2
    for at in range(middle, middle + 64):
        content[at] ^= 0xA5
    path.write_bytes(content)
    return path


def test_a_training_stays_where_the_weights_of_the_next_do_not_fit(dataset, trained, tmp_path):
    before = list_files(trained)
    options = TrainingOptions(preset="tiny", weights=shipped_model(), precision="float32")
    with pytest.raises(ModelError, match="of another network than the preset"):
        train(dataset, trained, options, overwrite=True, say=list)
    damaged = damage_weights(tmp_path / "damaged.keras")
    options = TrainingOptions(weights=damaged, precision="float32")
    with pytest.raises(ModelError, match=r"damaged\.keras is damaged: take another copy"):
        train(dataset, trained, options, overwrite=True, say=list)
    assert list_files(trained) == before


@pytest.mark.slow
@pytest.mark.usefixtures("without_graphs")
@pytest.mark.parametrize("has_checkpoints", [True, False])
def test_a_training_that_begins_replaces_the_other(dataset, trained, has_checkpoints):
    if not has_checkpoints:
        (trained / checkpoint.FOLDER).rmdir()
    (trained / "history.csv").write_text("epoch\n7\n")
    options = TrainingOptions(preset="tiny", precision="float32")
    model = train(dataset, trained, options, overwrite=True, say=list)
    assert read_info(model).preset == "tiny"
    assert (trained / "history.csv").read_text().splitlines()[1].startswith("1,")


@pytest.mark.parametrize("most", range(3))
def test_a_training_that_is_killed_while_it_replaces_another_can_be_replaced(
    dataset, trained, monkeypatch, most
):
    (trained / "history.csv").write_text("epoch\n7\n")
    unlink, removed = Path.unlink, []

    def be_killed(path, **options):
        if path.parent == trained:
            if len(removed) == most:
                raise KeyboardInterrupt
            removed.append(path.name)
        unlink(path, **options)

    monkeypatch.setattr(Path, "unlink", be_killed)
    options = TrainingOptions(preset="tiny", precision="float32")
    with pytest.raises(KeyboardInterrupt):
        train(dataset, trained, options, overwrite=True, say=list)
    assert len(removed) == most
    assert holds_training(trained)


def test_two_processes_do_not_train_in_one_directory(dataset, trained, tmp_path):
    options = TrainingOptions(preset="tiny", precision="float32")
    with locked(trained):
        before = list_files(trained)
        with pytest.raises(RunError, match=r"another process is at work in .*trained"):
            train(dataset, trained, options, overwrite=True, say=list)
        assert list_files(trained) == before
    with locked(tmp_path / "new"), pytest.raises(RunError, match="another process is at work"):
        train(dataset, tmp_path / "new", options, say=list)


def test_a_training_that_ended_meanwhile_is_not_replaced_unasked(
    dataset, trained, tmp_path, monkeypatch
):
    out = tmp_path / "new"
    build = fitting.build

    def build_slowly(*arguments):
        shutil.copytree(trained, out)
        return build(*arguments)

    monkeypatch.setattr(fitting, "build", build_slowly)
    with pytest.raises(OutputError, match="exists already: give --resume"):
        train(dataset, out, TrainingOptions(preset="tiny", precision="float32"), say=list)
    assert set(list_files(trained)) <= set(list_files(out))


def test_a_training_that_is_not_there_is_not_resumed_and_no_directory_is_made(dataset, tmp_path):
    options = TrainingOptions(preset="tiny", precision="float32")
    with pytest.raises(RunError, match="holds no training to resume"):
        train(dataset, tmp_path / "new", options, resume=True, say=list)
    assert not (tmp_path / "new").exists()


def test_files_that_changed_since_an_earlier_training_are_read_anew(dataset, tmp_path, monkeypatch):
    copy = shutil.copytree(dataset, tmp_path / "copy")
    scenes = []

    def see(settings, sampler, validation, out, **options):
        scenes.append(sampler.sources[0].scene(0, 1.0, 256, np.random.default_rng(0)))
        return out / "model.keras"

    monkeypatch.setattr(fitting, "fit_network", see)
    monkeypatch.setattr(session, "_draw", lambda *args: None)
    train(copy, tmp_path / "one", TrainingOptions(preset="tiny"), say=list)
    label = sorted((copy / "train" / "labels").iterdir())[0]
    label.write_text(label.read_text().splitlines()[0] + "\n")
    train(copy, tmp_path / "two", TrainingOptions(preset="tiny"), say=list)
    before, after = (len(scene.circles) + len(scene.clipped) for scene in scenes)
    assert before > 1
    assert after == 1


@pytest.mark.slow
@pytest.mark.usefixtures("without_graphs")
def test_a_training_that_has_ended_keeps_the_calibration_of_its_model(dataset, tmp_path):
    options, out = TrainingOptions(preset="tiny", precision="float32"), tmp_path / "out"
    model = train(dataset, out, options, say=list)
    update_info(model, replace(read_info(model), thresholds={"balanced": 0.37}))
    content = model.read_bytes()
    assert train(dataset, out, options, resume=True, say=list) == model
    assert model.read_bytes() == content
    model.write_bytes(b"damaged")
    train(dataset, out, options, resume=True, say=list)
    assert read_info(model).preset == "tiny"


def test_options_that_differ_from_those_of_a_training_are_named(tmp_path):
    settings = TrainingSettings(TINY, 1, 3, 2, "float32")
    write_settings(settings, tmp_path)
    for change, names in (
        ({"batch_size": 4}, ["batch"]),
        ({"learning_rate": 1.0, "rotated": 0.5}, ["learning_rate", "rotated"]),
        ({"coarsened": 0.5, "pooling": "max"}, ["coarsened", "pooling"]),
        ({"name": "other", "batch_size": 4}, ["preset"]),
        ({"filters": (8, 8)}, ["preset"]),
    ):
        other = replace(settings, preset=replace(TINY, **change))
        assert compare_settings(other, tmp_path) == names
    tuned = replace(settings, preset=replace(TINY, photometric_jitter=0.35), tuned=True, seed=2)
    assert compare_settings(tuned, tmp_path) == ["seed", "tuned"]


def test_a_training_that_an_earlier_version_began_is_resumed(tmp_path):
    settings = TrainingSettings(TINY, 1, 3, 2, "float32")
    write_settings(settings, tmp_path)
    content = json.loads((tmp_path / SETTINGS).read_text())
    for name in ("tuned", "max_scale", "classes"):
        del content[name]
    del content["preset"]["photometric_jitter"]
    (tmp_path / SETTINGS).write_text(json.dumps(content))
    assert compare_settings(settings, tmp_path) == []
    assert compare_settings(replace(settings, tuned=True), tmp_path) == ["tuned"]
    (tmp_path / SETTINGS).write_text(json.dumps(content | {"option_of_tomorrow": 3}))
    assert compare_settings(settings, tmp_path) == ["option_of_tomorrow"]


def test_a_directory_with_the_settings_of_something_else_is_not_replaced(dataset, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / SETTINGS).write_text("{}")
    with pytest.raises(OutputError, match="exists already"):
        train(dataset, mine, TrainingOptions(preset="tiny"), overwrite=True, say=list)
    assert list_files(mine) == [SETTINGS]


@pytest.mark.parametrize(
    ("preset", "options", "words"),
    [
        ("relief", {"resampled": True}, "relief takes no notice of --resampled"),
        ("relief", {"coarsened": 0.5}, "--coarsened"),
        ("baseline", {"rotated": 0.5, "coarsened": 0.5}, "--rotated and --coarsened"),
        ("baseline", {"left_out": "a"}, "--left-out"),
        ("baseline", {"elevation": Path("a")}, "--elevation"),
        ("compact", {"left_out": "a"}, "--left-out"),
        ("compact", {"left_out": "a", "tune": True}, "--left-out"),
    ],
)
def test_options_of_which_a_preset_takes_no_notice_are_refused(
    dataset, tmp_path, preset, options, words
):
    with pytest.raises(OptionError, match=f"{words}: leave that out"):
        train(dataset, tmp_path / "out", TrainingOptions(preset=preset, **options), say=list)
    assert not (tmp_path / "out").exists()


def test_a_resumed_training_names_the_option_that_differs(dataset, trained):
    options = TrainingOptions(preset="tiny", batch=3, precision="float32")
    with pytest.raises(RunError, match="begun with another batch: give the same options"):
        train(dataset, trained, options, resume=True, say=list)


def test_a_checkpoint_that_cannot_be_written_leaves_no_part_of_it(tmp_path, monkeypatch):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    (tmp_path / checkpoint.FOLDER).mkdir()
    callback = checkpoint.Checkpoint(network, tmp_path, resume=False)
    callback.set_model(network)

    def fail(path):
        path.write_bytes(b"a part")
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr(network, "save_weights", fail)
    with pytest.raises(OutputError, match="No space left on device"):
        callback.on_epoch_end(0, {"val_loss": 1.0})
    assert not list((tmp_path / checkpoint.FOLDER).iterdir())
