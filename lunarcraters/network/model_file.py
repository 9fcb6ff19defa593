"""Model files: Keras `.keras` files with one more member, `craters.json`, that describes them.

Every Keras 3 opens them. A `.keras` file without that member is taken for a mask-only network, as
the baseline is. Two further members hold the int8 form of the network, if it has one. A tuned model
has a member with the whole model file that it was tuned from.
"""

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from lunarcraters.errors import ModelError, refuse_address
from lunarcraters.files import hash_file, replacing
from lunarcraters.network.model_info import ModelInfo, Texture
from lunarcraters.network.model_record import ModelRecord
from lunarcraters.network.presets import PRESETS
from lunarcraters.records import RecordError, from_json, to_json

MEMBER = "craters.json"
"""Member of a model file that holds its description."""

SHIPPED = "wac.keras"
"""Name of the model file for pictures that comes with the program."""

SHIPPED_RELIEF = "relief.keras"
"""Name of the model file for elevation models that comes with the program."""

_CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"
_INT8_MEMBERS = ("int8/body.tflite", "int8/heads.tflite")
_FORMER = "former.keras"

_UNREADABLE = (KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""Errors of a member of an archive that is missing or damaged; RuntimeError of damaged flags."""


@dataclass(frozen=True)
class Int8Model:
    """The int8 form of a network: two flatbuffers for LiteRT that follow each other.

    Inputs and outputs of both are float32.

    Attributes:
        body: Flatbuffer in int8, from images to the input of the heads.
        heads: Flatbuffer with int8 weights and float32 results, from there to maps.
        stride: Divisor of the sides of images, pixels.
        input_size: Side of images, pixels; None for any multiple of the stride.
    """

    body: bytes
    heads: bytes
    stride: int
    input_size: int | None


def shipped_model(*, relief: bool = False) -> Path:
    """Path of the model file that comes with the program.

    Args:
        relief: True for the one that searches elevation models.
    """
    name = SHIPPED_RELIEF if relief else SHIPPED
    return Path(str(resources.files("lunarcraters.network.weights") / name))


def hash_model(path: Path) -> str:
    """Compute the SHA-256 of a model file, in hexadecimal digits.

    Raises:
        ModelError: The file is no model file.
    """
    _check(path)
    return hash_file(path)


def read_info(path: Path) -> ModelInfo:
    """Read the description of a model file, without TensorFlow.

    Raises:
        ModelError: The file is no `.keras` file, or its description is damaged.
    """
    if MEMBER not in _check(path):
        return _foreign_info(path)
    content = _read_member(path, MEMBER)
    try:
        return from_json(ModelRecord, content).info()
    except (RecordError, ValueError) as error:
        raise ModelError(f"{path}: its {MEMBER} is damaged: take another copy") from error


def _foreign_info(path: Path) -> ModelInfo:
    """Describe a file without a description as the baseline is described."""
    baseline, config = PRESETS["baseline"], _read_member(path, _CONFIG)
    try:
        layers = json.loads(config)["config"]["layers"]
        shape = next(x["config"]["batch_shape"] for x in layers if x["class_name"] == "InputLayer")
        _, side, _, _ = shape
        size = None if side is None else int(side)
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise ModelError(f"{path} holds no network from one image to one image") from error
    return ModelInfo("foreign", ("mask",), baseline.photometry, baseline.diameters_px, size)


def write_model(model: Any, info: ModelInfo, path: Path) -> None:
    """Write a Keras model with its description.

    Weights are written as float16. Half precision moves a weight by at most 0.05 %, less than
    bfloat16 arithmetic does, and halves the file. Keras converts them to float32 on loading. The
    file appears whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary:
        whole = temporary.with_suffix(".whole.keras")
        try:
            model.save(whole)
            _rewrite(whole, temporary, info, {}, half=True)
        finally:
            whole.unlink(missing_ok=True)


def update_info(path: Path, info: ModelInfo, int8: Int8Model | None = None) -> None:
    """Replace the description of a model file. Its weights stay as they are.

    Args:
        path: Model file.
        info: New description. Where its `int8` is None, the int8 form in the file is removed.
        int8: New int8 form; None keeps the one in the file.

    Raises:
        OutputError: The file cannot be written.
    """
    members = {} if int8 is None else dict(zip(_INT8_MEMBERS, (int8.body, int8.heads), strict=True))
    with replacing(path) as temporary:
        _rewrite(path, temporary, info, members)


def keep_former(path: Path, former: Path, tuned_on: Texture) -> None:
    """Put the model that another was tuned from into the file of the tuned one.

    Args:
        path: Model file of the tuned model.
        former: Model file of the model before the tuning.
        tuned_on: Texture of the images that the tuned model is for.

    Raises:
        OutputError: The file cannot be written.
    """
    info = replace(read_info(path), tuned_on=tuned_on)
    with replacing(path) as temporary:
        _rewrite(path, temporary, info, {_FORMER: former.read_bytes()})


def extract_former(path: Path, target: Path) -> None:
    """Write the model before the tuning, which the file of a tuned model holds, to a file.

    Args:
        path: Model file of a tuned model.
        target: Model file to write.

    Raises:
        ModelError: The file holds no other model, or it is damaged.
    """
    target.write_bytes(_read_member(path, _FORMER))


def read_int8(path: Path) -> Int8Model:
    """Read the int8 form of a model file.

    Raises:
        ModelError: The file has none, is damaged, or is no model file.
    """
    info = read_info(path)
    if info.int8 is None:
        raise ModelError(
            f"{path} has no int8 form: craters calibrate makes one, or leave --precision out"
        )
    body, heads = (_read_member(path, name) for name in _INT8_MEMBERS)
    return Int8Model(body, heads, info.int8.stride, info.input_size)


def _check(path: Path) -> set[str]:
    """Raise a ModelError unless the path is a `.keras` file. Returns the names of its members."""
    try:
        if not path.is_file():
            refuse_address(path, ModelError)
            raise ModelError(f"{path}: no such model file: give a .keras file that is there")
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except _UNREADABLE as error:
        raise ModelError(
            f"{path} is not a .keras file: give one saved by Keras 3 or craters train"
        ) from error
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}): check its permissions"
        ) from error
    if not {_CONFIG, _WEIGHTS} <= names:
        raise ModelError(f"{path} is an archive but not a .keras file: it holds no network")
    return names


def _read_member(path: Path, name: str) -> bytes:
    """Read a member of a model file; a ModelError if it is missing or damaged."""
    with zipfile.ZipFile(path) as archive:
        return _read(archive, name)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    """Read a member of an open model file; a ModelError if it is missing or damaged."""
    try:
        return archive.read(name)
    except _UNREADABLE as error:
        raise ModelError(f"{archive.filename}: its {name} is damaged: take another copy") from error


def _rewrite(
    source: Path,
    target: Path,
    info: ModelInfo,
    members: Mapping[str, bytes],
    *,
    half: bool = False,
) -> None:
    """Copy a model file with another description, and with other or further members."""
    left_out = {MEMBER, *members, *(_INT8_MEMBERS if info.int8 is None else ())}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in left_out:
                content = _read(old, name)
                new.writestr(name, _to_half(content) if half and name == _WEIGHTS else content)
        for name, content in members.items():
            new.writestr(name, content)
        new.writestr(MEMBER, to_json(ModelRecord.of(info), sort_keys=True))


def _to_half(weights: bytes) -> bytes:
    """Convert the float32 arrays of an HDF5 file to float16, and leave out the optimizer's."""
    import h5py

    out = io.BytesIO()
    with h5py.File(io.BytesIO(weights), "r") as old, h5py.File(out, "w") as new:

        def copy(name: str, item: Any) -> None:
            if name.split("/")[0] == "optimizer":
                return
            if isinstance(item, h5py.Dataset):
                values = item[()]
                dtype = np.float16 if values.dtype == np.float32 else values.dtype
                new.create_dataset(name, data=values.astype(dtype))
            else:
                new.require_group(name)
            for key, value in item.attrs.items():
                new[name].attrs[key] = value

        old.visititems(copy)
        for key, value in old.attrs.items():
            new.attrs[key] = value
    return out.getvalue()
