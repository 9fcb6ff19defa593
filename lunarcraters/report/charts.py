"""The plots of the page. The browser fills them with the craters that the map shows."""

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, LogAxis, Model, NumeralTickFormatter, Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from lunarcraters.evaluation.matching import Matches
from lunarcraters.evaluation.scores import Scores, precision_recall_curve
from lunarcraters.morphometry.relations import compute_fresh_ratio

Float = NDArray[np.float64]

_INK = "#3b82f6"
_DECADES = [10.0**k for k in range(-6, 5)]  # for diameters in km, and for R


def make_counts(name: str, title: str, across: str, along: str) -> Model:
    """Make a plot of points with error bars, with both axes logarithmic.

    The columns of its source `<name> points` are x, y, low, high, and face, the opacity of a point.
    The line `<name> complete` stands where craters begin to be missed.

    Args:
        name: Name of the plot in the page.
        title: Title.
        across: Label of the horizontal axis.
        along: Label of the vertical axis.
    """
    plot = _plot(name, title, across, along, "log", "log")
    source = ColumnDataSource({column: [1.0] for column in ("x", "y", "low", "high", "face")})
    source.name = f"{name} points"
    if name == "relative":
        _label_1_2_5(plot.yaxis[0])
    plot.segment("x", "low", "x", "high", source=source, line_color=_INK)
    plot.scatter("x", "y", size=7, line_color=_INK, fill_color=_INK, fill_alpha="face",
                 source=source)  # fmt: skip
    plot.add_layout(Span(dimension="height", line_color="#dc2626", line_dash="dashed",
                         location=1.0, name=f"{name} complete"))  # fmt: skip
    return plot


def make_histogram(name: str, title: str, across: str, *, log: bool) -> Model:
    """Make a histogram, whose source `<name> points` has the columns left, right and top.

    Args:
        name: Name of the plot in the page.
        title: Title.
        across: Label of the horizontal axis.
        log: True for a logarithmic horizontal axis.
    """
    plot = _plot(name, title, across, "craters", "log" if log else "linear", "linear")
    source = ColumnDataSource({column: [1.0] for column in ("left", "right", "top")})
    source.name = f"{name} points"
    plot.quad("left", "right", "top", 0, source=source, fill_color=_INK, fill_alpha=0.6,
              line_color=_INK)  # fmt: skip
    plot.y_range.start = 0
    return plot


def make_depths(diameters_km: Float, ratios: Float) -> Model:
    """Make a plot of depth over diameter by diameter, with the ratio of fresh craters.

    Args:
        diameters_km: Diameters at the rim crest, km, (n,).
        ratios: Depths over diameters, (n,).
    """
    plot = _plot(
        "depths", "Depth / diameter", "diameter at the rim, km", "depth / diameter", "log", "linear"
    )
    plot.scatter(diameters_km, ratios, size=4, line_color=None, fill_color=_INK, fill_alpha=0.4)
    if len(diameters_km):
        fresh_km = np.geomspace(diameters_km.min(), diameters_km.max(), 100)
        plot.line(fresh_km, compute_fresh_ratio(fresh_km), line_color="#dc2626", line_dash="dashed",
                  legend_label="fresh craters")  # fmt: skip
    plot.y_range.start = 0
    return plot


def make_precision_recall(matches: Matches, scores: Scores) -> Model:
    """Make a plot of precision by recall of all detections, with the chosen threshold."""
    plot = _plot("precision", "Precision and recall", "recall", "precision", "linear", "linear")
    _, precision, recall = precision_recall_curve(matches)
    plot.line(recall, precision, line_color=_INK, line_width=2)
    plot.scatter(scores.chosen.recall, scores.chosen.precision, size=10, fill_color="#dc2626",
                 line_color=None)  # fmt: skip
    plot.x_range.update(start=0.0, end=1.01)
    plot.y_range.update(start=0.0, end=1.01)
    return plot


def _plot(name: str, title: str, across: str, along: str, x: str, y: str) -> Model:
    plot = figure(
        name=name,
        title=title,
        x_axis_label=across,
        y_axis_label=along,
        x_axis_type=x,
        y_axis_type=y,
        height=320,
        tools="pan,box_zoom,reset,save",
        active_drag=None,
        sizing_mode="stretch_width",
    )
    if x == "log":
        _label_1_2_5(plot.xaxis[0])
    plot.toolbar.logo = None
    plot.toolbar.autohide = True
    return plot


def _label_1_2_5(axis: LogAxis) -> None:
    """Label 1, 2, 5, 10 ...; for few decades Bokeh labels even steps, which crowd at one end."""
    axis.ticker = FixedTicker(
        ticks=[decade * first for decade in _DECADES for first in (1, 2, 5)],
        minor_ticks=[decade * first for decade in _DECADES for first in range(1, 10)],
    )
    axis.formatter = NumeralTickFormatter(format="0.[000000]")
