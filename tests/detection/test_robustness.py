"""The same ground, given otherwise, has the same craters; the same input gives the same bytes."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from rasterio.windows import Window

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.evaluation.rules import OffsetRule
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.geometry.circles import circle_iou, find_close_pairs
from lunarcraters.mosaic.mosaic import Mosaic, open_mosaic
from lunarcraters.network.model_file import shipped_model

pytestmark = pytest.mark.slow

MODEL = shipped_model()
BORDER_PX = 90
COMPARED_PX = 9.5  # near 8 px, the smallest taught, a little more or less decides


@pytest.fixture(scope="module")
def part(scene):
    """Grey values and profile of a part of the scene."""
    with rasterio.open(scene) as whole:
        window = Window(836, 896, 512, 448)
        transform = whole.window_transform(window)
        return whole.read(1, window=window), {**whole.profile, "transform": transform}


def by_workers(**options):
    """What `craters detect` finds, with options of its own."""

    def search(path, folder):
        return detect(
            open_source([path], MODEL, SourceOptions(size=256)),
            folder,
            MODEL,
            DetectOptions(**options),
        ).read()

    return search


def found_in(values, profile, folder, search):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mosaic.tif"
    height, width = values.shape
    given = {"width": width, "height": height, "dtype": values.dtype}
    with rasterio.open(path, "w", **{**profile, **given}) as raster:
        raster.write(values, 1)
    found = search(path, folder / "run")
    mosaic = open_mosaic(path)

    def circles(operating_point):
        chosen = found.filter(found.threshold(operating_point))
        pixels = np.column_stack(mosaic.grid.from_lonlat(*chosen.positions.T))
        return pixels, chosen.diameters / (mosaic.pixel_size_m / 1000.0)

    return Found(circles("balanced"), circles("complete"), found, mosaic)


class Found(NamedTuple):
    """Craters above two thresholds, (positions, diameters) in pixels, and all."""

    balanced: tuple
    complete: tuple
    everything: Catalogue
    mosaic: Mosaic

    def moved(self, by, mirror=(1, 1)):
        """With other positions."""
        sets = [(at * mirror + by, diameters) for at, diameters in self[:2]]
        return Found(*sets, self.everything, self.mosaic)


@pytest.fixture(scope="module")
def here(search_here):
    """Without workers."""
    return partial(search_here, size=256)


@pytest.fixture(scope="module")
def plain(part, tmp_path_factory):
    return found_in(*part, tmp_path_factory.mktemp("plain"), by_workers(workers=1))


def agreement(one, other):
    """Share of the craters of either at the balanced threshold that the other knows of.

    Those a fifth larger than the smallest that the network was taught.
    """
    return min(known(one.balanced, other.complete), known(other.balanced, one.complete))


def known(craters, others):
    large = craters[1] > COMPARED_PX
    craters = craters[0][large], craters[1][large]
    first, second = find_close_pairs(*craters, *others, reach=1.0, max_ratio=2.0**0.5)
    distance = np.linalg.norm(craters[0][first] - others[0][second], axis=1)
    same = circle_iou(distance, craters[1][first], others[1][second]) > 0.5
    return len(np.unique(first[same])) / len(craters[1])


CHANGES = {
    "darker": lambda v: v / 2,
    "flatter": lambda v: 90 + (v - v.mean()) / 2,
    "uint16": lambda v: (v * 200).astype(np.uint16),
    "float32": lambda v: (v / 2550).astype(np.float32),
}


def f1(found, truth, plain):
    """F1 at the balanced threshold, of craters that the network was taught to find."""
    (x, y), diameters = found.balanced[0].T, found.balanced[1]
    lon, lat = plain.mosaic.grid.to_lonlat(x, y)
    km = diameters * plain.mosaic.pixel_size_m / 1000.0
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": km, "score": 1.0})
    reference = from_catalogue(truth.with_info(footprint=plain.everything.footprint))
    matches = match_craters(
        Catalogue.from_table(craters, plain.everything.info), reference, OffsetRule(0.35, 1.5),
        min_diameter=COMPARED_PX * plain.mosaic.pixel_size_m / 1000.0,
    )  # fmt: skip
    return compute_scores(matches, 0.0).chosen.f1


@pytest.mark.parametrize("name", CHANGES)
def test_grey_values_may_be_stored_otherwise(part, plain, here, tmp_path, name):
    values, profile = part
    changed = CHANGES[name](values.astype(float))
    if changed.dtype == float:
        changed = np.maximum(np.rint(changed), 1).astype(np.uint8)
    changed[values == 0] = 0
    assert agreement(plain, found_in(changed, profile, tmp_path, here)) > 0.97


def test_scores_move_little_in_a_mirror_or_with_a_border(scene, search_here, tmp_path):
    truth = read_catalogue(scene.with_name("rendered_scene_craters.csv"))
    with rasterio.open(scene) as raster:
        values, profile = raster.read(1), raster.profile
    plain = found_in(values, profile, tmp_path / "plain", search_here)
    mirrored = found_in(values[:, ::-1], profile, tmp_path / "mirrored", search_here)
    mirrored = mirrored.moved((values.shape[1], 0), mirror=(-1, 1))
    transform = profile["transform"] @ Affine.translation(-BORDER_PX, -BORDER_PX)
    profile = {**profile, "transform": transform}
    bordered = found_in(np.pad(values, BORDER_PX), profile, tmp_path / "bordered", search_here)
    wanted = f1(plain, truth, plain)
    assert wanted > 0.6
    for found in (mirrored, bordered.moved(-BORDER_PX)):
        assert f1(found, truth, plain) == pytest.approx(wanted, abs=0.03)


def test_a_mirrored_mosaic_has_mirrored_craters(part, plain, here, tmp_path):
    values, profile = part
    found = found_in(values[:, ::-1], profile, tmp_path, here)
    # The balanced and the complete threshold are close together: some craters pass neither.
    assert agreement(plain, found.moved((values.shape[1], 0), mirror=(-1, 1))) > 0.94


def test_a_border_of_nodata_changes_little(part, plain, here, tmp_path):
    values, profile = part
    transform = profile["transform"] @ Affine.translation(-BORDER_PX, -BORDER_PX)
    padded = np.pad(values, BORDER_PX)
    found = found_in(padded, {**profile, "transform": transform}, tmp_path, here)
    # It also shifts the grid of the network's coarser levels.
    assert agreement(plain, found.moved(-BORDER_PX)) > 0.94


@pytest.mark.parametrize("options", [{"workers": 2}, {"workers": 1, "tiles_per_call": 1}])
def test_workers_and_batches_do_not_change_a_byte(part, plain, tmp_path, options):
    files = []
    for number, found in enumerate((plain, found_in(*part, tmp_path, by_workers(**options)))):
        path = tmp_path / f"{number}.parquet"
        # Where the mosaic lay is told in the file, and differs.
        named = {**found.everything.properties, "input": "mosaic.tif"}
        write_catalogue(found.everything.with_info(properties=named), path)
        files.append(path.read_bytes())
    assert files[0] == files[1]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_every_precision_finds_the_same_craters(part, plain, tmp_path, precision):
    found = found_in(*part, tmp_path, by_workers(workers=1, precision=precision))
    assert agreement(plain, found) == 1.0
