import numpy as np
import pytest
from affine import Affine
from pyproj import CRS

from lunarcraters.completeness.azimuths import estimate_azimuth
from lunarcraters.completeness.dipoles import measure_dipoles, project
from lunarcraters.completeness.freshness import compute_freshness, compute_greatest_wear
from lunarcraters.completeness.plants import (
    Plants,
    compute_light,
    erase_older_relief,
    find_north_deg,
)
from lunarcraters.completeness.sampling import Circles
from lunarcraters.completeness.sunlight import estimate_altitude
from lunarcraters.geometry import stereographic
from lunarcraters.geometry.grid import Grid

SIDE = 128


def plants(count=1, diameter=24.0, azimuth=280.0, altitude=25.0, wear=0.0, position=(64.0, 64.0)):
    return Plants(
        positions=np.tile(np.array(position), (count, 1)),
        diameters=np.full(count, diameter),
        wear=np.full(count, wear),
        seed=np.arange(count),
        sun_azimuth_deg=np.full(count, azimuth),
        sun_altitude_deg=altitude,
    )


def light(some, crs=None, affine=None):
    return compute_light(some, Grid(crs, affine or Affine.identity(), SIDE, SIDE), None)


def dipole(image, diameter=24.0, x=64.0, y=64.0):
    circle = Circles(np.array([x]), np.array([y]), np.array([diameter]))
    return measure_dipoles(image, np.ones(image.shape, bool), circle)


def test_ground_far_from_a_plant_keeps_its_brightness():
    image = light(plants())
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    far = np.maximum(abs(x - 64), abs(y - 64)) > 2.6 * 12 + 2
    assert (image[far] == 1.0).all()
    assert image.min() < 0.6
    assert image.max() > 1.3


@pytest.mark.parametrize("azimuth", [0.0, 45.0, 100.0, 280.0])
def test_the_azimuth_that_plants_are_lit_from_is_measured_again(azimuth):
    measured = np.vstack([dipole(light(plants(azimuth=azimuth, wear=w))) for w in (0.0, 0.2, 0.4)])
    found, agreement = estimate_azimuth(measured, np.zeros(3))
    assert (found - azimuth + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=2.0)
    assert agreement > 0.99


@pytest.mark.parametrize("altitude", [12.0, 25.0, 50.0])
def test_the_altitude_that_plants_are_lit_from_is_measured_again(altitude):
    wear = compute_greatest_wear(2.4) * np.sqrt(np.linspace(0.0, 1.0, 60))
    images = [light(plants(altitude=altitude, wear=w)) for w in wear.tolist()]
    lengths = project(np.vstack([dipole(image) for image in images]), np.zeros(60), 280.0)
    assert estimate_altitude(lengths, 1.0) == pytest.approx(altitude, rel=0.15)


def test_wear_leaves_less_light_and_shade():
    contrast = [light(plants(wear=wear)).std() for wear in (0.0, 0.2, 0.4, 0.6)]
    assert (np.diff(contrast) < 0).all()


def test_freshness_falls_from_1_to_the_least_that_counts():
    wear = np.linspace(0.0, compute_greatest_wear(1.0), 20)
    freshness = compute_freshness(1.0, wear)
    assert freshness[0] == pytest.approx(1.0)
    assert freshness[-1] == pytest.approx(0.25, abs=1e-6)
    assert (np.diff(freshness) < 0).all()


def test_on_the_moon_a_plant_has_its_place_and_size_and_north_is_up():
    crs = stereographic.local_frame(30.0, 60.0).to_wkt()
    affine = Affine(100.0, 0, -6400.0, 0, -100.0, 6400.0)
    grid = Grid(crs, affine, SIDE, SIDE)
    lon, lat = grid.to_lonlat(np.array([70.0]), np.array([50.0]))
    some = plants(diameter=2.4, azimuth=0.0, position=(lon[0], lat[0]))
    image = compute_light(some, grid, None)
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    changed = np.abs(image - 1.0) > 0.02
    assert x[changed].mean() == pytest.approx(70.0, abs=1.0)
    assert y[changed].mean() == pytest.approx(50.0, abs=3.0)
    assert dipole(image, 24.0, 70.0, 50.0)[0, 1] > 0.1, "the far wall, in the south, is bright"


def test_in_a_picture_that_is_stored_upwards_the_sun_stands_where_it_does():
    crs = stereographic.local_frame(30.0, 60.0).to_wkt()
    up = Grid(crs, Affine(100.0, 0, -6400.0, 0, 100.0, -6400.0), SIDE, SIDE)
    down = Grid(crs, Affine(100.0, 0, -6400.0, 0, -100.0, 6400.0), SIDE, SIDE)
    lon, lat = down.to_lonlat(np.array([70.0]), np.array([50.0]))
    some = plants(diameter=2.4, azimuth=280.0, position=(lon[0], lat[0]))
    images = [compute_light(some, grid, None) for grid in (up, down)]
    # A rim's unevenness turns with the sun, and a mirror does not.
    np.testing.assert_allclose(dipole(images[0][::-1], 24.0, 70.0, 50.0),
                               dipole(images[1], 24.0, 70.0, 50.0), atol=0.01)  # fmt: skip


def test_plants_of_one_pixel_or_outside_the_tile_change_nothing():
    assert (light(plants(diameter=1.0)) == 1.0).all()
    assert (light(plants(position=(-80.0, 64.0))) == 1.0).all()


def test_a_plant_that_an_edge_of_the_tile_cuts_is_the_same_as_in_a_larger_one():
    corner, middle = plants(position=(5.0, 9.0)), plants(position=(61.0, 57.0))
    np.testing.assert_array_equal(light(corner)[:40, :40], light(middle)[48:88, 56:96])
    far = plants(position=(SIDE - 5.0, SIDE - 9.0))
    np.testing.assert_array_equal(light(far)[-40:, -40:], light(middle)[26:66, 26:66])


def test_in_a_coarser_picture_without_coordinates_a_plant_has_fewer_pixels():
    coarse = light(plants(diameter=48.0, position=(150.0, 90.0)), affine=Affine.scale(2.0))
    np.testing.assert_array_equal(coarse, light(plants(position=(75.0, 45.0))))


@pytest.mark.parametrize("lat", [90.0, 89.9999, -90.0, -89.9999])
def test_north_is_told_next_to_a_pole(lat):
    side = Affine(100.0, 0.0, -6400.0, 0.0, -100.0, 6400.0)
    grid = Grid(stereographic.local_frame(0.0, np.copysign(90.0, lat)).to_wkt(), side, SIDE, SIDE)
    (north,) = find_north_deg(np.array([[30.0, lat]]), grid)
    expected = 30.0 if lat < 0.0 else -30.0
    assert (north - expected + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-6)
    globe = Grid(CRS("IAU_2015:30110").to_wkt(), Affine(1e5, 0.0, -6e6, 0.0, -1e5, 3e6), 120, 60)
    assert find_north_deg(np.array([[30.0, lat]]), globe) == pytest.approx(0.0, abs=1e-6)


def test_a_plant_erases_relief_of_its_own_scale_and_no_level_or_texture():
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) + 0.5
    mound = 20.0 * np.exp(-((x - 64.0) ** 2 + (y - 64.0) ** 2) / (2.0 * 8.0**2))
    texture = np.where((x + y) % 2.0 > 0.5, np.float32(3.0), np.float32(-3.0))
    grid = Grid(None, Affine.identity(), SIDE, SIDE)

    def erase(grey, part=1.0):
        erased = grey.astype(np.float32)
        erase_older_relief(erased, plants(diameter=40.0), grid, None, part)
        return erased

    flat = np.full((SIDE, SIDE), 100.0, np.float32)
    np.testing.assert_allclose(erase(flat), flat, atol=1e-3)
    np.testing.assert_allclose(erase(flat + texture), flat + texture, atol=0.3)
    assert erase(flat + mound)[64, 64] < 100.0 + 0.5 * 20.0
    np.testing.assert_array_equal(erase(flat + mound, part=0.0), (flat + mound).astype(np.float32))
    half = erase(flat + mound, part=0.5)
    np.testing.assert_allclose(half, (erase(flat + mound) + flat + mound) / 2.0, atol=1e-3)
