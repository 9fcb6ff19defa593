"""Craters of many batches become one catalogue, in bands or at once."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarcraters.catalogue.columns import LUNAR_COLUMNS, PIXEL_COLUMNS
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.detection.band_merging import merge_duplicates, merge_in_bands
from lunarcraters.detection.search.batch_result import BatchResult, write_batch_result
from lunarcraters.geometry import sphere


def description(columns):
    return CatalogueInfo(None if columns is PIXEL_COLUMNS else sphere.geographic_crs())


def seen_often(rng, columns, count):
    """Craters in random places, each found one to four times, a little apart."""
    place = np.repeat(np.arange(count), rng.integers(1, 5, count))
    diameter = (2.0 ** rng.uniform(0, 5, count))[place] * rng.normal(1, 0.05, len(place))
    shift = rng.normal(0, 0.05, (2, len(place))) * diameter
    if columns is PIXEL_COLUMNS:
        across, along = rng.uniform(0, 2000, (2, count))[:, place] + shift
    else:
        z = rng.uniform(-1, 1, count)
        z[: count // 4] = rng.choice([-1, 1], count // 4) * rng.uniform(0.9999, 1, count // 4)
        lon, lat = rng.uniform(-180, 180, count)[place], np.degrees(np.arcsin(z))[place]
        crs = sphere.geographic_crs()
        across, along = lon, lat + np.degrees(shift[0] * 1000 / sphere.radius_m(crs))
        beyond = np.abs(along) > 90
        along = np.where(beyond, np.sign(along) * 180 - along, along)
        across = sphere.wrap_longitude(np.where(beyond, across + 180, across))
    levels, scores = rng.integers(0, 3, len(place)), rng.uniform(0.05, 1, len(place))
    table = {"score": scores, "level": levels, "tile": "z0_r0000_c0000"}
    return pd.DataFrame(dict(zip(columns.circle, (across, along, diameter), strict=True)) | table)


class Octaves:
    """Three octaves, each of which sees craters twice as large as the one before."""

    mosaic = SimpleNamespace(height=2000)
    finest = 0

    def weights(self, positions, diameters):
        octaves = np.log2(np.maximum(diameters, 1.0))[:, None] - [0.0, 1.0, 2.0]
        return diameters, np.clip(octaves, 0.0, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [LUNAR_COLUMNS, PIXEL_COLUMNS])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), most=st.sampled_from([1, 12, 80]))
def test_bands_give_what_all_at_once_gives(tmp_path_factory, columns, seed, most):
    folder, rng = tmp_path_factory.mktemp("parts"), np.random.default_rng(seed)
    table = seen_often(rng, columns, 60)
    part = rng.integers(0, 5, len(table))
    files = [folder / f"{number}.part" for number in range(5)]
    for number, path in enumerate(files):
        write_batch_result(BatchResult(table[part == number], {}), path)
    once, bands = (
        pd.concat(list(merge_in_bands(files, description(columns), Octaves(), most)))
        .sort_values(list(columns.circle))
        .reset_index(drop=True)
        for most in (len(table), most)
    )
    assert len(once) < len(table)
    pd.testing.assert_frame_equal(bands, once)


def test_a_chain_of_craters_is_merged_alike_in_bands(tmp_path):
    # Each overlaps its neighbours, and the first one decides on all: every other one stays.
    y = 100.0 + 3.5 * np.arange(5)
    table = pd.DataFrame({"x": 50.0, "y": y, "diameter_px": 10.0, "level": 0, "tile": "a"})
    table["score"] = np.linspace(0.9, 0.5, 5)
    write_batch_result(BatchResult(table, {}), tmp_path / "0.part")
    bands = merge_in_bands([tmp_path / "0.part"], description(PIXEL_COLUMNS), Octaves(), 1)
    merged = pd.concat(list(bands))
    assert sorted(merged["y"]) == [100.0, 107.0, 114.0]
    assert merged["mosaic_px"].tolist() == merged["diameter_px"].tolist()


def test_the_size_in_pixels_is_that_of_the_averaged_diameter():
    table = pd.DataFrame({"x": 50.0, "y": 50.0, "diameter_px": [10.0, 12.0], "level": [0, 1]})
    table = table.assign(score=[0.8, 0.7], tile="a")
    best, merged = merge_duplicates(table, description(PIXEL_COLUMNS), Octaves())
    assert best["diameter_px"].tolist() == [10.0]
    assert 10.0 < merged["diameter_px"].item() < 12.0
    assert merged["mosaic_px"].item() == pytest.approx(merged["diameter_px"].item())


def test_no_craters_make_no_bands(tmp_path):
    empty = pd.DataFrame({name: np.empty(0) for name in LUNAR_COLUMNS.names[1:]})
    write_batch_result(BatchResult(empty, {}), tmp_path / "0.part")
    files = [tmp_path / "0.part"]
    assert list(merge_in_bands(files, description(LUNAR_COLUMNS), Octaves())) == []
