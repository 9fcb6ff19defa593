"""The same ground, given otherwise, has the same craters; the same input gives the same bytes."""

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from lunarcraters.catalogue.merging import suppress
from lunarcraters.execution.detect import detect, open_source
from lunarcraters.network.model_file import shipped_model
from lunarcraters.raster.mosaic import open_mosaic

MODEL = shipped_model()
BORDER_PX = 90


@pytest.fixture(scope="module")
def part(scene):
    """Grey values and profile of a part of the scene."""
    with rasterio.open(scene) as whole:
        window = Window(836, 896, 512, 448)
        transform = whole.window_transform(window)
        return whole.read(1, window=window), {**whole.profile, "transform": transform}


def search(values, profile, folder, **options):
    folder.mkdir(parents=True, exist_ok=True)
    path, run = folder / "mosaic.tif", folder / "run"
    height, width = values.shape
    given = {"width": width, "height": height, "dtype": values.dtype}
    with rasterio.open(path, "w", **{**profile, **given}) as raster:
        raster.write(values, 1)
    found = detect(open_source([path], MODEL, size=256), run, MODEL, **options)
    chosen = found.select(found.threshold("balanced"))
    mosaic = open_mosaic(path)
    pixels = np.column_stack(mosaic.from_lonlat(*chosen.positions.T))
    return (
        pixels,
        chosen.diameters / (mosaic.gsd_m / 1000.0),
        (run / "craters.parquet").read_bytes(),
    )


@pytest.fixture(scope="module")
def plain(part, tmp_path_factory):
    return search(*part, tmp_path_factory.mktemp("plain"), workers=1)


def agreement(one, other):
    """Share of the craters of either that the other has too (IoU > 0.5)."""
    positions, diameters = np.vstack([one[0], other[0]]), np.concatenate([one[1], other[1]])
    kept = suppress(positions, diameters, np.ones(len(diameters)), max_iou=0.5)
    return 2.0 * (1.0 - len(kept) / len(diameters))


CHANGES = {
    "darker": lambda v: v / 2,
    "flatter": lambda v: 90 + (v - v.mean()) / 2,
    "uint16": lambda v: (v * 200).astype(np.uint16),
    "float32": lambda v: (v / 2550).astype(np.float32),
}


@pytest.mark.parametrize("name", CHANGES)
def test_grey_values_may_be_stored_otherwise(part, plain, tmp_path, name):
    values, profile = part
    changed = CHANGES[name](values.astype(float))
    if changed.dtype == float:
        changed = np.maximum(np.rint(changed), 1).astype(np.uint8)
    changed[values == 0] = 0
    assert agreement(plain, search(changed, profile, tmp_path, workers=1)) > 0.93


def test_a_mirrored_mosaic_has_mirrored_craters(part, plain, tmp_path):
    values, profile = part
    positions, diameters, _ = search(values[:, ::-1], profile, tmp_path, workers=1)
    positions[:, 0] = values.shape[1] - positions[:, 0]
    assert agreement(plain, (positions, diameters)) > 0.9


def test_a_border_of_nodata_changes_little(part, plain, tmp_path):
    values, profile = part
    transform = profile["transform"] @ Affine.translation(-BORDER_PX, -BORDER_PX)
    padded = np.pad(values, BORDER_PX)
    found = search(padded, {**profile, "transform": transform}, tmp_path, workers=1)
    assert agreement(plain, (found[0] - BORDER_PX, found[1])) > 0.95


@pytest.mark.parametrize("options", [{"workers": 2}, {"workers": 1, "at_once": 1}])
def test_workers_and_batches_do_not_change_a_byte(part, plain, tmp_path, options):
    assert search(*part, tmp_path, **options)[2] == plain[2]


def test_bfloat16_finds_the_same_craters(part, plain, tmp_path):
    found = search(*part, tmp_path, workers=1, precision="bfloat16")
    assert agreement(plain, found) > 0.97
