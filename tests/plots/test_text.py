import numpy as np
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.figure import Figure
from matplotlib.text import Text

from lunarcraters.catalogue.csfd import EstimatedPoints, SizeFrequency
from lunarcraters.catalogue.randomness import RandomnessBin
from lunarcraters.counts.doubt import ErrorBudget
from lunarcraters.plots.csfd import Isochron, csfd_figure
from lunarcraters.plots.errors import errors_figure
from lunarcraters.plots.randomness import randomness_figure
from lunarcraters.plots.text import escape_text

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
