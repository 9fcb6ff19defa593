"""Model files: a Keras `.keras` file with one more member that says how to use it.

Any Keras 3 opens them; the member `craters.json` is what a plain file lacks. Files without it
(made elsewhere, the baseline's among them) are taken for mask-only networks. Two more members are
the 8-bit form of the network, if it has one.
"""

import io
import json
import zipfile
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from lunarcraters.errors import ModelError
from lunarcraters.files import replacing
from lunarcraters.network.presets import PRESETS, Photometric

MEMBER = "craters.json"
_WEIGHTS = "model.weights.h5"
_EIGHT_BIT = ("int8/body.tflite", "int8/heads.tflite")
SHIPPED = "wac.keras"


@dataclass(frozen=True)
class ModelInfo:
    """How a model is used and how it was made.

    Attributes:
        preset: Name of the preset it was built from, or `foreign`.
        heads: What each output channel is.
        photometry: How grey values become its input.
        diameters_px: Smallest and largest crater that one octave answers for, pixels.
        input_size: Side of the input, pixels; None for any.
        thresholds: Operating points by name (`balanced` ...), chosen on the validation split.
        scores: What the network's own scores are worth: `precision`, a row for each `diameter_px`
            (of the mosaic) and a column for each `raw`, interpolated between; empty: scores stay
            as they are.
        diameter_sd: Relative standard deviation of the diameter: `relative_sd`, a row for each
            `diameter_px` (in the octave) and a column for each `score`, interpolated between.
        finer: By the finest octave of a run ("-1", "-2"), `thresholds`, `scores` and `diameter_sd`
            as they are where the mosaic is searched enlarged too; empty: not measured.
        mirrored: `thresholds`, `scores` and `diameter_sd` as they are for the mean over the four
            mirror images of a tile; empty: not measured.
        eight_bit: Of the 8-bit form: `stride`, which divides the sides of images; `f1` of it and of
            the network itself on the validation split; empty: there is none.
        training: Data, settings, seed and versions.
    """

    preset: str
    heads: tuple[str, ...]
    photometry: Photometric
    diameters_px: tuple[float, float]
    input_size: int | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    scores: dict[str, list[Any]] = field(default_factory=dict)
    diameter_sd: dict[str, list[Any]] = field(default_factory=dict)
    finer: dict[str, Any] = field(default_factory=dict)
    mirrored: dict[str, Any] = field(default_factory=dict)
    eight_bit: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)

    def used(self, *, mirrored: bool, finest: int = 0) -> "ModelInfo":
        """As it holds for a run.

        Args:
            mirrored: For the mean over the mirror images of tiles.
            finest: Its first octave.
        """
        info = replace(self, **self.mirrored) if mirrored else self
        return replace(info, **info.finer.get(str(finest), {}))


@dataclass(frozen=True)
class EightBitForm:
    """A network as two flatbuffers for LiteRT that follow each other, float32 outside.

    Attributes:
        body: In int8, from images to what the heads begin with.
        heads: 8-bit weights, float32 results, from there to maps.
        stride: What the side of an image must be a multiple of.
        input_size: Side of an image, pixels; None for any.
    """

    body: bytes
    heads: bytes
    stride: int
    input_size: int | None


def shipped_model() -> Path:
    """The weights that come with the program."""
    return Path(str(resources.files("lunarcraters.network.weights") / SHIPPED))


def digest(path: Path) -> str:
    """SHA-256 of a model file."""
    _check(path)
    return sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=4)
def read_info(path: Path) -> ModelInfo:
    """Read how a model is used, without TensorFlow.

    Raises:
        ModelError: It is no `.keras` file, or its description is damaged.
    """
    _check(path)
    with zipfile.ZipFile(path) as archive:
        if MEMBER not in archive.namelist():
            return _foreign(archive, path)
        try:
            content = json.loads(archive.read(MEMBER))
            content["heads"] = tuple(content["heads"])
            content["diameters_px"] = tuple(content["diameters_px"])
            return ModelInfo(**content)
        except (json.JSONDecodeError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise ModelError(f"{path}: its {MEMBER} is damaged: take another copy") from error


def _foreign(archive: zipfile.ZipFile, path: Path) -> ModelInfo:
    """How a file without a description is used: as the baseline is."""
    baseline = PRESETS["baseline"]
    try:
        layers = json.loads(archive.read("config.json"))["config"]["layers"]
        shape = next(x["config"]["batch_shape"] for x in layers if x["class_name"] == "InputLayer")
        size = None if shape[1] is None else int(shape[1])
    except (ValueError, KeyError, TypeError, IndexError, StopIteration) as error:
        raise ModelError(f"{path} holds no network from one image to one image") from error
    return ModelInfo("foreign", ("mask",), baseline.photometry, baseline.diameters_px, size)


def write_model(model: Any, info: ModelInfo, path: Path) -> None:
    """Write a Keras model with its description, weights as float16, by temporary file and rename.

    Half precision moves a weight by at most 0.05 %, less than bfloat16 arithmetic does, and halves
    the file. Keras turns them back into float32 on loading.
    """
    with replacing(path) as temporary:
        whole = temporary.with_suffix(".whole.keras")
        model.save(whole)
        try:
            _rewrite(whole, temporary, info, half=True)
        finally:
            whole.unlink()
    read_info.cache_clear()


def update_info(path: Path, info: ModelInfo, form: EightBitForm | None = None) -> None:
    """Replace the description of a model file, leaving its weights as they are.

    Args:
        path: Model file.
        info: The new description, of whose `eight_bit` the form is none or the one given.
        form: Its 8-bit form, in place of the one there; None to leave it.
    """
    with replacing(path) as temporary:
        _rewrite(path, temporary, info, form, half=False)
    read_info.cache_clear()


def read_eight_bit(path: Path) -> EightBitForm:
    """Read the 8-bit form of a model file.

    Raises:
        ModelError: It has none, or is no model file.
    """
    info = read_info(path)
    if not info.eight_bit:
        raise ModelError(
            f"{path} has no 8-bit form: craters calibrate makes one, or leave --precision out"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            body, heads = (archive.read(name) for name in _EIGHT_BIT)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: its 8-bit form is damaged: take another copy") from error
    return EightBitForm(body, heads, info.eight_bit["stride"], info.input_size)


def _check(path: Path) -> None:
    if not path.is_file():
        raise ModelError(f"{path}: no such model file: give a .keras file, or leave --model out")
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path} is not a .keras file: give one saved by Keras 3 or craters train")
    with zipfile.ZipFile(path) as archive:
        if not {"config.json", _WEIGHTS} <= set(archive.namelist()):
            raise ModelError(f"{path} is an archive but not a .keras file: it holds no network")


def _rewrite(
    source: Path, target: Path, info: ModelInfo, form: EightBitForm | None = None, *, half: bool
) -> None:
    members = {} if form is None else dict(zip(_EIGHT_BIT, (form.body, form.heads), strict=True))
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != MEMBER and name not in members:
                content = old.read(name)
                new.writestr(name, _halved(content) if half and name == _WEIGHTS else content)
        for name, content in members.items():
            new.writestr(name, content)
        new.writestr(MEMBER, json.dumps(asdict(info), indent=1, sort_keys=True))


def _halved(weights: bytes) -> bytes:
    """The same HDF5 file with its float32 arrays as float16; the optimizer's are left out."""
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
