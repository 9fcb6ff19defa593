import numpy as np
import pytest
import shapely
from scipy.stats import chisquare

from lunarcraters.geometry import sphere
from lunarcraters.geometry.random_points import RandomPoints

GROUNDS = {
    "the pole": shapely.box(-180, 70, 180, 90),
    "across the antimeridian": shapely.union_all(
        [shapely.box(170, 0, 180, 40), shapely.box(-180, 0, -165, 40)]
    ),
    "holes": shapely.difference(
        shapely.box(0, -60, 40, 60),
        shapely.union_all([shapely.box(5, -50, 30, 20), shapely.Point(35, 50).buffer(4)]),
    ),
    "a narrow strip": shapely.Polygon([(0, 0), (60, 60), (60, 60.1), (0, 0.1)]),
}


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_points_are_as_dense_everywhere_on_the_ground(ground):
    points = RandomPoints(ground).draw(20_000, np.random.default_rng(1))
    assert np.linalg.norm(points, axis=1) == pytest.approx(1.0)
    lon, lat = sphere.vectors_to_lonlat(points)
    assert shapely.intersects_xy(ground, lon, lat).all()
    west, south, east, north = ground.bounds
    columns, rows = np.linspace(west, east, 9), np.linspace(south, north, 9)
    numbers, *_ = np.histogram2d(lon, lat, [columns, rows])
    areas = [
        [sphere.area_km2(ground & shapely.box(columns[i], rows[j], columns[i + 1], rows[j + 1]))
         for j in range(8)]
        for i in range(8)
    ]  # fmt: skip
    areas = np.array(areas)
    some = areas > 0.0
    assert numbers[~some].sum() == 0
    expected = 20_000 * areas[some] / areas.sum()
    assert chisquare(numbers[some], expected * numbers[some].sum() / expected.sum()).pvalue > 1e-3


def test_the_same_source_gives_the_same_points_and_none_gives_none():
    points = RandomPoints(GROUNDS["holes"])
    one, two = (points.draw(50, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one, two)
    assert points.draw(0, np.random.default_rng(3)).shape == (0, 3)
