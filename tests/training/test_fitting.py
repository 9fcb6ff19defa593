import csv
import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest

from lunarcraters.errors import DatasetError, ModelError, OutputError, RunError
from lunarcraters.network.presets import PRESETS
from lunarcraters.network.resunet import build
from lunarcraters.training import checkpoint, fitting, history, history_files
from lunarcraters.training.data import DATA
from lunarcraters.training.scenes import LabelledTiles
from lunarcraters.training.session import train
from lunarcraters.training.settings import SETTINGS, TrainingOptions, read_settings

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_graphs")]

TINY = replace(
    PRESETS["compact"], name="tiny", filters=(4, 8), blocks=(1, 1), batch_size=2, epochs=3, steps=2,
    schedule="plateau", patience=2,
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _tiny_preset():
    PRESETS["tiny"] = TINY
    yield
    del PRESETS["tiny"]


def fit(dataset, out, **options):
    run = {name: options.pop(name) for name in ("resume", "overwrite") if name in options}
    say = options.pop("say", list)
    given = {"preset": "tiny", "precision": "float32"} | options
    return train(dataset, out, TrainingOptions(**given), say=say, **run)


@pytest.fixture(scope="module")
def undisturbed(dataset, tmp_path_factory, _tiny_preset, without_graphs):
    """A whole training, and what it said."""
    out, lines = tmp_path_factory.mktemp("trainings") / "undisturbed", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "_EVERY", 1)
        fit(dataset, out, say=lines.append)
    return out, lines


def weights(path):
    return keras.saving.load_model(path, compile=False).get_weights()


class Killed(BaseException):
    pass


def test_a_killed_training_that_is_resumed_gives_what_an_undisturbed_one_gives(
    dataset, undisturbed, tmp_path, monkeypatch
):
    monkeypatch.setattr(history, "_EVERY", 1)

    def kill(line):
        if line.startswith("epoch 2"):
            raise Killed

    with pytest.raises(Killed):
        fit(dataset, tmp_path / "killed", say=kill)
    assert not (tmp_path / "killed" / "model.keras").exists()
    (tmp_path / "killed" / "checkpoint" / ".state-2.0123abcd.npz").touch()
    resumed = fit(dataset, tmp_path / "killed", resume=True)
    assert not list((tmp_path / "killed" / "checkpoint").glob(".*"))
    whole, _ = undisturbed
    for one, other in zip(weights(whole / "model.keras"), weights(resumed), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)
    histories = [
        json.loads((out / "history.json").read_text()) for out in (whole, tmp_path / "killed")
    ]
    assert [row["epoch"] for row in histories[1]] == [1, 2, 3]
    for one, other in zip(*histories, strict=True):
        assert one["loss"] == pytest.approx(other["loss"], rel=1e-3)
        assert one["learning_rate"] == other["learning_rate"]
    first, again = (history_files.read_losses(out) for out in (whole, tmp_path / "killed"))
    assert list(first) == list(again) == [1, 2, 3, 4, 5, 6]
    assert list(again.values()) == pytest.approx(list(first.values()), rel=1e-3)


def test_a_training_leaves_its_history_and_its_pictures(undisturbed):
    out, lines = undisturbed
    assert "trainable and" in lines[0]
    with (out / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3
    wanted = {"accuracy", "precision", "recall", "f1", "dice", "loss"}
    assert wanted | {f"val_{name}" for name in wanted} | {"learning_rate"} <= set(rows[0])
    for name in ("curves.png", "panels.png", "model.keras"):
        assert (out / name).stat().st_size > 1000


def test_a_training_stops_where_the_validation_loss_no_longer_falls(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(
        fitting, "choose_loss", lambda heads: lambda _, y: 0.0 * keras.ops.sum(y) + 1.0
    )
    fit(dataset, tmp_path / "out", epochs=9, steps=1)
    rows = json.loads((tmp_path / "out" / "history.json").read_text())
    assert len(rows) == 1 + TINY.patience


def test_another_training_is_not_resumed(dataset, undisturbed, tmp_path):
    with pytest.raises(RunError, match="another seed"):
        fit(dataset, undisturbed[0], seed=2, resume=True)
    with pytest.raises(RunError, match="no training to resume"):
        fit(dataset, tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()


def test_a_training_is_not_resumed_on_another_dataset(dataset, undisturbed, tmp_path):
    copy, out = (shutil.copytree(one, tmp_path / one.name) for one in (dataset, undisturbed[0]))
    label = next((copy / "train" / "labels").iterdir())
    label.write_text(label.read_text().splitlines()[0] + "\n")
    with pytest.raises(RunError, match="begun with another dataset: give the same options"):
        fit(copy, out, resume=True)
    (out / DATA).unlink()  # as an earlier version left it
    fit(copy, out, resume=True)


def test_a_training_whose_loss_is_not_finite_stops_and_leaves_nothing(
    dataset, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        fitting, "choose_loss", lambda heads: lambda _, y: keras.ops.sum(y) * float("nan")
    )
    with pytest.raises(RunError, match=r"loss of epoch 1 is nan, .* a lower --learning-rate"):
        fit(dataset, tmp_path / "out", epochs=2, steps=1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["loss", "val_loss"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_losses_of_training_and_validation_must_be_finite(name, value):
    losses = {"loss": 1.0, "val_loss": 2.0}
    checkpoint.FiniteLoss().on_epoch_end(4, losses)
    with pytest.raises(RunError, match=f"the {name} of epoch 5 is {value}, so"):
        checkpoint.FiniteLoss().on_epoch_end(4, losses | {name: value})


def test_a_training_that_fails_after_an_epoch_keeps_its_checkpoint(dataset, tmp_path):
    def fail(line):
        if line.startswith("epoch 2"):
            raise OutputError("the disk is full")

    with pytest.raises(OutputError):
        fit(dataset, tmp_path / "out", epochs=2, steps=1, say=fail)
    assert (tmp_path / "out" / "checkpoint" / "state-1.npz").exists()


def test_a_training_whose_scenes_cannot_be_made_leaves_nothing(dataset, tmp_path, monkeypatch):
    def fail(*args):
        raise KeyError("diam_km")

    monkeypatch.setattr(LabelledTiles, "scene", fail)
    with pytest.raises(KeyError, match="diam_km"):
        fit(dataset, tmp_path / "out", epochs=2, steps=1)
    assert not (tmp_path / "out").exists()


def test_a_training_that_lacks_memory_for_a_scene_is_resumed(
    dataset, undisturbed, tmp_path, monkeypatch
):
    def fail(*args):
        raise MemoryError("no memory for a scene")

    with monkeypatch.context() as patch:
        patch.setattr(LabelledTiles, "scene", fail)
        with pytest.raises(MemoryError, match="a scene"):
            fit(dataset, tmp_path / "out")
    resumed = fit(dataset, tmp_path / "out", resume=True)
    for a, b in zip(weights(resumed), weights(undisturbed[0] / "model.keras"), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_training_begins_with_the_weights_it_is_given(dataset, undisturbed, tmp_path):
    model = undisturbed[0] / "model.keras"
    tuned = fit(dataset, tmp_path / "tuned", weights=model, epochs=1, learning_rate=1e-9)
    moved = [np.abs(a - b).max() for a, b in zip(weights(model), weights(tuned), strict=True)]
    # The moving statistics of batch normalisation go on; the others stay.
    assert np.median(moved) < 1e-3
    keras.utils.set_random_seed(2)
    anew = build(TINY).get_weights()
    assert max(np.abs(a - b).max() for a, b in zip(weights(model), anew, strict=True)) > 0.1


def test_weights_of_another_network_are_refused(dataset, undisturbed, tmp_path):
    with pytest.raises(ModelError, match="another network"):
        train(
            dataset,
            tmp_path / "out",
            TrainingOptions(weights=undisturbed[0] / "model.keras", batch=2),
        )
    assert not (tmp_path / "out").exists()


def test_auto_goes_on_with_the_precision_it_began_with(dataset, undisturbed, tmp_path):
    shutil.copytree(undisturbed[0], tmp_path / "out")
    fit(dataset, tmp_path / "out", resume=True, precision="auto")
    settings = json.loads((tmp_path / "out" / "settings.json").read_text())
    assert settings["precision"] == "float32"


def test_a_directory_in_use_is_not_overwritten_unasked(dataset, undisturbed, tmp_path):
    with pytest.raises(OutputError, match="exists already"):
        fit(dataset, undisturbed[0])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="exists already"):
        fit(dataset, tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_bad_data_is_found_before_anything_is_written(dataset, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    label = next((copy / "train" / "labels").iterdir())
    label.write_text("0 0.5 1.7 0.1 0.1\n")
    with pytest.raises(DatasetError, match=r"1\.7"):
        fit(copy, tmp_path / "out")
    label.unlink()
    shutil.rmtree(copy / "valid")
    with pytest.raises(DatasetError, match="craters dataset split"):
        fit(copy, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("split", "steps"), [("train", 12), ("valid", 1)])
def test_an_image_that_turns_out_to_be_damaged_is_named(dataset, tmp_path, split, steps):
    copy = tmp_path / "copy"
    shutil.copytree(dataset, copy)
    image = sorted((copy / split / "images").iterdir())[-1]
    image.write_bytes(b"no image")
    with pytest.raises(DatasetError, match=image.name):
        fit(copy, tmp_path / "out", steps=steps)
    assert not (tmp_path / "out").exists()  # so that the same command begins again
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to("disk")
    with pytest.raises(DatasetError, match=image.name):
        fit(copy, tmp_path / "out", steps=steps)
    assert not list((tmp_path / "disk").iterdir())


def test_a_damaged_file_of_a_training_is_named(dataset, undisturbed, tmp_path):
    for name in (SETTINGS, "checkpoint/state.json", "history.json"):
        out = tmp_path / name.replace("/", "_")
        shutil.copytree(undisturbed[0], out)
        (out / name).write_text('{"epoch": "x"}')
        with pytest.raises(RunError, match=name.split("/")[-1]):
            fit(dataset, out, resume=True)
    (tmp_path / history_files.LOSSES).write_text("step,loss\n50;0.1\n")
    with pytest.raises(RunError, match="does not hold the losses"):
        history_files.read_losses(tmp_path)


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "other"])
@pytest.mark.parametrize("name", ["state-3.npz", checkpoint.BEST])
def test_a_damaged_checkpoint_is_named_before_the_training_goes_on(
    dataset, undisturbed, tmp_path, name, damage
):
    out = tmp_path / "out"
    shutil.copytree(undisturbed[0], out)
    path = out / checkpoint.FOLDER / name
    content = path.read_bytes()
    np.save(tmp_path / "other.npy", np.zeros(3))
    damaged = {"empty": b"", "cut": content[:-100], "other": (tmp_path / "other.npy").read_bytes()}
    path.unlink()
    if damage != "gone":
        path.write_bytes(damaged[damage])
    with pytest.raises(RunError, match=rf"{name} does not hold .* begin it again with"):
        fit(dataset, out, resume=True)


def test_files_of_an_earlier_program_are_read(undisturbed, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(undisturbed[0], out)
    content = json.loads((out / SETTINGS).read_text())
    assert list(content) == [
        "preset", "seed", "epochs", "steps", "precision", "weights", "teacher", "resampled",
        "classes", "tuned", "max_scale",
    ]  # fmt: skip
    assert content["preset"]["filters"] == [4, 8]
    settings = read_settings(out)
    assert settings.preset == TINY
    state = json.loads((out / "checkpoint" / "state.json").read_text())
    assert list(state) == ["epoch", "best", "stopped", "callbacks", "file"]
    assert state["epoch"] == 3
    assert (out / "checkpoint" / state["file"]).is_file()
    kept = state["callbacks"][0]
    assert checkpoint.read_state(out).callbacks[0] == kept
    assert isinstance(kept["wait"], int)
