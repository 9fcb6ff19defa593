import re
import shutil
import zipfile

import numpy as np
import pytest
from bokeh.models import HoverTool

import lunarcraters as lc
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OutputError
from lunarcraters.geometry import sphere
from lunarcraters.report.explore import _make_plane

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]


@pytest.fixture
def pixels(three):
    craters = three.craters.rename(
        columns={"lon": "x", "lat": "y", "diameter_km": "diameter_px"}
    )[["x", "y", "diameter_px", "score"]]  # fmt: skip
    return Catalogue(craters, None)


def test_a_notebook_shows_number_sizes_coordinate_system_and_ground(three):
    text = three.with_info(footprint_area_km2=1234.5)._repr_html_()
    for part in ("3 craters", "1 to 3 km", "1,234.5 km² searched", "<td>0.9</td>"):
        assert part in text
    assert sphere.geographic_crs().name in text
    assert text.count("<tr>") == 3


def test_a_notebook_shows_basins_without_exponents(three):
    craters = three.craters.assign(diameter_km=[1.0, 2.0, 2491.0])
    assert "1 to 2490 km" in Catalogue(craters, three.crs)._repr_html_()


def test_a_notebook_shows_pixels_and_catalogues_without_craters(three, pixels):
    assert "1 to 3 px; pixels without coordinates" in pixels._repr_html_()
    assert "0 craters" in three.rows(slice(0))._repr_html_()


def test_a_circle_in_degrees_is_wider_by_the_cosine_of_its_latitude(three):
    craters = three.craters.assign(lat=[0.0, 60.0, -90.0])
    plot = _make_plane(Catalogue(craters, three.crs))
    data = plot.select_one({"name": "craters"}).data_source.data
    degree = np.radians(1) * sphere.RADIUS_M / 1000
    np.testing.assert_allclose(data["height"], np.array([3.0, 2.0, 1.0]) / degree)
    np.testing.assert_allclose(data["width"], np.array([3.0, 4.0, 360.0 * degree]) / degree)


def test_the_pointer_shows_craters_of_metres_as_of_kilometres(three):
    (hover,) = _make_plane(three).select({"type": HoverTool})
    shown = dict(hover.tooltips)["diameter"]
    digits = re.findall(r"@(\w+)\{(.*?)\}", shown)
    assert [format_ % 0.0060514 for _, format_ in digits] == ["0.006051", "0.0061"]
    assert all(hover.formatters[f"@{name}"] == "printf" for name, _ in digits)


def test_an_image_without_coordinates_has_y_downwards(pixels):
    data = _make_plane(pixels).select_one({"name": "craters"}).data_source.data
    np.testing.assert_array_equal(data["y"], -pixels.positions[:, 1])


def test_a_catalogue_and_a_mosaic_of_other_kinds_are_refused(pixels, scene):
    with pytest.raises(CatalogueError, match="pixels"):
        pixels.explore(mosaic=scene)


def test_the_page_is_saved_once_and_shown_in_a_frame(three, tmp_path):
    shown = three.explore()
    shown.save(tmp_path / "a.html")
    with pytest.raises(OutputError, match="exists already"):
        shown.save(tmp_path / "a.html")
    shown.save(tmp_path / "a.html", overwrite=True)
    assert shown._repr_html_().startswith('<iframe srcdoc="')
    # Everything is in the page: nothing is loaded from elsewhere.
    page = (tmp_path / "a.html").read_text()
    assert "<script src" not in page
    assert "<link" not in page


@pytest.mark.slow
def test_a_map_over_its_mosaic_works_in_a_browser_without_network(three, scene, tmp_path):
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    craters = three.craters.assign(lon=[28.0, 29.0, 29.5])
    lc.explore(Catalogue(craters, three.crs), mosaic=scene).save(tmp_path / "a.html")
    complaints = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = chromium.new_context(offline=True).new_page()
        tab.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("requestfailed", lambda request: complaints.append(request.url))
        tab.goto((tmp_path / "a.html").as_uri())
        drawn = "Bokeh.documents[0].get_model_by_name('craters').view.filter.indices"
        tab.wait_for_function("globalThis.Bokeh && Bokeh.documents.length > 0")
        # Zoomed on the first crater, at its place in pixels of the mosaic.
        tab.evaluate(
            "(() => { const p = Bokeh.documents[0].get_model_by_name('map');"
            "const d = Bokeh.documents[0].get_model_by_name('craters').data_source.data;"
            "p.x_range.setv({start: d.x[0] - 20, end: d.x[0] + 20});"
            "p.y_range.setv({start: d.y[0] - 20, end: d.y[0] + 20}); })()"
        )
        tab.wait_for_function(f"{drawn}.length === 1")
        assert tab.evaluate(f"[...{drawn}]") == [0]
        chromium.close()
    assert complaints == []


def test_the_mosaic_that_was_searched_lies_underneath_if_it_can_be_read(three, scene, tmp_path):
    def has_mosaic(name):
        return (
            "data:image/jpeg" in three.with_info(properties={"input": str(name)}).explore().html()
        )

    assert has_mosaic(scene)
    (tmp_path / "broken.tif").write_bytes(b"II*\0")
    assert not has_mosaic(tmp_path / "broken.tif")
    assert not has_mosaic(tmp_path / "missing.tif")


def test_the_mosaic_may_have_any_name_that_gdal_opens(three, scene, tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "delivery.zip", "w") as archive:
        archive.write(scene, "m.tif")
    monkeypatch.chdir(tmp_path)
    assert "data:image/jpeg" in lc.explore(three, mosaic="zip://delivery.zip!m.tif").html()
