"""The ground of a count."""

import re

import pytest

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.errors import CatalogueError

TABLE = "crater = {diameter, lon, lat\n33 28.98 2.5\n}\n"


@pytest.mark.parametrize("name", ["a.diam", "a.scc"])
@pytest.mark.parametrize(
    ("radius", "area", "advice"),
    [
        ("1737.4 <km>", "23004500000", "if it is in m2, write 23004500000 <m^2>"),
        ("1737400", "23004.5", "if it is in metres, write a_axis_radius = 1737400 <m>"),
    ],
)
def test_areas_and_spheres_that_no_planet_has_are_refused(tmp_path, name, radius, area, advice):
    sphere = "" if name == "a.diam" and "<" in radius else f"a_axis_radius = {radius}\n"
    (tmp_path / name).write_text(f"{sphere}area = {area}\nTotal_area = {area}\n{TABLE}")
    with pytest.raises(CatalogueError, match=re.escape(advice)):
        read_catalogue(tmp_path / name)


def test_an_area_of_the_whole_moon_may_be_rounded(tmp_path):
    (tmp_path / "a.diam").write_text(f"area = 3.8e7\n{TABLE}")
    assert read_catalogue(tmp_path / "a.diam").footprint_area_km2 == 3.8e7
