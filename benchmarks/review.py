"""How fast the review mode of a page of 100,000 craters is, without a graphics card.

    python benchmarks/review.py sample_tiles/rendered_scene.tif

Lays that many craters by lot over the scene, opens the page in Chromium with software rendering,
and prints the frames a second while the map is dragged, zoomed and the craters are reviewed by
keyboard, from the whole scene and from near; then how long it takes to save the review and to load
it again.
"""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
from outputs import FLAGS, write_run

from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.report.page import write_report

STEPS = 90


@click.command()
@click.argument("scene", type=click.Path(path_type=Path))
@click.option("--count", default=100_000, show_default=True)
def main(scene: Path, count: int) -> None:
    """Measure the review of COUNT craters over SCENE."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("needs Chromium (Debian: apt-get install chromium)")
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_run(scene.resolve(), folder / "run", count)
        page = folder / "report.html"
        write_report(folder / "run", page, open_mosaic(scene), min_score="0.5")
        with opened(page, chromium) as tab:
            print("| act | from | frames a second |\n|---|---|---|")
            for distance, scale in (("the whole scene", 1.0), ("near", 8.0)):
                for act in (drag, zoom, review):
                    tab.keyboard.press("0")
                    tab.evaluate(f"review.map.zoom({scale})")
                    rate = frames_per_s(tab, act)
                    print(f"| {act.__name__} | {distance} | {rate:.0f} |", flush=True)
            print_file_times(tab, folder / "review.geojson")


@contextmanager
def opened(page: Path, chromium: str) -> Iterator[Any]:
    """The page in its review mode."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        begun = time.perf_counter()
        tab.goto(page.as_uri() + "#review")
        tab.wait_for_selector("body[data-ready=yes]", state="attached", timeout=60_000)
        print(f"Opened in {time.perf_counter() - begun:.1f} s.\n")
        tab.wait_for_timeout(2000)
        yield tab
        browser.close()


def frames_per_s(tab: Any, act: Callable[[Any, int], None]) -> float:
    """Frames drawn while something is done, by what the map itself counts."""
    tab.mouse.move(640, 560)
    tab.evaluate("drawn = 0; review.map.onDraw = () => { drawn++; }")
    begun = time.perf_counter()
    for step in range(STEPS):
        act(tab, step)
    drawn, seconds = tab.evaluate("drawn"), time.perf_counter() - begun
    tab.mouse.up()
    return float(drawn / seconds)


def drag(tab: Any, step: int) -> None:
    """Drag the map about."""
    if step == 0:
        tab.mouse.down(button="middle")
    tab.mouse.move(640 + 100 * np.sin(step / 5.0), 560 + 60 * np.sin(step / 7.0))
    if step == STEPS - 1:
        tab.mouse.up(button="middle")


def zoom(tab: Any, step: int) -> None:
    """Zoom in and out."""
    tab.mouse.wheel(0, 60 if step % 30 < 15 else -60)


def review(tab: Any, step: int) -> None:
    """Accept, reject and resize."""
    tab.keyboard.press("nar."[step % 4])


def print_file_times(tab: Any, path: Path) -> None:
    """Save the review and load it."""
    begun = time.perf_counter()
    with tab.expect_download(timeout=120_000) as download:
        tab.keyboard.press("Control+s")
    download.value.save_as(path)
    seconds, size = time.perf_counter() - begun, path.stat().st_size
    print(f"\nSaved in {seconds:.1f} s: {size / 1e6:.0f} MB.")
    begun = time.perf_counter()
    tab.set_input_files("#review-file", path)
    tab.wait_for_function("review.element('note').value.startsWith('Loaded')", timeout=120_000)
    print(f"Loaded in {time.perf_counter() - begun:.1f} s.")


if __name__ == "__main__":
    main()
