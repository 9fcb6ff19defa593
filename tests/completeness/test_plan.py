"""Bins and regions of a measurement, and how many craters are planted in each."""

import numpy as np
import pandas as pd
import pytest
from affine import Affine

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.completeness.plan import _find_nearest, choose_bins, plan_regions
from lunarcraters.completeness.sampling import Circles, Detections
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.source import MosaicTiles

from ..rasters import SIMPLE_CYLINDRICAL, STRETCHED, write_raster

SIDE = 512
DIAMETERS_PX = 8.0, 72.0


@pytest.fixture
def plan_tiles(tmp_path):
    """A function that plans the tiles of a mosaic of noise."""
    values = np.random.default_rng(0).integers(50, 200, (SIDE, SIDE)).astype(np.uint8)

    def plan(crs=STRETCHED, affine=None, **options):
        path = write_raster(tmp_path / "a.tif", values, crs=crs, affine=affine)
        return MosaicTiles.plan(open_mosaic(path), **options)

    return plan


def detect_at(source, lon, lat, diameters_km, scores=0.99):
    """Detections of a run at some places."""
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameters_km, "score": scores})
    return Detections.of(Catalogue(table, sphere.geographic_crs()), source)


def test_bins_begin_with_the_smallest_crater_that_is_searched(plan_tiles):
    source = plan_tiles()
    bins = choose_bins(detect_at(source, [0.0], [0.0], 1.0), source, DIAMETERS_PX)
    frame = source.tiles[0].frame
    smallest_km = 8.0 * frame.meridian_pixel_size_m(*np.full((2, 1), frame.width / 2))[0] / 1000.0
    assert smallest_km == pytest.approx(0.8, rel=1e-3)
    assert bins.edges[0] <= smallest_km < bins.edges[1]
    assert bins.middle_px[0] == pytest.approx(np.sqrt(bins.edges[0] * bins.edges[1]) / 0.1)


@pytest.mark.parametrize("frames", ["native", "local"])
@pytest.mark.parametrize("down", [1.0, -1.0])
def test_the_top_of_a_mosaic_is_told_whichever_way_its_rows_are_stored(plan_tiles, frames, down):
    affine = Affine(500.0, 0.0, 6e5, 0.0, -500.0 * down, 9e5 * down)
    source = plan_tiles("IAU_2015:30130", affine, max_size=256, halo=32, levels=1, frames=frames)
    grid = source.mosaic.grid
    x, y = np.meshgrid(np.arange(60.0, SIDE - 60.0, 50.0), np.arange(60.0, SIDE - 60.0, 50.0))
    lon, lat = grid.to_lonlat(x.ravel(), y.ravel())
    detections = detect_at(source, lon, lat, 8.0)
    bins = choose_bins(detections, source, DIAMETERS_PX)
    planned = next(plan_regions(source, detections, bins, 1e9, 0))
    core = planned.region.tiles[0].core
    x, y = core.left + core.width / 2.0, core.top + core.height / 2.0
    lon, lat = grid.to_lonlat(np.array([x]), np.array([y]))
    above = sphere.unit_vectors(*grid.to_lonlat(np.array([x]), np.array([y - 0.1])))
    up = (above - sphere.unit_vectors(lon, lat))[0]
    north = sphere.north_vectors(lon, lat)[0]
    east = np.cross(north, sphere.unit_vectors(lon, lat)[0])
    azimuth_deg = np.degrees(np.arctan2(up @ east, up @ north))
    assert len(planned.top_deg)
    off_deg = planned.top_deg - planned.north_deg - azimuth_deg
    assert np.abs((off_deg + 180.0) % 360.0 - 180.0).max() < 8.0  # as far as meridians turn


def choose(source, sizes, scores):
    """Choose bins by detections at one place; sizes and scores come with their numbers."""
    sizes, scores = (np.repeat(*zip(*one, strict=True)) for one in (sizes, scores))
    detections = detect_at(source, np.zeros(len(sizes)), 0.0, sizes, scores)
    return choose_bins(detections, source, DIAMETERS_PX)


def test_more_craters_are_planted_where_more_are_expected_and_the_more_so_of_small_ones(
    plan_tiles,
):
    source = plan_tiles(max_size=256, halo=32, levels=2)
    sizes = [(1.05, 4000), (2.1, 29), (5.2, 4000), (300.0, 1)]
    bins = choose(source, sizes=sizes, scores=[(0.99, 4000), (0.5, 29), (0.99, 4001)])
    wanted = dict(zip(np.round(bins.edges, 2).tolist(), bins.wanted.tolist(), strict=False))
    assert [wanted[edge] for edge in (1.0, 2.0, 4.0)] == [772, 25, 278]
    assert wanted[round(2.0**3.5, 2)] == 2, "of a bin without detections"
    assert bins.octave.min() == 0
    assert bins.octave.max() == 1, "the coarsest that was searched"


def test_bins_begin_with_the_smallest_crater_where_the_finest_octave_is_enlarged(plan_tiles):
    source = plan_tiles(smallest_px=4.0)
    assert source.settings.finest == -1
    bins = choose(source, sizes=[(1.0, 1), (1.9, 4000)], scores=[(0.9, 4001)])
    assert bins.edges[0] <= 0.4 < bins.edges[1]
    assert bins.octave[-1] == -1
    assert bins.wanted[-1] == 278, "of 34 pixels in this octave"


def test_every_octave_has_a_region_however_small_the_budget(plan_tiles):
    source = plan_tiles(SIMPLE_CYLINDRICAL, max_size=256, halo=32, levels=2)
    detections = detect_at(source, [0.0], [0.0], 10.0)
    bins = choose_bins(detections, source, DIAMETERS_PX)
    assert set(bins.octave.tolist()) == {0, 1}
    octaves = [one.region.octave for one in plan_regions(source, detections, bins, 0.0, 0)]
    assert sorted(octaves) == [0, 1]


def test_the_craters_that_tell_the_sun_are_the_sure_ones_next_to_each():
    x = np.arange(20.0)
    seen, sure = Circles(x, 0.0 * x, 1.0 + 0.0 * x), x % 2.0 == 0.0
    nearest = _find_nearest(seen.rows(x == 4.0), seen, sure)
    assert sorted(nearest[0].tolist()) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert _find_nearest(seen, seen, x < 7.0).shape == (20, 0)
