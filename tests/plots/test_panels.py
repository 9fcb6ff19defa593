from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.plots.panels import SIDE_PX, draw_panels, panels_figure
from tests.hazard.grounds import DEGREES, degrees
from tests.rasters import write_raster


@pytest.fixture
def mosaic(scene):
    return open_mosaic(scene)


def craters_at(mosaic, x, y, diameter_km=3.0):
    lon, lat = mosaic.grid.to_lonlat(np.array(x, float), np.array(y, float))
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameter_km, "score": 0.9})
    return Catalogue(table, sphere.geographic_crs())


@pytest.mark.slow
def test_the_fullest_pieces_are_shown(mosaic, tmp_path):
    found = craters_at(mosaic, [100, 120, 140, 900, 920, 500], [100, 120, 140, 900, 920, 500])
    assert draw_panels(found, mosaic, None, None, tmp_path / "a.png", count=2) == 2
    assert draw_panels(found, mosaic, None, None, tmp_path / "b.png") == 3
    narrow, wide = (cv2.imread(str(tmp_path / name)) for name in ("a.png", "b.png"))
    assert narrow.shape[1] == wide.shape[1]
    assert narrow.shape[0] < wide.shape[0]


def test_boxes_are_red_where_found_and_green_in_the_reference(mosaic, tmp_path):
    found, known = craters_at(mosaic, [100], [100]), craters_at(mosaic, [200], [200])
    draw_panels(found, mosaic, None, from_catalogue(known), tmp_path / "a.png")
    blue, green, red = np.moveaxis(cv2.imread(str(tmp_path / "a.png")).astype(int), -1, 0)
    at_red = np.nonzero((red > 200) & (green < 60) & (blue < 60))
    at_green = np.nonzero((green > 200) & (red < 60) & (blue < 60))
    assert len(at_red[0]) > 40
    assert len(at_green[0]) > 40
    assert at_red[0].mean() < at_green[0].mean()
    assert at_red[1].mean() < at_green[1].mean()


def test_craters_off_the_mosaic_are_nothing_to_draw(mosaic, tmp_path):
    found = craters_at(mosaic, [-5000], [-5000])
    with pytest.raises(CatalogueError, match="no crater"):
        draw_panels(found, mosaic, None, None, tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_where_no_crater_scores_enough_the_score_is_to_be_lowered(mosaic, tmp_path):
    found = craters_at(mosaic, [100], [100]).filter(0.95)
    with pytest.raises(CatalogueError, match="no craters to draw: lower --min-score"):
        draw_panels(found, mosaic, None, None, tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("is_elevation", [True, False])
def test_heights_are_shaded(tmp_path, is_elevation):
    x = np.arange(SIDE_PX)
    heights = np.tile(4.0 * x + 20.0 * np.sin(x / 3.0), (SIDE_PX, 1))
    path = write_raster(tmp_path / "dem.tif", heights.astype(np.float32), DEGREES, degrees(10, 1))
    ground = replace(open_mosaic(path), elevation=is_elevation)
    figure = panels_figure([ground.grid.box], ground, None, np.empty((0, 4, 2), np.float32), None)
    for axes in figure.axes:
        picture = axes.images[0].get_array()[..., 0]
        likeness = np.corrcoef(picture.ravel(), heights.ravel())[0, 1]
        assert (likeness > 0.95) == (not is_elevation)
