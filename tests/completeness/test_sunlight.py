"""The sun of a mosaic is told from the bright sides of its craters, or not told at all."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from affine import Affine
from pyproj import CRS

from lunarcraters.completeness.azimuths import choose_azimuths
from lunarcraters.completeness.dipoles import find_sure
from lunarcraters.completeness.plan import Planned
from lunarcraters.completeness.record import Sun
from lunarcraters.completeness.sunlight import find_sun
from lunarcraters.errors import RunError
from lunarcraters.geometry.grid import Grid


def region(azimuths_deg, north_deg=0.0, top_deg=0.0, positions=((0.0, 0.0),), sure=None):
    """A region whose craters are dark on the side of the sun, in a picture with north there."""
    azimuths_deg = np.atleast_1d(np.asarray(azimuths_deg, float))
    away = np.radians(azimuths_deg + north_deg + 180.0)
    dipoles = 0.1 * np.column_stack([np.sin(away), -np.cos(away)])
    north, top = (np.broadcast_to(deg, len(away)).astype(float) for deg in (north_deg, top_deg))
    positions = np.asarray(positions, float)
    sites = SimpleNamespace(positions=positions, diameters=np.full(len(positions), 10.0))
    sure = np.full(len(away), True) if sure is None else np.asarray(sure)
    around_sites, around_craters = (
        np.random.default_rng(3).integers(0, len(away), (count, 8 if len(away) >= 8 else 0))
        for count in (len(positions), len(away))
    )
    return Planned(
        None,
        sites,
        dipoles,
        north,
        top,
        np.full(len(away), 5.0),
        sure,
        around_sites,
        around_craters,
    )


def spread(azimuth_deg, count, sd=20.0, seed=1):
    return azimuth_deg + np.random.default_rng(seed).normal(0.0, sd, count)


def find(*planned, azimuth_deg=None):
    return find_sun(planned, None, azimuth_deg, 25.0)


def test_regions_have_their_own_sun_if_they_can_tell():
    planned = region(spread(270.0, 40)), region(spread(290.0, 40, seed=2)), region(spread(90.0, 3))
    sun = find(*planned)
    assert sun.azimuth_source == "craters"
    chosen = [choose_azimuths(one, sun, None)[0] for one in planned]
    np.testing.assert_allclose(chosen, [270.0, 290.0, sun.azimuth_deg], atol=8.0)


def test_regions_under_suns_in_the_east_and_in_the_west_have_their_own():
    planned = [region(spread(270.0, 40)), region(spread(90.0, 30)), region([90.0, 270.0])]
    sun = find(*planned, planned[0])
    assert sun.azimuth_source == "neighbours"
    chosen = [choose_azimuths(one, sun, None)[0] for one in planned]
    np.testing.assert_allclose(chosen, [270.0, 90.0, np.nan], atol=8.0)


def test_in_a_region_of_two_images_each_crater_has_the_sun_of_its_neighbours():
    positions = np.zeros((30, 2))
    both = region(np.repeat([270.0, 90.0], 50), positions=positions)
    west, east = np.arange(8), np.arange(60, 68)
    border = np.r_[45:49, 50:54]
    around = np.vstack([np.tile(west, (15, 1)), np.tile(east, (14, 1)), border])
    both = replace(both, around_sites=around, around_craters=np.vstack([around, around, around]))
    sun = find(both)
    assert sun.azimuth_source == "neighbours"
    expected = np.repeat([270.0, 90.0, np.nan], [15, 14, 1])
    np.testing.assert_allclose(choose_azimuths(both, sun, None), expected, atol=1e-6)


def test_a_sun_that_is_given_holds_everywhere():
    sun = find(region(spread(270.0, 40)), azimuth_deg=100.0)
    assert choose_azimuths(region(spread(270.0, 40)), sun, None).tolist() == [100.0]


def find_altitude(*planned, azimuth_deg):
    return find_sun(planned, SimpleNamespace(rasters=(), has_crs=True), azimuth_deg, None)


def test_an_azimuth_that_all_craters_contradict_is_refused():
    with pytest.raises(RunError, match="azimuth 270, not 100"):
        find_altitude(region(np.full(40, 270.0)), region(spread(90.0, 3)), azimuth_deg=100.0)
    assert find_altitude(region(np.full(40, 270.0)), azimuth_deg=300.0).azimuth_deg == 300.0
    several = region(np.full(40, 270.0)), region(np.resize([100.0, 280.0], 40))
    assert find_altitude(*several, azimuth_deg=100.0).azimuth_deg == 100.0


def test_the_altitude_is_told_by_the_azimuth_of_each_region():
    west, east = region(np.full(40, 270.0)), region(np.full(40, 90.0))
    alone = find_altitude(east, azimuth_deg=90.0)
    assert find_altitude(west, east, azimuth_deg=90.0).altitude_deg == alone.altitude_deg


def test_an_azimuth_without_altitude_holds_where_craters_do_not_tell_another():
    sun = Sun(100.0, 25.0, "image", "options")
    (there,) = choose_azimuths(region(spread(270.0, 40)), sun, None)
    assert there == pytest.approx(270.0, abs=8.0)
    assert choose_azimuths(region(spread(270.0, 3)), sun, None).tolist() == [100.0]


def test_light_from_one_side_of_a_polar_picture_is_told():
    affine = Affine(1000.0, 0.0, -2e6, 0.0, -1000.0, 2e6)
    grid = Grid(CRS("IAU_2015:30135").to_wkt(), affine, 4000, 4000)  # polar stereographic, south
    lons = np.linspace(-180.0, 170.0, 36)
    # In the picture north turns with the longitude, and its top does not.
    north_deg = lons
    planned = region(spread(250.0 - north_deg, 36), north_deg, 0.0, [(0.0, -80.0), (90.0, -80.0)])
    sun = find(planned)
    assert sun.azimuth_source == "picture"
    assert sun.azimuth_deg == pytest.approx(250.0, abs=10.0)
    first, second = choose_azimuths(planned, sun, grid)
    # North is up at longitude 0, and to the right at 90.
    assert first == pytest.approx(sun.azimuth_deg, abs=0.1)
    assert second == pytest.approx(sun.azimuth_deg - 90.0, abs=0.1)
    for azimuth_deg in (0.0, 90.0, 250.0):
        with pytest.raises(RunError, match=r"one side of the picture.*leave out --sun-azimuth"):
            find_altitude(planned, azimuth_deg=azimuth_deg)


@pytest.mark.parametrize(
    ("planned", "why"),
    [
        ([region(np.arange(0.0, 360.0, 5.0))], "no direction"),
        (
            [region(spread(270.0, 40)), region(np.resize([270.0, 90.0], 30))],
            "suns of one region",
        ),
        ([region(spread(270.0, 11, sd=120.0))], "too few to tell a mean"),
    ],
)
def test_craters_that_do_not_agree_are_refused(planned, why):
    with pytest.raises(RunError, match="--sun-azimuth"):
        find(*planned)


def test_detections_that_are_hardly_craters_do_not_tell_the_sun():
    scores = np.array([*np.full(12, 0.9), *np.full(100, 0.05)])
    assert find_sure(scores).sum() == find_sure(0.3 * scores).sum() == 12
    azimuths = np.concatenate([spread(270.0, 12), np.linspace(0.0, 360.0, 100)])
    with pytest.raises(RunError, match="--sun-azimuth"):
        find(region(azimuths))
    assert find(region(azimuths, sure=find_sure(scores))).azimuth_deg == pytest.approx(270, abs=15)


def test_few_craters_do_not_contradict_the_others():
    planned = region(spread(270.0, 40)), region([0.0, 120.0, 240.0])
    assert find(*planned).azimuth_source == "craters"


def test_one_dark_shadow_does_not_outweigh_the_other_craters():
    planned = region([*np.full(20, 270.0), 90.0])
    planned.dipoles[-1] *= 50.0
    assert find(planned).azimuth_deg == pytest.approx(270.0, abs=1.0)


@pytest.mark.parametrize(("count", "is_known"), [(16, True), (11, False)])
def test_a_mean_direction_is_known_to_20_degrees_or_not_at_all(count, is_known):
    # With an agreement of 0.6 the error is 1 / (0.6 sqrt(2 n)): 17 degrees of 16, 20.3 of 11.
    turn = np.degrees(np.arccos(0.6))
    planned = region(270.0 + turn * np.resize([1.0, -1.0, 1.0, -1.0], count))
    if is_known:
        assert find(planned).azimuth_deg == pytest.approx(270.0, abs=5.0)
    else:
        with pytest.raises(RunError, match="--sun-azimuth"):
            find(planned)


def test_the_sun_is_not_told_from_fewer_than_ten_craters():
    with pytest.raises(RunError, match="cannot be told from 9 clear craters"):
        find(region(np.full(9, 270.0)))
    assert find(region(np.full(10, 270.0))).azimuth_deg == 270.0


def test_the_label_of_one_image_is_not_that_of_a_mosaic_of_several():
    mosaic = SimpleNamespace(rasters=(None, None), has_crs=True)
    assert find_sun([region(np.full(40, 270.0))], mosaic, None, None).source == "image"


def test_the_altitude_under_light_from_one_side_of_the_picture_is_told_by_its_directions():
    lons = np.linspace(-180.0, 170.0, 36)
    polar, plain = region(250.0 - lons, lons), region(np.full(36, 250.0))
    mosaic = SimpleNamespace(rasters=(), has_crs=True)
    suns = [find_sun([one], mosaic, None, None) for one in (polar, plain)]
    assert [sun.azimuth_source for sun in suns] == ["picture", "craters"]
    assert suns[0].altitude_deg == pytest.approx(suns[1].altitude_deg, abs=0.1)


def test_light_is_of_one_side_of_the_picture_only_where_that_is_clearly_better():
    north_deg = np.linspace(-25.0, 25.0, 40)  # as in a map of middle latitudes
    planned = region(250.0 - north_deg, north_deg)
    assert find(planned).azimuth_source == "craters"
