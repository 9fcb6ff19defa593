"""The craters and tiles whose review would tell most."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere
from lunarcraters.reviews.suggest import suggest_craters, suggest_tiles


@pytest.fixture
def craters():
    """Unseen craters, and at the end an accepted one and one without a score."""
    table = pd.DataFrame({
        "diameter_km": [1.1, 1.2, 1.3, 5.0, 5.1, 1.4, 1.5],
        "score": [0.5, 0.6, 0.7, 0.9, 0.8, 0.5, np.nan],
        "tile": ["a", "b", "b", "b", "", "c", "c"],
        "crater_id": list("1234567"),
    })  # fmt: skip
    table = table.assign(lon=np.arange(7.0), lat=-np.arange(7.0))
    run = Catalogue(table, sphere.geographic_crs())
    states = np.where(run.craters["crater_id"] == "6", "accepted", "unseen")
    return run.columns, SimpleNamespace(craters=run.craters.assign(review=states))


def test_the_most_doubtful_of_each_size_come_first_and_then_the_second_of_each(craters):
    columns, comparison = craters
    ids = [one.crater_id for one in suggest_craters(comparison, columns, 9)]
    assert ids == ["1", "5", "2", "4", "3"]
    first, *_ = suggest_craters(comparison, columns, 2)
    assert (first.x, first.y, first.diameter, first.score) == (0.0, 0.0, 1.1, 0.5)
    assert len(suggest_craters(comparison, columns, 2)) == 2


def test_tiles_are_as_doubtful_as_all_their_craters_together(craters):
    columns, comparison = craters
    first, second = suggest_tiles(comparison, columns, 9)
    assert (first.tile, first.unseen, second.tile, second.unseen) == ("b", 3, "a", 1)
    assert (first.variance, second.variance) == pytest.approx((0.24 + 0.21 + 0.09, 0.25))
    assert (first.x, first.y) == pytest.approx((2.0, -2.0))
    assert [one.tile for one in suggest_tiles(comparison, columns, 1)] == ["b"]


@pytest.mark.parametrize(("east", "middle"), [(177.5, 179.5), (178.5, -179.5)])
def test_a_tile_lies_in_the_middle_of_its_craters_across_the_antimeridian(craters, east, middle):
    columns, comparison = craters
    lon = (comparison.craters["lon"] + east + 180.0) % 360.0 - 180.0
    first, _ = suggest_tiles(
        SimpleNamespace(craters=comparison.craters.assign(lon=lon)), columns, 2
    )
    assert (first.x, first.y) == pytest.approx((middle, -2.0))
