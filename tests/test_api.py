import subprocess
import sys

import geopandas as gpd
import pytest

import lunarcraters as lc
from lunarcraters.errors import CatalogueError


@pytest.fixture
def found(three):
    craters = three.craters.assign(diameter_km=10 * three.craters["diameter_km"])
    return lc.Catalogue(craters, three.crs, thresholds=three.thresholds)


def test_a_catalogue_is_a_geodataframe_and_a_file(found, tmp_path):
    assert isinstance(found.geodataframe, gpd.GeoDataFrame)
    assert found.geodataframe.geom_type.eq("Polygon").all()
    found.chosen().to_file(tmp_path / "a.gpkg")
    again = lc.read_catalogue(tmp_path / "a.gpkg")
    assert isinstance(again, lc.Catalogue)
    assert again.craters["diameter_km"].tolist() == [30.0, 20.0]


def test_craters_are_chosen_by_score_size_and_place(found):
    assert len(found.chosen(0)) == 3
    assert len(found.chosen(0, max_diameter=20.0)) == 2
    assert found.chosen(0, area=(1.5, -1, 9, 1)).craters["lon"].tolist() == [2.0, 3.0]
    assert isinstance(found.chosen(0), lc.Catalogue)
    with pytest.raises(CatalogueError):
        found.chosen("best")


def test_a_catalogue_is_scored_against_another_or_a_file(found, tmp_path):
    found.to_file(tmp_path / "reference.csv")
    for reference in (found, tmp_path / "reference.csv"):
        scores = found.evaluate(reference)
        assert (scores.chosen.precision, scores.chosen.recall) == (1.0, pytest.approx(2 / 3))
        assert found.evaluate(reference, "offset", min_score=0).chosen.recall == 1.0


def test_a_scene_is_searched_and_drawn(scene, tmp_path):
    found = lc.detect(scene, tmp_path / "run", workers=1, levels=1)
    assert len(found.chosen()) > 100
    assert len(lc.read_run(tmp_path / "run")) == len(found)
    found.chosen("pure").plot(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 100_000


def test_the_import_is_light():
    code = (
        "import sys, lunarcraters as lc; lc.read_catalogue; "
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
