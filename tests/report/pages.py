"""Runs by lot, and what a person does on their pages."""

import json

import numpy as np

from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.detection.manifest import Manifest, write_manifest
from lunarcraters.detection.run import CRATERS, RESULT
from lunarcraters.geometry import sphere


def write_run(path, craters, mosaic):
    """Write a finished run, and return its directory."""
    settings = {"version": "</script><b>", "precision": "float32"}
    write_manifest(Manifest("a", str(mosaic), "b", "wac.keras", settings), path)
    write_catalogue(craters, path / CRATERS)
    result = {"craters": 300, "tiles": 7, "unread_tiles": {}, "searched_km2": 5000, "seconds": 9}
    (path / RESULT).write_text(json.dumps(result))
    return path


def press(tab, *keys):
    for key in keys:
        tab.keyboard.press(key)


def told(tab, name):
    return tab.locator(f"#review-{name}").text_content()


def current(tab):
    return tab.evaluate("review.map.current")


def stored(tab):
    return tab.evaluate("review.marks.store()")


def points(tab, plot):
    """The columns of the points of a plot."""
    source = f"Bokeh.documents.map(d => d.get_model_by_name('{plot} points')).find(Boolean)"
    return tab.evaluate(
        f"Object.fromEntries(Object.entries({source}.data).map(([k, v]) => [k, [...v]]))"
    )


def save(tab, path):
    """Save the review; its rows as JSON."""
    with tab.expect_download() as download:
        press(tab, "Control+s")
    download.value.save_as(path)
    return [feature["properties"] for feature in json.loads(path.read_text())["features"]]


def on_screen(tab, x, y):
    """Where a point of the map, pixels of the mosaic and y upwards, is in the window."""
    box = tab.locator("#review-map").bounding_box()
    left, top = tab.evaluate(f"review.map.toScreen({x}, {y})")
    return box["x"] + 1 + left, box["y"] + 1 + top


def drag(tab, start, end):
    tab.mouse.move(*on_screen(tab, *start))
    tab.mouse.down()
    tab.mouse.move(*np.mean([on_screen(tab, *start), on_screen(tab, *end)], axis=0))
    tab.mouse.move(*on_screen(tab, *end))
    tab.mouse.up()


def distance_km(lon, lat):
    """The distance of two points."""
    return float(sphere.distance_km(lon[0], lat[0], lon[1], lat[1]))
