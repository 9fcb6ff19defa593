"""The review mode of the page, in a browser."""

import json
import re

import numpy as np
import pandas as pd
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.detection.run import read_run
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.report.page import write_report

from .pages import current, distance_km, drag, on_screen, press, save, stored, told, write_run

pytestmark = pytest.mark.slow


@pytest.fixture
def review(open_tab, page):
    """The page in its review mode; it complained of nothing in the end."""
    tab, complaints = open_tab(page, "#review")
    yield tab
    assert complaints == []


def test_200_craters_are_reviewed_by_keyboard(review, run, tmp_path):
    scores = read_run(run).scores
    doubtful = np.argsort(np.abs(scores - 0.40037), kind="stable")[:200].tolist()
    press(review, "n")
    for number, row in enumerate(doubtful):
        assert current(review) == row
        press(review, "r" if number % 3 == 0 else "a")
    assert told(review, "counts").startswith(
        "200 of 300 reviewed. In all 133 accepted, 67 rejected"
    )
    path = tmp_path / "review.geojson"
    rows = save(review, path)
    wanted = np.full(300, "unseen", dtype=object)
    wanted[doubtful] = "accepted"
    wanted[doubtful[::3]] = "rejected"
    assert [row["review"] for row in rows] == wanted.tolist()
    exported = pd.DataFrame(rows).drop(columns="review").fillna({"diameter_sd_km": np.nan})
    pd.testing.assert_frame_equal(exported, read_run(run).craters, check_dtype=False)
    assert read_catalogue(path).thresholds == {"balanced": 0.40037}
    again = review.context.new_page()
    again.goto(review.url)
    again.wait_for_selector("body[data-ready=yes]", state="attached")
    assert stored(again) == stored(review), "a closed page keeps its review"


def test_pages_of_different_runs_keep_different_reviews(review, run, scene, tmp_path):
    press(review, "n", "a", "n", "r")
    craters = read_run(run).rows(slice(100))
    write_run(tmp_path / "run", craters, scene)
    write_report(tmp_path / "run", tmp_path / "a.html", open_mosaic(scene))
    path = tmp_path / "review.geojson"
    save(review, path)
    before = stored(review)
    review.reload()
    review.wait_for_selector("body[data-ready=yes]", state="attached")
    assert stored(review) == before
    review.goto((tmp_path / "a.html").as_uri() + "#review")
    review.wait_for_selector("body[data-ready=yes]", state="attached")
    assert stored(review)["accepted"] == []
    review.set_input_files("#review-file", path)
    review.wait_for_function("review.element('note').value")
    assert "another run" in told(review, "note")
    assert stored(review)["accepted"] == []


def test_everything_can_be_undone_and_redone(review):
    states = [stored(review)]
    for keys in (
        ["n", "a"],
        ["r"],
        ["i"],
        ["Shift+ArrowRight"],
        ["."],
        ["r"],
        ["n", "n", ","],
        ["u"],
    ):
        press(review, *keys)
        states.append(stored(review))
    for state in states[-2::-1]:
        press(review, "z")
        assert stored(review) == state
    press(review, "z")
    assert told(review, "note") == "There is nothing to undo."
    for state in states[1:]:
        press(review, "Control+Shift+Z")
        assert stored(review) == state
    press(review, "Control+z", "n", "r", "y")
    assert told(review, "note") == "There is nothing to redo."


def test_the_mouse_draws_moves_and_resizes(review, scene, tmp_path):
    grid = open_mosaic(scene).grid
    press(review, "d")
    drag(review, (300, -400), (330, -400))
    press(review, "d", "t")
    for angle in (0.3, 2.0, 4.5):
        x, y = on_screen(review, 600 + 20 * np.cos(angle), -500 + 20 * np.sin(angle))
        review.mouse.click(x, y)
    press(review, "Escape")
    rows = save(review, tmp_path / "a.geojson")[300:]
    assert [(row["crater_id"], row["score"], row["review"]) for row in rows] == [
        ("", None, "added")
    ] * 2
    for row, x, y, radius in zip(rows, (300, 600), (400, 500), (30, 20), strict=True):
        assert grid.from_lonlat(row["lon"], row["lat"]) == pytest.approx((x, y), abs=0.7)
        rim = grid.to_lonlat([x, x + radius], [y, y])
        assert row["diameter_km"] == pytest.approx(2 * distance_km(*rim), rel=0.05)
    drag(review, (600, -500), (650, -520))
    drag(review, (670, -520), (690, -520))
    moved = save(review, tmp_path / "b.geojson")[301]
    assert grid.from_lonlat(moved["lon"], moved["lat"]) == pytest.approx((650, 520), abs=0.7)
    assert moved["diameter_km"] == pytest.approx(2 * rows[1]["diameter_km"], rel=0.05)
    press(review, "z", "z")
    assert save(review, tmp_path / "c.geojson")[301] == rows[1], "a drag is undone as one"
    review.mouse.click(*on_screen(review, 300, -400))
    assert current(review) == 300
    press(review, "r")
    assert len(save(review, tmp_path / "d.geojson")) == 301


@pytest.mark.parametrize("ground", ["review.ground", "new PixelGround()"])
def test_three_points_on_a_line_are_no_circle(review, ground):
    through = f"(y) => {ground}.circleThrough([300, -400], [600, -400 - y], [900, -400])"
    assert [review.evaluate(through, y) for y in (0, 1e-3, 0.5, 4)] == [None] * 4
    assert review.evaluate(through, 12) is not None, "600 / 8 / 12 is below ten"
    assert review.evaluate(f"{ground}.circleThrough([3, -4], [3, -4], [9, -4])") is None


def test_a_crater_beside_the_mosaic_is_explained(review):
    told = "review.element('note').value"
    review.evaluate("review.map.view.x = -1e6; review.insert()")
    assert review.evaluate(told) == "That place is not on the Moon, or off the mosaic."
    review.evaluate("review.whole()")
    press(review, "t")
    for x in (300, 400, 500):
        review.mouse.click(*on_screen(review, x, -400))
    assert review.evaluate(told) == "That is no circle on the Moon: draw it again."
    review.mouse.click(*on_screen(review, 300, -400))
    review.evaluate("review.map.view.x -= 1e6; review.map.request()")
    review.mouse.click(*on_screen(review, 300 - 1e6, -400))
    assert review.evaluate(told) == "That place is not on the Moon, or off the mosaic."
    review.evaluate("review.map.view.x += 1e6; review.map.request()")
    for x, y in ((320, -420), (340, -400)):
        review.mouse.click(*on_screen(review, x, y))
    assert review.evaluate(told) == ""
    assert len(stored(review)["added"]) == 1, "the point beside the mosaic was not taken"


def test_a_saved_file_is_gone_on_with(review, browser, open_tab, page, tmp_path):
    press(review, "n", "a", "r", ".", "n", "Shift+ArrowUp", "i")
    path = tmp_path / "review.geojson"
    save(review, path)
    with browser.new_context(accept_downloads=True) as other:
        tab, complaints = open_tab(page, "#review", other)
        assert stored(tab)["added"] == []
        tab.set_input_files("#review-file", path)
        tab.wait_for_function("review.element('note').value")
        assert "Loaded review.geojson" in told(tab, "note")
        assert stored(tab) == stored(review)
        save(tab, tmp_path / "again.geojson")
        assert (tmp_path / "again.geojson").read_bytes() == path.read_bytes()
        for content, sentence in (
            ("{", "not GeoJSON"),
            ('{"features": []}', "not those of this page"),
            ("{}", "no features"),
            (path.read_text().replace('"rejected"', '"dubious"'), "none of unseen, accepted"),
            (
                re.sub('"(lat|coordinates)":', '"y":', path.read_text()),
                "neither an outline nor lon",
            ),
        ):
            (tmp_path / "bad.geojson").write_text(content)
            tab.set_input_files("#review-file", tmp_path / "bad.geojson")
            tab.wait_for_function(f"review.element('note').value.includes('{sentence}')")
        assert stored(tab) == stored(review)
        assert complaints == []


def test_outlines_that_another_program_moved_count(review, run, tmp_path):
    path = tmp_path / "review.geojson"
    save(review, path)
    content = json.loads(path.read_text())
    moved, resized, drawn = content["features"][:3]
    circles = read_run(run).craters
    near = shapely.affinity.translate(shapely.geometry.shape(moved["geometry"]), 0.01)
    moved["geometry"] = shapely.geometry.mapping(near)
    resized["properties"]["diameter_km"] *= 1.1
    drawn["properties"].update(crater_id=None, lon=None, lat=None, diameter_km=None)
    path.write_text(json.dumps(content))
    review.set_input_files("#review-file", path)
    review.wait_for_function("review.element('note').value.startsWith('Loaded')")
    state = stored(review)
    assert set(state["circles"]) == {"0", "1"}
    assert state["accepted"] == [0, 1]
    assert state["circles"]["0"]["across"] == pytest.approx(circles["lon"][0] + 0.01, abs=1e-4)
    assert state["circles"]["1"]["diameter"] == pytest.approx(1.1 * circles["diameter_km"][1])
    assert state["added"][0]["diameter"] == pytest.approx(circles["diameter_km"][2])


def test_keys_rest_in_fields_and_states_are_chosen(review):
    press(review, "n", "a", "a", "r")
    review.focus("#review-filter")
    press(review, "r", "a")
    assert len(stored(review)["rejected"]) == 1
    review.select_option("#review-filter", "accepted")
    press(review, "Escape")
    visited = []
    for _ in range(3):
        press(review, "n")
        visited.append(current(review))
    assert set(visited) == set(stored(review)["accepted"])
    press(review, "0")
    assert set(review.evaluate("review.map.visible()")) == set(visited)
    review.click("[data-do=help]")
    assert review.locator("#review-help").is_visible()
    press(review, "r", "Escape")
    assert not review.locator("#review-help").is_visible()
    assert len(stored(review)["rejected"]) == 1
    for button in review.locator("#review button").all():
        assert button.get_attribute("aria-keyshortcuts") or button.inner_text()


def test_a_browser_without_storage_goes_on(browser, open_tab, page):
    with browser.new_context() as private:
        private.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
        tab, complaints = open_tab(page, "#review", private)
        press(tab, "n", "a", "a")
        tab.wait_for_function("review.element('note').value.includes('save the file')")
        assert len(stored(tab)["accepted"]) == 2
        assert complaints == []


def test_both_maps_show_the_same_place(review):
    press(review, "n")
    place = review.evaluate("review.map.ranges")
    review.click("#review-start")
    review.wait_for_selector("#map", state="visible")
    review.wait_for_timeout(300)
    plot = "Bokeh.documents.map(d => d.get_model_by_name('map')).find(Boolean)"
    ends = f"(p => [p.x_range.start, p.x_range.end, p.y_range.end])({plot})"
    wanted = [place["left"], place["right"], place["top"]]
    assert review.evaluate(ends) == pytest.approx(wanted, abs=1)
    review.click("#review-start")
    review.wait_for_selector("#review-map", state="visible")
    assert review.evaluate("review.map.view.x") == pytest.approx(sum(wanted[:2]) / 2, abs=1)
