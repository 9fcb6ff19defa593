"""Crater counts for dating: `.scc` and `.diam`."""

import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.errors import CatalogueError

COUNTS = [".scc", ".diam"]


def test_a_spatial_count_keeps_the_ground_and_its_area(lunar, tmp_path):
    hole = shapely.box(2, 2, 4, 4)
    ground = shapely.MultiPolygon([shapely.box(0, 0, 9, 9) - hole, shapely.box(20, 0, 29, 9)])
    write_catalogue(lunar.with_info(footprint=ground), tmp_path / "a.scc")
    again = read_catalogue(tmp_path / "a.scc")
    assert again.footprint.normalize() == ground.normalize()
    assert again.footprint_area_km2 == 123456.789
    text = (tmp_path / "a.scc").read_text()
    assert "Total_area = 123456.789000 <km^2>" in text
    boundary = text[text.index("unit_boundary") : text.index("Total_area")].splitlines()
    vertices = [line.split("\t") for line in boundary if line.count("\t") == 4]
    assert {(area, tag) for _, area, tag, *_ in vertices} == {
        ("1", "ext"),
        ("2", "int"),
        ("3", "ext"),
    }


@pytest.mark.parametrize("suffix", COUNTS)
def test_a_count_without_an_area_or_in_pixels_is_refused(lunar, pixels, tmp_path, suffix):
    with pytest.raises(CatalogueError, match="area that the craters were counted on"):
        write_catalogue(lunar.with_info(footprint_area_km2=None), tmp_path / f"a{suffix}")
    with pytest.raises(CatalogueError, match="pixels cannot be dated"):
        write_catalogue(pixels, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.diam", "area = 5\n", "no table of craters"),
        ("a.diam", "crater = {diameter, lon, lat\n1 2 3\n}\n", "area is 'missing'"),
        ("a.diam", "area = x\ncrater = {diameter, lon, lat\n1 2 3\n}\n", "area is 'x'"),
        ("a.scc", "Total_area = 5\ncrater = {diam, lon, lat\n1 2 3\n", "ends half-way"),
        ("a.scc", "crater = {diam, lon, lat\n1 2\n}\n", "does not have the 3 values"),
    ],
)
def test_what_is_no_count_is_refused_in_words(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(CatalogueError, match=message):
        read_catalogue(tmp_path / name)
