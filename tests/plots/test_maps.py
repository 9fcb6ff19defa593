import cv2
import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine
from rasterio.transform import from_origin

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import circle_outlines_px
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.plots.maps import _MARGINS_PX, draw_map
from tests.rasters import write_raster


@pytest.fixture
def mosaic(tmp_path):
    path = tmp_path / "mosaic.tif"
    noise = np.random.default_rng(0).integers(80, 120, (300, 400), np.uint8)
    with rasterio.open(
        path, "w", driver="GTiff", width=400, height=300, count=1, dtype="uint8",
        crs="IAU_2015:30110", transform=from_origin(0, 0, 100, 100),
    ) as raster:  # fmt: skip
        raster.write(noise, 1)
    return open_mosaic(path)


def test_a_crater_is_drawn_where_it_is(mosaic, tmp_path):
    lon, lat = mosaic.grid.to_lonlat([120.0], [200.0])
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": [8.0], "score": [0.9]})
    draw_map(Catalogue(craters, sphere.geographic_crs()), mosaic, tmp_path / "map.png")
    whole = cv2.imread(str(tmp_path / "map.png")).astype(int)
    left, bottom, right, top = _MARGINS_PX
    assert whole.shape[:2] == (300 + bottom + top, 400 + left + right)
    picture = whole[top : top + 300, left : left + 400]
    rows, columns = np.nonzero(np.ptp(picture, axis=2) > 60)
    radius = np.hypot(columns + 0.5 - 120, rows + 0.5 - 200)
    assert len(radius) > 100
    assert np.abs(radius - 40).max() < 3


def test_a_crater_across_the_edge_is_drawn_at_both_ends_and_not_between(tmp_path):
    path = tmp_path / "globe.tif"
    write_raster(path, np.full((180, 360), 100, np.uint8), "IAU_2015:30100", Affine(
        1, 0, -180, 0, -1, 90))  # fmt: skip
    craters = pd.DataFrame({"lon": [179.0], "lat": [0.0], "diameter_km": [600.0], "score": [0.9]})
    draw_map(Catalogue(craters, sphere.geographic_crs()), open_mosaic(path), tmp_path / "map.png")
    left, _, _, top = _MARGINS_PX
    picture = cv2.imread(str(tmp_path / "map.png")).astype(int)[top : top + 180, left : left + 360]
    columns = np.nonzero(np.ptp(picture, axis=2) > 60)[1]
    assert (columns < 12).any()
    assert (columns > 345).any()
    assert not ((columns > 20) & (columns < 340)).any()


def test_outlines_are_made_some_at_a_time_and_drawn_as_all_at_once(mosaic, tmp_path, monkeypatch):
    random = np.random.default_rng(1)
    lon, lat = mosaic.grid.to_lonlat(random.uniform(0, 400, 250), random.uniform(0, 300, 250))
    columns = {"diameter_km": random.uniform(0.5, 9, 250), "score": random.uniform(0, 1, 250)}
    catalogue = Catalogue(
        pd.DataFrame({"lon": lon, "lat": lat, **columns}), sphere.geographic_crs()
    )
    draw_map(catalogue, mosaic, tmp_path / "at_once.png")
    made = []

    def make_counting(positions, *others):
        made.append(len(positions))
        return circle_outlines_px(positions, *others)

    monkeypatch.setattr("lunarcraters.plots.maps.circle_outlines_px", make_counting)
    monkeypatch.setattr("lunarcraters.plots.maps._AT_ONCE", 100, raising=False)
    draw_map(catalogue, mosaic, tmp_path / "map.png")
    assert (tmp_path / "map.png").read_bytes() == (tmp_path / "at_once.png").read_bytes()
    assert made == [100, 100, 50]


def test_small_craters_do_not_hide_a_large_one(mosaic, tmp_path):
    columns = np.linspace(140, 260, 200)
    lon, lat = mosaic.grid.to_lonlat([200.0, *columns], [150.0] + [100.0] * 200)
    sizes = {"diameter_km": [10.0] + [0.6] * 200, "score": [1.0] + [0.0] * 200}
    craters = pd.DataFrame({"lon": lon, "lat": lat, **sizes})
    pictures = []
    for some in (craters, craters[:1]):
        draw_map(Catalogue(some, sphere.geographic_crs()), mosaic, tmp_path / "map.png")
        pictures.append(cv2.imread(str(tmp_path / "map.png")).astype(int))
    drawn, alone = pictures
    blue, green, _ = np.moveaxis(alone, -1, 0)
    yellow = (green > 180) & (blue < 60)  # a score of 1; 0 is red
    assert yellow.sum() > 100
    assert drawn[yellow][:, 1].min() > 130


def test_pixels_are_not_drawn_on_the_sphere(mosaic, tmp_path):
    craters = pd.DataFrame({"x": [1.0], "y": [1.0], "diameter_px": [8.0]})
    with pytest.raises(CatalogueError, match="pixels"):
        draw_map(Catalogue(craters, None), mosaic, tmp_path / "map.png")
    assert not (tmp_path / "map.png").exists()
