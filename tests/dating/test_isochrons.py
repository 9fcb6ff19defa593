import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.counts.areas import AreaCount
from lunarcraters.dating import isochrons
from lunarcraters.errors import OptionError
from lunarcraters.geometry import sphere

from .laws import PowerLaw


@pytest.fixture(autouse=True)
def law(monkeypatch):
    monkeypatch.setattr(isochrons, "load_system", lambda _: PowerLaw())


def count(name, sizes):
    table = pd.DataFrame({"lon": 0.0, "lat": 0.0, "diameter_km": sizes, "score": 0.9})
    return AreaCount(name, Catalogue(table, sphere.geographic_crs()), 1e4)


def draw(*counts, ages=("fit",), **options):
    return isochrons.make_isochrons(counts, ages, None, 0.0, (1.0, 8.0), **options)


def test_lines_of_fits_reach_over_their_range_and_name_their_area_where_there_are_several():
    sizes = (1.0 - np.linspace(0.0, 1.0, 101)[:-1]) ** -0.5
    (alone,) = draw(count("a", sizes))
    assert alone.label == "1.01 Ga (+0.1 -0.1)"
    assert (alone.area, alone.estimated) == ("a", False)
    assert (alone.diameters[0], alone.diameters[-1]) == pytest.approx((1.0, 8.0))
    np.testing.assert_allclose(alone.cumulative, 0.01 * alone.diameters**-2.0, rtol=0.03)
    np.testing.assert_allclose(alone.differential, 0.02 * alone.diameters**-3.0, rtol=0.03)
    first, second = draw(count("a", sizes), count("b", np.repeat(sizes[80:], 5)))
    assert first.label == "a: 1.01 Ga (+0.1 -0.1)"
    assert second.label.startswith("b: ")
    assert second.label.endswith(", poor fit")


def test_an_age_that_is_given_has_a_line_over_the_whole_production_function():
    (line,) = draw(ages=4.5)
    assert line.label == "4.5 Ga"
    assert (line.diameters[0], line.diameters[-1]) == pytest.approx(PowerLaw.range_km)
    with pytest.raises(OptionError, match=r"above 0 and up to 4\.5"):
        draw(ages=[4.51])
