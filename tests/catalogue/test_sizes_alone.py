"""Counts that tell diameters and an area, but no positions."""

import pytest
import shapely

from lunarcraters.catalogue.csfd import count_by_size
from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.errors import CatalogueError

TEXT = "area=3.8112519\ncrater={diameter,fraction\n0.412 1.0\n1.105 0.731\n0.25 1\n}\n"


@pytest.fixture
def count(tmp_path):
    (tmp_path / "a.diam").write_text(TEXT)
    return read_catalogue(tmp_path / "a.diam")


def test_diameters_and_the_area_are_known(count):
    assert not count.has_positions
    assert count.diameters.tolist() == [1.105, 0.412, 0.25]
    assert count.craters["fraction"].tolist() == [0.731, 1.0, 1.0]
    assert count.footprint_area_km2 == 3.8112519
    assert len(count.filter(min_diameter=0.3)) == 2


def test_a_count_may_name_nothing_but_diameters(tmp_path):
    (tmp_path / "a.diam").write_text("area = 100.\ncrater = {diameter\n1.5\n0.2\n}")
    count = read_catalogue(tmp_path / "a.diam")
    assert (count.diameters.tolist(), count.footprint_area_km2) == ([1.5, 0.2], 100.0)
    assert "fraction" not in count.craters


def test_such_a_count_has_a_distribution_and_is_written_again(count, tmp_path):
    assert count_by_size(count, count.footprint_area_km2).at_least[0] == pytest.approx(2.731)
    write_catalogue(count, tmp_path / "b.diam")
    again = read_catalogue(tmp_path / "b.diam")
    assert again.craters.equals(count.craters)
    assert not again.has_positions


@pytest.mark.parametrize(
    "need",
    [
        lambda count, path: write_catalogue(count, path / "b.gpkg"),
        lambda count, path: write_catalogue(count, path / "b.csv"),
        lambda count, path: write_catalogue(count, path / "b.scc"),
        lambda count, path: write_catalogue(count, "postgresql://localhost:1/nowhere"),
        lambda count, path: count.filter(area=(0.0, 0.0, 1.0, 1.0)),
        lambda count, path: count.positions,
        lambda count, path: count.geodataframe,
    ],
)
def test_what_needs_positions_says_so_without_speaking_of_columns(count, tmp_path, need):
    with pytest.raises(CatalogueError, match="does not say where its craters are") as error:
        need(count, tmp_path)
    assert "column" not in str(error.value)
    assert not list(tmp_path.glob("b*"))


def test_a_ground_does_not_make_positions(count, tmp_path):
    with pytest.raises(CatalogueError, match="does not say where"):
        write_catalogue(count.with_info(footprint=shapely.box(0, 0, 1, 1)), tmp_path / "b.geojson")
