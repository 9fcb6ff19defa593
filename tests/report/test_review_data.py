"""What the page holds for its review mode."""

import base64
import json
import re

import cv2
import numpy as np
import pandas as pd
import pytest
from affine import Affine

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CratersWarning
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.report import page as page_module
from lunarcraters.report.ground import make_lattice
from lunarcraters.report.page import write_report

from ..rasters import write_raster
from .pages import write_run


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """A mosaic with more columns than its picture, 4500 x 200, of a pattern of 3 px."""
    values = np.random.default_rng(1).integers(1, 255, (67, 1500)).astype(np.uint8)
    values = np.kron(values, np.ones((3, 3), np.uint8))[:200]
    path = tmp_path_factory.mktemp("wide") / "wide.tif"
    return write_raster(path, values, affine=Affine(100, 0, -225e3, 0, -100, 10e3))


@pytest.fixture(scope="module")
def craters(wide):
    grid = open_mosaic(wide).grid
    lon, lat = grid.to_lonlat(np.linspace(200, 4300, 9), np.full(9, 100.0))
    table = {"lon": lon, "lat": lat, "diameter_km": 2.0, "score": np.linspace(0.1, 0.9, 9)}
    return Catalogue(pd.DataFrame(table), sphere.geographic_crs(), thresholds={"balanced": 0.5})


def _read_data(run, out, mosaic, **options):
    write_report(run, out, open_mosaic(mosaic), **options)
    return json.loads(re.search(r'id="review-data">(.*?)</script>', out.read_text()).group(1))


@pytest.mark.slow
def test_the_most_doubtful_craters_are_shown_at_full_resolution(wide, craters, tmp_path):
    run = write_run(tmp_path / "run", craters, wide)
    closeups = _read_data(run, tmp_path / "a.html", wide, closeups=3)["closeups"]
    nearest = np.argsort(np.abs(craters.scores - 0.5), kind="stable")[:3]
    assert sorted(map(int, closeups)) == sorted(nearest.tolist())
    mosaic = open_mosaic(wide)
    for row, closeup in closeups.items():
        x, _ = mosaic.grid.from_lonlat(*craters.positions[int(row)])
        assert closeup["left"] + closeup["side"] / 2 == pytest.approx(x, abs=1)
        assert closeup["side"] == pytest.approx(120, abs=2)
        picture = base64.b64decode(closeup["picture"].split(",")[1])
        grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
        box = (closeup["left"], closeup["top"], closeup["side"], closeup["side"])
        assert np.corrcoef(grey.ravel(), mosaic.read(box)[0].ravel())[0, 1] > 0.98
    assert not _read_data(run, tmp_path / "b.html", wide, closeups=0)["closeups"]


@pytest.mark.slow
def test_the_saved_file_tells_which_craters_the_page_holds(wide, craters, tmp_path, monkeypatch):
    run = write_run(tmp_path / "run", craters, wide)
    whole = _read_data(run, tmp_path / "a.html", wide)
    assert whole["collection"]["catalogue"]["limits"]["min_diameter"] == 0.0
    assert whole["collection"]["catalogue"]["properties"]["review_of"] == whole["identity"]
    monkeypatch.setattr(page_module, "MOST", 4)
    with pytest.warns(CratersWarning, match="holds the 4 largest of 9 craters"):
        part = _read_data(run, tmp_path / "b.html", wide)
    assert part["collection"]["catalogue"]["limits"]["min_diameter"] == pytest.approx(2.0)
    assert part["ids"] == whole["ids"][:4]
    assert part["identity"] == whole["identity"]


@pytest.mark.parametrize("name", ["globe", "cap", "midlatitude"])
def test_a_lattice_is_as_fine_as_its_projection_asks_for(name, request):
    mosaic = open_mosaic(request.getfixturevalue(name))
    lattice = make_lattice(mosaic.grid, mosaic.pixel_size_m)
    assert lattice.columns == {"globe": 65, "cap": 9, "midlatitude": 9}[name]
    vectors = np.frombuffer(base64.b64decode(lattice.vectors)).reshape(-1, lattice.columns, 3)
    x, y = lattice.left + 2 * lattice.step_x, lattice.top + 3 * lattice.step_y
    wanted = sphere.unit_vectors(*mosaic.grid.to_lonlat(x, y))
    np.testing.assert_allclose(vectors[3, 2], wanted, atol=1e-12)
