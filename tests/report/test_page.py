import json
import re
import shutil
from dataclasses import replace

import pytest
from click.testing import CliRunner

import lunarcraters as lc
from lunarcraters.catalogue.csfd import count_by_size
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.cli.report import command
from lunarcraters.detection.manifest import TILE_COUNT, read_manifest, write_manifest
from lunarcraters.detection.run import CRATERS
from lunarcraters.errors import CatalogueError, OutputError, RunError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.report.page import write_report

from .pages import points, write_run


@pytest.fixture(scope="session")
def page(run, scene, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    reference = path.with_suffix(".csv")
    found = _read(run)
    write_catalogue(found.filter(0.7), reference)
    write_report(run, path, open_mosaic(scene), reference=reference)
    return path


def _read(run):
    from lunarcraters.detection.run import read_run

    return read_run(run)


@pytest.mark.slow
def test_a_page_needs_no_other_file(page):
    text = page.read_text()
    markup = re.sub(r"<script[^>]*>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:)", markup)
    assert "url(" not in markup
    assert "&lt;/script&gt;&lt;b&gt;" in markup, "what others wrote is text"
    items = re.findall(r'<script type="application/json" id="(.+?)">(.*?)</script>', text)
    for name, item in items:
        assert json.loads(item), name
    assert {"map-item", "relative-item", "precision-item", "about"} <= {name for name, _ in items}


@pytest.mark.slow
def test_a_page_tells_how_good_the_run_is(page):
    text = page.read_text()
    assert "recall 1.000" in text
    assert "Match: circle IoU &gt;= 0.5." in text
    assert "Counted on 5,000.0 km²" in text


@pytest.mark.slow
def test_a_run_without_craters_has_a_page(run, scene, tmp_path):
    empty = tmp_path / "run"
    shutil.copytree(run, empty)
    found = _read(run)
    write_catalogue(found.filter(1.0), empty / CRATERS, overwrite=True)
    assert write_report(empty, tmp_path / "a.html", open_mosaic(scene)) == 0
    about = re.search(r'id="about">(.*?)<', (tmp_path / "a.html").read_text()).group(1)
    assert json.loads(about)["total"] == 0


@pytest.mark.slow
def test_the_command_writes_a_page_once(run, tmp_path):
    out = tmp_path / "a.html"
    assert "300 craters" in CliRunner().invoke(command, [str(run), "-o", str(out)]).output
    again = CliRunner().invoke(command, [str(run), "-o", str(out)])
    assert isinstance(again.exception, OutputError)
    wrong = CliRunner().invoke(command, [str(run), "-o", f"{out}2", "--min-score", "best"])
    assert isinstance(wrong.exception, CatalogueError)
    none = CliRunner().invoke(command, [str(tmp_path), "-o", f"{out}2"])
    assert isinstance(none.exception, RunError)
    assert not out.with_name("a.html2").exists()


@pytest.fixture
def shown(open_tab, page):
    """The page in a browser that has no network, and what it complained of."""
    return open_tab(page)


def slide(tab, name, value):
    tab.eval_on_selector(
        f"#{name}", f"e => {{e.value = {value}; e.dispatchEvent(new Event('input'))}}"
    )
    tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.slow
def test_a_browser_counts_as_the_program_does(run, shown):
    tab, complaints = shown
    for score in (0.40037, 0.8, 0.5):
        if score != 0.40037:  # where it stands at first, between two steps of the slider
            slide(tab, "least-score", score)
        chosen = _read(run).filter(score)
        assert tab.get_attribute("body", "data-shown") == str(len(chosen))
        counted = count_by_size(chosen, chosen.footprint_area_km2)
        full = counted.counts > 0
        wanted = {
            "cumulative": counted.cumulative,
            "differential": counted.differential,
            "relative": counted.relative,
        }
        for plot, values in wanted.items():
            assert points(tab, plot)["y"] == pytest.approx(values[full].tolist(), rel=1e-9)
        at = counted.edges[:-1][full] >= counted.complete_from_km * (1 - 1e-9)
        assert points(tab, "relative")["face"] == at.astype(float).tolist()
        assert sum(points(tab, "scores")["top"]) == len(chosen)
    assert complaints == []


@pytest.mark.slow
def test_a_browser_filters_by_diameter_and_moves_by_keyboard(shown):
    tab, complaints = shown
    slide(tab, "least-score", 0)
    assert tab.get_attribute("body", "data-shown") == "300"
    slide(tab, "least-diameter", 500)
    few = int(tab.get_attribute("body", "data-shown"))
    assert 0 < few < 300
    slide(tab, "most-diameter", 400)
    assert tab.get_attribute("body", "data-shown") == "0"
    start = "Bokeh.documents[0].roots()[0].x_range.start"
    before = tab.evaluate(start)
    tab.focus("#map")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(start) > before
    tab.check("[data-layer=reference]")
    assert tab.evaluate("Bokeh.documents[0].get_model_by_name('reference').visible")
    assert complaints == []


@pytest.mark.slow
def test_the_number_of_tiles_is_told_once(run, scene, tmp_path):
    copy = shutil.copytree(run, tmp_path / "run")
    manifest = read_manifest(copy)
    counted = replace(manifest, settings=manifest.settings | {TILE_COUNT: 7})
    write_manifest(counted, copy)
    write_report(copy, tmp_path / "page.html", open_mosaic(scene))
    assert TILE_COUNT not in (tmp_path / "page.html").read_text()


def test_a_report_takes_the_place_of_nothing_that_it_shows(three, scene, tmp_path):
    finished = write_run(tmp_path / "run", three, scene)
    path = tmp_path / "a.geojson"
    lc.export(finished, path)
    before = path.read_bytes()
    for options in ({"edited": path}, {"reference": path}):
        with pytest.raises(OutputError, match=r"a\.geojson is read for the result"):
            lc.write_report(finished, path, overwrite=True, **options)
    assert path.read_bytes() == before
