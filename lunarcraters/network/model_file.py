"""Model files: Keras `.keras` files with one more member, `craters.json`, that describes them.

Every Keras 3 opens them. A `.keras` file without that member is taken for a mask-only network, as
the baseline is. Two further members hold the int8 form of the network, if it has one. A tuned model
has a member with the whole model file that it was tuned from.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from lunarcraters.errors import ModelError
from lunarcraters.files import replacing
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

_WEIGHTS = "model.weights.h5"
_INT8_MEMBERS = ("int8/body.tflite", "int8/heads.tflite")
_FORMER = "former.keras"


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
    return sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=4)
def read_info(path: Path) -> ModelInfo:
    """Read the description of a model file, without TensorFlow.

    Args:
        path: Model file.

    Raises:
        ModelError: The file is no `.keras` file, or its description is damaged.
    """
    _check(path)
    with zipfile.ZipFile(path) as archive:
        if MEMBER not in archive.namelist():
            return _foreign_info(archive, path)
        try:
            return from_json(ModelRecord, archive.read(MEMBER)).info()
        except (RecordError, ValueError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path}: its {MEMBER} is damaged: take another copy") from error


def _foreign_info(archive: zipfile.ZipFile, path: Path) -> ModelInfo:
    """Describe a file without a description as the baseline is described."""
    baseline = PRESETS["baseline"]
    try:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
        shape = next(x["config"]["batch_shape"] for x in layers if x["class_name"] == "InputLayer")
        size = None if shape[1] is None else int(shape[1])
    except (ValueError, KeyError, TypeError, IndexError, StopIteration) as error:
        raise ModelError(f"{path} holds no network from one image to one image") from error
    return ModelInfo("foreign", ("mask",), baseline.photometry, baseline.diameters_px, size)


def write_model(model: Any, info: ModelInfo, path: Path) -> None:
    """Write a Keras model with its description.

    Weights are written as float16. Half precision moves a weight by at most 0.05 %, less than
    bfloat16 arithmetic does, and halves the file. Keras converts them to float32 on loading. The
    file appears whole or not at all.

    Args:
        model: Keras model.
        info: Description.
        path: Model file.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary:
        whole = temporary.with_suffix(".whole.keras")
        model.save(whole)
        try:
            _rewrite(whole, temporary, info, {}, half=True)
        finally:
            whole.unlink()
    read_info.cache_clear()


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
    read_info.cache_clear()


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
    read_info.cache_clear()


def extract_former(path: Path, target: Path) -> None:
    """Write the model before the tuning, which the file of a tuned model holds, to a file.

    Args:
        path: Model file of a tuned model.
        target: Model file to write.

    Raises:
        ModelError: The file holds no other model.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            target.write_bytes(archive.read(_FORMER))
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path} lacks the model from before its tuning: take another copy"
        ) from error


def read_int8(path: Path) -> Int8Model:
    """Read the int8 form of a model file.

    Args:
        path: Model file.

    Raises:
        ModelError: The file has none, or is no model file.
    """
    info = read_info(path)
    if info.int8 is None:
        raise ModelError(
            f"{path} has no int8 form: craters calibrate makes one, or leave --precision out"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            body, heads = (archive.read(name) for name in _INT8_MEMBERS)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: its int8 form is damaged: take another copy") from error
    return Int8Model(body, heads, info.int8.stride, info.input_size)


def _check(path: Path) -> None:
    """Raise a ModelError unless the path is a `.keras` file."""
    if not path.is_file():
        raise ModelError(f"{path}: no such model file: give a .keras file that is there")
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path} is not a .keras file: give one saved by Keras 3 or craters train")
    with zipfile.ZipFile(path) as archive:
        if not {"config.json", _WEIGHTS} <= set(archive.namelist()):
            raise ModelError(f"{path} is an archive but not a .keras file: it holds no network")


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
                content = old.read(name)
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
