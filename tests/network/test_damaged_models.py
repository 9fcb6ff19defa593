"""Model files of which bytes changed, or that other processes replace."""

import shutil
import struct
import zipfile
from dataclasses import replace
from errno import EACCES, ENOSPC
from pathlib import Path

import keras
import pytest

from lunarcraters.errors import ModelError, OutputError
from lunarcraters.network import model_file
from lunarcraters.network.backends.keras_model import load_network
from lunarcraters.network.inference import Detector
from lunarcraters.network.model_info import ModelInfo

SHIPPED = model_file.shipped_model()
INFO = ModelInfo("foreign", ("mask",), "unit", (8.0, 72.0), 16)


def change_bytes(path, member):
    """Copy the shipped model, with other bytes in the middle of a member."""
    content = bytearray(SHIPPED.read_bytes())
    with zipfile.ZipFile(SHIPPED) as archive:
        entry = archive.getinfo(member)
    lengths = struct.unpack_from("<HH", content, entry.header_offset + 26)
    middle = entry.header_offset + 30 + sum(lengths) + entry.compress_size // 2
    for at in range(middle, middle + min(64, entry.compress_size // 4)):
        content[at] ^= 0xA5
    path.write_bytes(content)
    return path


def put_in(path, member, content):
    """Copy the shipped model, with another member in an intact archive."""
    with zipfile.ZipFile(SHIPPED) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == member else old.read(name))
    return path


def test_a_description_whose_bytes_changed_is_damaged(tmp_path):
    path = change_bytes(tmp_path / "model.keras", model_file.MEMBER)
    with pytest.raises(ModelError, match=r"model\.keras: its craters\.json is damaged: take"):
        model_file.read_info(path)


def test_an_archive_whose_list_of_members_is_damaged_is_no_model(tmp_path):
    path = tmp_path / "model.keras"
    content = SHIPPED.read_bytes()
    path.write_bytes(content.replace(b"PK\x01\x02", b"PK\x01\x03"))
    with pytest.raises(ModelError, match=r"not a \.keras file"):
        model_file.read_info(path)


@pytest.mark.parametrize("at", ["model.keras", "models/model.keras"])
def test_a_model_that_may_not_be_read_is_named(tmp_path, monkeypatch, at):
    path = tmp_path / at
    path.parent.mkdir(exist_ok=True)
    shutil.copyfile(SHIPPED, path)

    def refuse(*_, **__):
        raise PermissionError(EACCES, "Permission denied")

    monkeypatch.setattr(*((Path, "stat") if "/" in at else (zipfile.io, "open")), refuse)
    message = r"model\.keras cannot be read \(Permission denied\): check its permissions"
    with pytest.raises(ModelError, match=message):
        model_file.read_info(path)


@pytest.mark.parametrize("member", ["config.json", "model.weights.h5"])
def test_a_network_whose_bytes_changed_is_damaged(tmp_path, member):
    path = change_bytes(tmp_path / "model.keras", member)
    with pytest.raises(ModelError, match=r"model\.keras is damaged: take another copy"):
        load_network(path)
    with pytest.raises(ModelError, match=f"its {member} is damaged: take another copy"):
        model_file.update_info(path, model_file.read_info(path))


def test_the_configuration_of_a_foreign_network_is_damaged(tmp_path):
    path = change_bytes(tmp_path / "model.keras", "config.json")
    with zipfile.ZipFile(path, "a") as archive:
        entry = archive.NameToInfo.pop(model_file.MEMBER)
        archive.filelist.remove(entry)
        archive.writestr("notes.txt", "")
    with pytest.raises(ModelError, match=r"its config\.json is damaged: take another copy"):
        model_file.read_info(path)


@pytest.mark.parametrize("kept", [100, 100_000])
def test_an_int8_form_that_is_cut_is_damaged(tmp_path, kept):
    member = "int8/body.tflite"
    with zipfile.ZipFile(SHIPPED) as archive:
        cut = archive.read(member)[:kept]
    path = put_in(tmp_path / "model.keras", member, cut)
    with pytest.raises(ModelError, match="its int8 form is damaged: take another copy"):
        Detector(path, precision="int8")


def test_a_network_of_vectors_is_refused(tmp_path):
    path = tmp_path / "vectors.keras"
    inputs = keras.Input((32,))
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(path)
    with pytest.raises(ModelError, match="holds no network from one image to one image"):
        model_file.read_info(path)


def test_a_model_that_another_process_replaces_is_read_anew(tmp_path):
    path, other = tmp_path / "model.keras", tmp_path / "other.keras"
    thresholds = {"balanced": 0.9, "complete": 0.8, "pure": 0.95}
    for copy in (path, other):
        shutil.copyfile(SHIPPED, copy)
    model_file.update_info(other, replace(model_file.read_info(other), thresholds=thresholds))
    assert model_file.read_info(path).thresholds != thresholds
    shutil.copyfile(other, path)
    assert model_file.read_info(path).thresholds == thresholds


def test_a_relative_path_is_of_the_current_directory(tmp_path, monkeypatch):
    for name, source in (("one", SHIPPED), ("two", model_file.shipped_model(relief=True))):
        (tmp_path / name).mkdir()
        shutil.copyfile(source, tmp_path / name / "model.keras")
    presets = []
    for name in ("one", "two"):
        monkeypatch.chdir(tmp_path / name)
        presets.append(model_file.read_info(Path("model.keras")).preset)
    assert presets == ["compact", "relief"]


def test_a_model_that_cannot_be_saved_leaves_no_part_of_it(tmp_path):
    class FullDisk:
        def save(self, path):
            path.write_bytes(b"a part")
            raise OSError(ENOSPC, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        model_file.write_model(FullDisk(), INFO, tmp_path / "model.keras")
    assert not list(tmp_path.iterdir())
