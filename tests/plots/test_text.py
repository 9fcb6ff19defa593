import warnings

import matplotlib.font_manager
import numpy as np
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.text import Text

from lunarcraters.catalogue.csfd import EstimatedPoints, SizeFrequency
from lunarcraters.catalogue.randomness import RandomnessBin
from lunarcraters.counts.doubt import ErrorBudget
from lunarcraters.errors import CratersWarning
from lunarcraters.plots import fonts
from lunarcraters.plots.csfd import Isochron, csfd_figure
from lunarcraters.plots.errors import errors_figure
from lunarcraters.plots.fonts import escape_text
from lunarcraters.plots.randomness import randomness_figure

KANA, IDEOGRAPHS = "の_$", "静かの海"  # the first is in a font of matplotlib; the second in none
NAMES = r"$\frac$", "Unit $^$ A", "5 $", r"a\$b\$", "_hidden"


def shown(figure):
    """Draw a figure; its texts as a reader sees them, without characters of no width."""
    figure.draw_without_rendering()
    texts = [one.get_text().replace("\N{ZERO WIDTH SPACE}", "") for one in figure.findobj(Text)]
    return {text.replace(r"\$", "$") for text in texts if not is_math_text(text)}


@pytest.mark.parametrize("name", NAMES)
def test_escaped_text_is_shown_as_it_is(name):
    figure = Figure()
    figure.subplots().plot([1, 2], label=escape_text(name))
    figure.legend()
    figure.suptitle(escape_text(f"{name}, estimated"))
    assert {name, f"{name}, estimated"} <= shown(figure)


def test_names_of_areas_are_shown_as_they_are_in_every_figure():
    edges, some = np.array([1.0, 2.0, 4.0]), np.ones(2)
    counts = dict.fromkeys(NAMES, SizeFrequency(edges=edges, counts=some, area_km2=10.0))
    points = EstimatedPoints(counts[NAMES[0]], some, some, some > 0)
    ages = [Isochron(f"{name}: 3 Ga", edges, edges, edges, name) for name in NAMES]
    expected = {text for name in NAMES for text in (name, f"{name}, estimated", f"{name}: 3 Ga")}
    assert expected <= shown(csfd_figure(counts, ages, estimates=dict.fromkeys(NAMES, points)))
    budget = ErrorBudget(edges, *[some] * 7, some > 0)
    assert {*NAMES} <= shown(errors_figure(dict.fromkeys(NAMES, budget)))
    span = {"area_km2": 9.0, "min_km": 1.0, "max_km": 2.0}
    bins = [RandomnessBin(area=name, craters=20, sigmas=0.5, **span) for name in NAMES]
    assert {*NAMES} <= shown(randomness_figure(bins))


@pytest.fixture
def only_own_fonts(monkeypatch):
    """Only the fonts that come with matplotlib."""
    manager = matplotlib.font_manager
    own = [font for font in manager.fontManager.ttflist if "mpl-data" in font.fname]
    monkeypatch.setattr(manager.fontManager, "ttflist", own)
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: [])
    for cached in (fonts._find_family, fonts._add_new_fonts, fonts._read_characters):
        cached.cache_clear()
    yield
    fonts._find_family.cache_clear()


def draw_areas(names):
    """The figures of areas, which draw without a complaint about a font."""
    edges, some = np.array([1.0, 2.0, 4.0]), np.ones(2)
    counts = dict.fromkeys(names, SizeFrequency(edges=edges, counts=some, area_km2=10.0))
    ages = [Isochron(f"{name}: 3 Ga", edges, edges, edges, name) for name in names]
    budget = ErrorBudget(edges, *[some] * 7, some > 0)
    span = {"area_km2": 9.0, "min_km": 1.0, "max_km": 2.0}
    bins = [RandomnessBin(area=name, craters=20, sigmas=0.5, **span) for name in names]
    yield csfd_figure(counts, ages)
    yield errors_figure(dict.fromkeys(names, budget))
    yield randomness_figure(bins)


def test_names_of_another_script_are_drawn_in_a_font_that_has_it(only_own_fonts):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for figure in draw_areas(["A", KANA]):
            assert {"A", KANA} <= shown(figure)


def test_names_that_no_font_has_are_numbered_in_one_sentence(only_own_fonts):
    figures = draw_areas(["A", IDEOGRAPHS])
    for _ in range(3):
        with pytest.warns(CratersWarning, match=f"area 2 is '{IDEOGRAPHS}'.*install one") as told:
            assert {"A", "area 2"} <= shown(next(figures))
        assert len(told) == 1
    with pytest.warns(CratersWarning):
        assert "area 2: 3 Ga" in shown(next(draw_areas(["A", IDEOGRAPHS])))
