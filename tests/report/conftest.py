"""A run by lot, and a browser without a network to look at its page."""

import shutil

import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.report.page import write_report

from .pages import write_run

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]


@pytest.fixture(scope="session")
def run(tmp_path_factory, scene):
    """A run over the scene whose craters are by lot."""
    path = tmp_path_factory.mktemp("report") / "run"
    mosaic = open_mosaic(scene)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(100, 900, (2, 300))
    lon, lat = mosaic.grid.to_lonlat(x, y)
    diameters = 0.8 * rng.pareto(2.0, 300) + 0.8
    scores = rng.uniform(0.05, 1.0, 300)
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameters, "score": scores})
    found = Catalogue(
        craters,
        sphere.geographic_crs(),
        footprint_area_km2=5000.0,
        thresholds={"balanced": 0.40037},
    )
    return write_run(path, found, scene)


@pytest.fixture(scope="session")
def page(run, scene, tmp_path_factory):
    """The page of the run."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(run, path, open_mosaic(scene))
    return path


@pytest.fixture
def browser():
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_tab(browser):
    """Opens a page without a network: the tab, and what it complained of."""
    context = browser.new_context(offline=True, viewport={"width": 1200, "height": 900})

    def open_page(path, fragment="", within=context):
        tab, complaints = within.new_page(), []
        tab.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(path.as_uri() + fragment)
        tab.wait_for_selector("body[data-ready=yes]", state="attached")
        return tab, complaints

    return open_page
