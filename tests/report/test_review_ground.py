"""Circles on the page's map and on the Moon, in a browser."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.outlines import crater_outlines
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.report.page import write_report

from ..rasters import HALF_TURN_M, SIMPLE_CYLINDRICAL, write_sphere
from .pages import distance_km, drag, press, save, write_run

pytestmark = pytest.mark.slow


def _across(folder):
    """A mosaic across the antimeridian, whose columns are meridians: 400 x 300."""
    affine = Affine(2000, 0, HALF_TURN_M - 400e3, 0, -2000, 300e3)
    return write_sphere(folder / "across.tif", SIMPLE_CYLINDRICAL, affine, 400, 300)


@pytest.mark.parametrize("name", ["globe", "cap", "midlatitude", "across"])
def test_circles_are_where_the_program_has_them(name, request, open_tab, tmp_path):
    path = _across(tmp_path) if name == "across" else request.getfixturevalue(name)
    mosaic = open_mosaic(path)
    rng = np.random.default_rng(2)
    size = np.array([mosaic.width, mosaic.height])
    points = rng.uniform(0.05, 0.95, (40, 2)) * size
    points[0] = size / 2 + 0.3  # at the pole, or across the antimeridian
    points[1] = [1.5, size[1] / 2]
    lon, lat = mosaic.grid.to_lonlat(*points.T)
    diameters = rng.uniform(8, 40, 40) * mosaic.pixel_size_m / 1000.0
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameters, "score": 0.5})
    catalogue = Catalogue(craters, sphere.geographic_crs())
    write_report(write_run(tmp_path / "run", catalogue, path), tmp_path / "a.html", mosaic)
    tab, complaints = open_tab(tmp_path / "a.html", "#review")
    placed = tab.evaluate(
        "[...review.craters.x.keys()].map(row => { const c = review.circleOf(row);"
        "const e = review.ground.ellipse(c), o = review.map.ellipseOf(row);"
        "return [e.x, e.y, e.width, e.height, o.x, o.y, o.width, o.height] })"
    )
    here, there = np.split(np.array(placed), 2, axis=1)
    np.testing.assert_allclose(here[:, :2], there[:, :2], atol=0.05)
    np.testing.assert_allclose(here[:, 2:], there[:, 2:], rtol=0.002)
    _check_drawn(tab, mosaic, points)
    rows = save(tab, tmp_path / "a.geojson")
    assert [row["diameter_km"] for row in rows] == catalogue.diameters.tolist()
    features = json.loads((tmp_path / "a.geojson").read_text())["features"]
    for feature, wanted in zip(features, crater_outlines(catalogue), strict=True):
        outline = shapely.geometry.shape(feature["geometry"])
        assert outline.is_valid
        assert shapely.symmetric_difference(outline, wanted).area < 1e-6 * wanted.area
    assert complaints == []


def _check_drawn(tab, mosaic, points):
    """Circles by centre and rim, and by three points, are those on the sphere."""
    for x, y in points:
        ends = np.array([[x, -y], [x + 3.0, -y + 4.0]])
        lon, lat = mosaic.grid.to_lonlat(ends[:, 0], -ends[:, 1])
        drawn = tab.evaluate("([a, b]) => review.ground.circleByRim(a, b)", ends.tolist())
        assert drawn["diameter"] == pytest.approx(2 * distance_km(lon, lat), rel=0.005)
        middle = [drawn["across"], drawn["along"]]
        off_km = float(sphere.distance_km(*middle, lon[0], lat[0]))
        assert off_km < 0.03 * mosaic.pixel_size_m / 1000.0
        rim = sphere.circle_points(*middle, drawn["diameter"], 3)
        px, py = (values[0] for values in mosaic.grid.from_lonlat(*rim))
        if np.ptp(px) > mosaic.width / 2:
            continue  # the rim leaves the map on one side
        corners = np.column_stack([px, -py]).tolist()
        again = tab.evaluate("points => review.ground.circleThrough(...points)", corners)
        assert again["diameter"] == pytest.approx(drawn["diameter"], rel=0.01)
        assert (
            sphere.distance_km(*middle, again["across"], again["along"]) < 0.05 * drawn["diameter"]
        )


def test_images_without_coordinates_are_reviewed_in_pixels(noise, open_tab, tmp_path):
    path = tmp_path / "image.png"
    cv2.imwrite(str(path), noise)
    x, y = np.random.default_rng(3).uniform(20, 260, (2, 30))
    craters = pd.DataFrame({"x": x, "y": y, "diameter_px": np.linspace(8, 40, 30), "score": 0.5})
    catalogue = Catalogue(craters, None)
    write_report(
        write_run(tmp_path / "run", catalogue, path), tmp_path / "a.html", open_mosaic(path)
    )
    tab, complaints = open_tab(tmp_path / "a.html", "#review")
    press(tab, "n", "a", "0", "d")
    drag(tab, (100, -120), (110, -120))
    rows = save(tab, tmp_path / "a.geojson")
    assert (rows[-1]["x"], rows[-1]["y"]) == pytest.approx((100, 120), abs=0.5)
    assert rows[-1]["diameter_px"] == pytest.approx(20, abs=1)
    read = read_catalogue(tmp_path / "a.geojson")
    assert not read.has_crs
    assert len(read) == 31
    features = json.loads((tmp_path / "a.geojson").read_text())["features"]
    for feature, wanted in zip(features[:30], crater_outlines(catalogue), strict=True):
        outline = shapely.geometry.shape(feature["geometry"])
        assert shapely.symmetric_difference(outline, wanted).area < 1e-6 * wanted.area
    assert complaints == []
