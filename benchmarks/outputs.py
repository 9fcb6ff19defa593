"""What a catalogue of 100,000 craters costs to export, draw and report, and how its page moves.

    python benchmarks/outputs.py sample_tiles/rendered_scene.tif

Lays that many craters by lot over the scene as a run, and prints for every command the time and the
peak of its memory; then, where Chromium is installed, how many frames a second the page draws while
its map is dragged (software rendering, no graphics card).
"""

import json
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import pandas as pd
import psutil

from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import Manifest, write_manifest
from lunarcraters.detection.run import CRATERS, RESULT
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic

COMMANDS = (
    *(f"export run craters.{suffix}" for suffix in ("gpkg", "geojson", "parquet", "csv", "scc")),
    "export run craters.shp",
    "plot map run map.png",
    "plot csfd run csfd.png",
    "plot tiles run tiles.png",
    "report run -o report.html",
)
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
DRAGS = 60


@click.command()
@click.argument("scene", type=click.Path(path_type=Path))
@click.option("--count", default=100_000, show_default=True)
def main(scene: Path, count: int) -> None:
    """Measure on COUNT craters over SCENE."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_run(scene.resolve(), folder / "run", count)
        print("| command | s | peak memory, GB |\n|---|---|---|")
        for words in COMMANDS:
            seconds, peak = measured(words.split(), folder)
            print(f"| craters {words} | {seconds:.1f} | {peak / 1e9:.2f} |", flush=True)
        page = folder / "report.html"
        print(f"\nThe page: {page.stat().st_size / 1e6:.1f} MB.")
        chromium = shutil.which("chromium")
        if chromium:
            print(f"Dragged: {frames_per_s(page, chromium):.0f} frames a second.")


def write_run(scene: Path, run: Path, count: int) -> None:
    """A run with craters by lot, sizes by a power law."""
    mosaic = open_mosaic(scene)
    rng = np.random.default_rng(1)
    lon, lat = mosaic.grid.to_lonlat(*rng.uniform(0, (mosaic.width, mosaic.height), (count, 2)).T)
    diameters, scores = 0.5 * (rng.pareto(2.0, count) + 1.0), rng.uniform(0.05, 1.0, count)
    craters = {"lon": lon, "lat": lat, "diameter_km": diameters.clip(max=100), "score": scores}
    found = Catalogue(
        pd.DataFrame(craters).assign(diameter_sd_km=0.1 * diameters),
        sphere.geographic_crs(),
        footprint_area_km2=mosaic.width * mosaic.height * (mosaic.pixel_size_m / 1000.0) ** 2,
        thresholds={"balanced": 0.0},
    )
    write_manifest(Manifest("", str(scene), "", "by lot", {}), run)
    write_catalogue(found, run / CRATERS)
    result = {"craters": count, "tiles": 0, "unread_tiles": {}, "seconds": 0}
    (run / RESULT).write_text(json.dumps(result))


def measured(words: list[str], folder: Path) -> tuple[float, int]:
    """Seconds and the peak of the resident memory of a command."""
    begun, peak = time.perf_counter(), 0
    process = psutil.Popen([sys.executable, "-m", "lunarcraters", *words], cwd=folder, stdout=-3)
    while process.poll() is None:
        try:
            peak = max(peak, process.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    if process.wait():
        sys.exit(f"{' '.join(words)} failed")
    return time.perf_counter() - begun, peak


def frames_per_s(page: Path, chromium: str) -> float:
    """Frames drawn while the map is dragged about."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(page.as_uri())
        tab.wait_for_selector("body[data-ready=yes]", state="attached", timeout=60_000)
        tab.wait_for_timeout(3000)
        box = tab.locator("#map").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        tab.mouse.move(x, y)
        tab.mouse.down()
        tab.mouse.move(x + 5, y)
        tab.evaluate("frames = 0; (function f() { frames++; requestAnimationFrame(f) })()")
        begun = time.perf_counter()
        for step in range(DRAGS):
            tab.mouse.move(x + 100 * np.sin(step / 5.0), y + 60 * np.sin(step / 7.0))
        drawn, seconds = tab.evaluate("frames"), time.perf_counter() - begun
        tab.mouse.up()
        browser.close()
    return float(drawn / seconds)


if __name__ == "__main__":
    main()
