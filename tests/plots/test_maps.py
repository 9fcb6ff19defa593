from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest
from affine import Affine

import lunarcraters as lc
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import read_manifest, write_manifest
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import circle_outlines_px
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.plots.maps import _MARGINS_PX, draw_map, map_figure
from tests.hazard.grounds import DEGREES, degrees, write_run
from tests.rasters import write_raster


@pytest.fixture
def mosaic(tmp_path):
    noise = np.random.default_rng(0).integers(80, 120, (300, 400), np.uint8)
    affine = Affine(100, 0, 0, 0, -100, 0)
    return open_mosaic(write_raster(tmp_path / "mosaic.tif", noise, affine=affine))


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


@pytest.mark.parametrize("affine", [
    Affine(0.01, 0, 10, 0, -0.01, 61.5),  # columns at 60 north are half as wide as rows are high
    Affine(0.01, 0, 10, 0, -0.03, 4.5), Affine(0.02, 0.01, 10, 0.01, -0.02, 1.0),
])  # fmt: skip
def test_the_scale_bar_is_as_long_as_the_ground_along_it(tmp_path, affine):
    path = write_raster(tmp_path / "a.tif", np.full((300, 400), 9, np.uint8), DEGREES, affine)
    mosaic = open_mosaic(path)
    none = pd.DataFrame({"lon": [], "lat": [], "diameter_km": [], "score": []})
    axes = map_figure(Catalogue(none, sphere.geographic_crs()), mosaic).axes[0]
    (label,) = [text.get_text() for text in axes.texts if text.get_text().endswith(" km")]
    (bar,) = [line.get_xdata() for line in axes.lines if line.get_linewidth() == 3]
    half = np.ptp(bar) / 2.0
    lon, lat = mosaic.grid.to_lonlat([200.0 - half, 200.0 + half], [150.0, 150.0])
    length_km = sphere.distance_km(lon[0], lat[0], lon[1], lat[1])
    assert length_km == pytest.approx(float(label[:-3]), rel=0.01)


def test_the_scale_bar_has_no_caps_that_make_it_longer(tmp_path):
    path = write_raster(
        tmp_path / "a.tif", np.full((300, 400), 9, np.uint8), affine=Affine(100, 0, 0, 0, -100, 0)
    )
    craters = pd.DataFrame({"lon": [0.5], "lat": [-0.1], "diameter_km": [1.0], "score": [0.9]})
    draw_map(Catalogue(craters, sphere.geographic_crs()), open_mosaic(path), tmp_path / "map.png")
    left, _, _, top = _MARGINS_PX
    picture = cv2.imread(str(tmp_path / "map.png"), cv2.IMREAD_GRAYSCALE)
    row = picture[top + round(0.97 * 300), left : left + 400]
    assert (row > 200).sum() == pytest.approx(100, abs=1)  # 10 km at 100 m per pixel


@pytest.mark.parametrize("searched_as_heights", [True, False])
def test_ground_is_drawn_as_its_run_searched_it(tmp_path, searched_as_heights):
    bend = np.linspace(0.0, 1.0, 400) ** 2
    heights = 900.0 * (bend[:, None] + bend)  # above zero, so that nothing says that it is
    affine = degrees(10, 1)
    dem = write_raster(tmp_path / "site.tif", heights.astype(np.float32), DEGREES, affine)
    searched = np.ones(heights.shape, bool)
    run = write_run(tmp_path / "run", DEGREES, affine, searched, [], dem=dem)
    if not searched_as_heights:
        manifest = read_manifest(run)
        write_manifest(replace(manifest, settings={"version": "1"}), run)
    left, _, _, top = _MARGINS_PX
    craters = lc.read_run(run).with_info(properties={"input": str(dem)})
    for number, catalogue in enumerate((run, craters)):
        lc.plot_map(catalogue, tmp_path / f"{number}.png")
        whole = cv2.imread(str(tmp_path / f"{number}.png"), cv2.IMREAD_GRAYSCALE).astype(float)
        picture = whole[top : top + 400, left : left + 400]
        likeness = np.corrcoef(picture.ravel(), heights.ravel())[0, 1]
        assert (likeness > 0.95) == (not searched_as_heights)


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
