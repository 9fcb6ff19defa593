"""Craters of four pixels: an octave below full resolution, from mosaic to catalogue."""

import numpy as np
import pandas as pd
import pytest
import rasterio

from benchmarks.projections import agreement, first_view, warp
from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import choose_size_px, open_source
from lunarcraters.errors import RunError, TileSetError
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.evaluation.rules import OverlapRule
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import find_close_pairs
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import read_info, shipped_model
from lunarcraters.network.startup import choose_precision
from lunarcraters.tiling.tileset import write_tiles

from ..rasters import write_part

pytestmark = pytest.mark.slow

MODEL = shipped_model()


def part_of(scene, path, **changes):
    """The lower right of the scene, 700 x 640 pixels, with its corner of no data."""
    return write_part(path, scene, (836, 896, 700, 640), **changes)


@pytest.fixture(scope="module")
def mosaic(scene, tmp_path_factory):
    return part_of(scene, tmp_path_factory.mktemp("mosaic") / "part.tif")


@pytest.fixture(scope="module")
def runs(mosaic, search_here, tmp_path_factory):
    """The run's directory and catalogue, by the smallest crater asked for."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        px: (folder / f"{px}", search_here(mosaic, folder / f"{px}", smallest_px=px))
        for px in (None, 5.5, 4.0)
    }


def scored(catalogue, scene, low, high):
    reference = read_reference(scene.with_name("rendered_scene_craters.csv"))
    matches = match_craters(
        catalogue, reference, OverlapRule("circle"), min_diameter=low, max_diameter=high
    )
    return compute_scores(matches, catalogue.threshold("balanced")).chosen


def test_craters_of_four_to_eight_pixels_are_found(runs, scene):
    found = scored(runs[4.0][1], scene, 0.4, 0.8)
    assert found.recall >= 0.70
    assert found.precision >= 0.75
    assert scored(runs[None][1], scene, 0.4, 0.8).recall < 0.1


def test_the_smallest_crater_asked_for_is_the_smallest_found(runs):
    # What is a little smaller is believed, as in every octave.
    for smallest_px, (_, found) in runs.items():
        least = smallest_px or 8.0
        assert found.diameters.min() >= 0.1 * least / 1.25 * 0.99
        assert found.diameters.min() <= 0.1 * least * 1.02
        finest = found.craters["level"].min()
        assert finest == (0 if smallest_px is None else -1)


def test_no_crater_is_found_twice_and_larger_ones_stay(runs):
    plain, fine = runs[None][1], runs[4.0][1]
    space = sphere.unit_vectors(*fine.positions.T) * fine.radius_m / 1000.0
    i, j = find_close_pairs(space, fine.diameters, space, fine.diameters, reach=0.1, max_ratio=1.2)
    assert (i == j).all()
    chosen = plain.filter(plain.threshold("balanced"))
    kept = fine.filter(fine.threshold("complete"))
    large = chosen.diameters >= 0.8
    ours, theirs = (
        sphere.unit_vectors(*c.positions.T) * c.radius_m / 1000.0 for c in (chosen, kept)
    )
    i, _ = find_close_pairs(
        ours, chosen.diameters, theirs, kept.diameters, reach=0.25, max_ratio=1.4
    )
    assert np.isin(np.flatnonzero(large), i).mean() >= 0.98


def test_the_mask_stays_on_the_mosaics_grid(runs, mosaic):
    with rasterio.open(mosaic) as image, rasterio.open(runs[4.0][0] / "mask.tif") as raster:
        assert (raster.shape, raster.transform) == (image.shape, image.transform)
        nodata, fine = image.read(1) == 0, raster.read(1)
    with rasterio.open(runs[None][0] / "mask.tif") as raster:
        coarse = raster.read(1)
    np.testing.assert_array_equal(fine == 255, coarse == 255)
    assert (fine == 255)[nodata].mean() > 0.99
    known = fine != 255
    assert (fine[known] >= coarse[known]).all()
    assert (fine[known] > 127).mean() > (coarse[known] > 127).mean() + 0.02


@pytest.mark.parametrize("virtual", [False, True])
def test_written_tiles_give_the_same_craters(runs, mosaic, search_here, tmp_path, virtual):
    whole, info = open_mosaic(mosaic), read_info(MODEL)
    int8 = choose_precision("auto", has_int8=bool(info.int8)) == "int8"
    size = choose_size_px(whole, info, int8=int8)
    write_tiles(whole, tmp_path / "tiles", max_size=size, smallest_px=4.0, virtual=virtual)
    found = search_here(tmp_path / "tiles", tmp_path / "run")
    pd.testing.assert_frame_equal(found.craters, runs[4.0][1].craters)
    with pytest.raises(TileSetError, match="smallest crater"):
        open_source([tmp_path / "tiles"], MODEL, SourceOptions(smallest_px=4.0))


def test_a_picture_without_coordinates_is_searched_enlarged_too(
    runs, mosaic, search_here, tmp_path
):
    with rasterio.open(mosaic) as raster:
        values = raster.read()
    profile = {
        "driver": "PNG", "count": 1, "dtype": "uint8", "width": 700, "height": 640, "nodata": 0,
    }  # fmt: skip
    with rasterio.open(tmp_path / "part.png", "w", **profile) as picture:
        picture.write(values)
    found = search_here(tmp_path / "part.png", tmp_path / "run", smallest_px=4.0)
    assert not found.has_crs
    small = found.filter(found.threshold("balanced")).diameters < 8.0
    on_moon = runs[4.0][1].filter(runs[4.0][1].threshold("balanced")).diameters < 0.8
    assert small.sum() == pytest.approx(on_moon.sum(), rel=0.1)


def test_the_same_ground_has_the_same_small_craters_in_degrees_at_60_north(
    scene, search_here, tmp_path
):
    ground, path = tmp_path / "ground.tif", tmp_path / "degrees.tif"
    first_view(scene, 179.9, 60.0, 320, True, ground)
    warp(ground, ground, f"+proj=longlat +R={sphere.RADIUS_M} +no_defs", path)
    found = [search_here(p, tmp_path / p.stem, smallest_px=4.0) for p in (ground, path)]
    agreed = agreement(*found, ground, 5.0)
    assert agreed.known >= 0.9  # sampled cubic, a crater of 5 px changes
    assert agreed.offset <= 0.08
    assert agreed.ratio == pytest.approx(1.0, abs=0.04)


def test_a_run_goes_on_with_the_octave_it_was_begun_with(scene, tmp_path):
    path, run = write_part(tmp_path / "small.tif", scene, (0, 0, 256, 256)), tmp_path / "run"
    source = open_source([path], MODEL, SourceOptions(size=320, smallest_px=4.0))
    before = detect(source, run, MODEL, DetectOptions(workers=1)).read().craters
    parts = sorted((run / "parts").iterdir())
    assert len(parts) > 1
    parts[0].unlink()
    parts[-1].write_bytes(parts[-1].read_bytes()[:50])
    after = detect(source, run, MODEL, DetectOptions(workers=1)).read().craters
    pd.testing.assert_frame_equal(before, after)
    with pytest.raises(RunError, match="another smallest crater"):
        detect(
            open_source([path], MODEL, SourceOptions(size=320)),
            run,
            MODEL,
            DetectOptions(workers=1),
        )
