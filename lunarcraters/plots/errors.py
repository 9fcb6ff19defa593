"""Plot of the errors of estimated numbers of craters, and of their parts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import NullLocator

from lunarcraters.counts.doubt import ErrorBudget
from lunarcraters.plots.axes import label_diameters
from lunarcraters.plots.files import save_png
from lunarcraters.plots.fonts import add_fonts, label_areas

MOST_AREAS = 12
"""Number of areas that one figure has."""

_DPI = 120
_COLUMNS = 3
_TICKS = 1, 2, 5, 10, 20, 50, 100, 200
_LEAST, _MOST = 0.8, 200.0  # per cent, what the plot shows
_UNTRUSTED: dict[str, Any] = {
    "facecolor": "0.96",
    "edgecolor": "0.85",
    "hatch": "//",
    "linewidth": 0.0,
}
_RULE = "the squares of the parts add up; dashed: parts by which all bins are off together"
_PARTS = (
    ("total", "total error of the estimate", "black", "-", "o"),
    ("poisson", "number of craters (Poisson)", "tab:blue", "-", "s"),
    ("planted", "number of planted craters", "tab:orange", "-", "^"),
    ("wear", "unknown wear of the surface", "tab:green", "--", "v"),
    ("purity", "purity of the detections", "tab:purple", "-.", "P"),
    ("model", "what planted craters do not tell", "tab:red", "--", "D"),
    ("raw", "raw count, Poisson error alone", "0.5", ":", "x"),
)


def draw_errors(budgets: Mapping[str, ErrorBudget], path: Path) -> None:
    """Write the figure of `errors_figure` as a PNG file.

    Args:
        budgets: Errors and their parts by the names of areas.
        path: PNG to write.

    Raises:
        OutputError: The name is not that of a PNG file, or the file cannot be written.
    """
    save_png(errors_figure(budgets), path, _DPI)


def errors_figure(budgets: Mapping[str, ErrorBudget]) -> Figure:
    """Draw the error of the estimate in each bin, and each of its parts, as lines.

    The axis is logarithmic, so that a part is read as it is; parts add up in squares. Parts that
    all bins have in common are dashed. Bins whose estimate is not to be trusted are hatched, and
    have hollow symbols. Each area has a panel, the first `MOST_AREAS` of them.

    Args:
        budgets: Errors and their parts by the names of areas, at least one.
    """
    shown = dict(list(budgets.items())[:MOST_AREAS])
    labels = label_areas(shown) if len(shown) > 1 else {}
    columns = min(len(shown), _COLUMNS)
    rows = -(-len(shown) // columns)
    size = (8.0, 4.5) if len(shown) == 1 else (3.6 * columns + 2.4, 3.3 * rows + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    limits = _find_limits(shown)
    panels = list(figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).flat)
    for axes, (name, budget) in zip(panels, shown.items(), strict=False):
        _draw_parts(axes, budget)
        _finish_axes(axes, budget)
        axes.set_xlim(*limits)
        if len(shown) > 1:
            axes.set_title(labels[name], fontsize=9)
    for axes in panels[len(shown) :]:
        axes.remove()
    for axes in panels[len(shown) - columns : len(shown)]:  # the lowest that are left
        axes.xaxis.set_tick_params(which="both", labelbottom=True)
        axes.set_xlabel("diameter, km")
    handles = {
        label: line
        for axes in figure.axes
        for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    handles["not to be trusted"] = Patch(**_UNTRUSTED)
    figure.legend(list(handles.values()), list(handles), loc="outside right center", fontsize=8)
    few = "" if len(shown) == len(budgets) else f" (first {len(shown)} of {len(budgets)} areas)"
    figure.suptitle(f"1-sigma error of the estimated number of craters{few}\n{_RULE}", fontsize=10)
    add_fonts(figure)
    return figure


def _find_limits(budgets: Mapping[str, ErrorBudget]) -> tuple[float | None, float | None]:
    """Find the smallest and largest diameter of all estimates, km; None where there are none."""
    ends = [
        budget.edges[[estimated[0], estimated[-1] + 1]]
        for budget in budgets.values()
        if len(estimated := np.flatnonzero(np.isfinite(budget.total)))
    ]
    return (float(np.min(ends)), float(np.max(ends))) if ends else (None, None)


def _draw_parts(axes: Axes, budget: ErrorBudget) -> None:
    """Draw a line for each part that there is, hollow where the estimate is not trusted."""
    middles = np.sqrt(budget.edges[:-1] * budget.edges[1:])
    for name, label, colour, style, marker in _PARTS:
        errors = 100.0 * getattr(budget, name)
        shown = np.isfinite(errors) & (errors > 0.0)
        if not shown.any():
            continue
        width = 2.2 if name == "total" else 1.2
        axes.plot(middles[shown], errors[shown], style, color=colour, linewidth=width)
        trusted = budget.trusted | (name == "raw")
        for which, face in ((shown & trusted, colour), (shown & ~trusted, "white")):
            axes.plot(middles[which], errors[which], marker, color=colour, markersize=5,
                      markerfacecolor=face)  # fmt: skip
        axes.plot([], [], style, marker=marker, color=colour, linewidth=width, label=label,
                  markersize=5)  # fmt: skip


def _finish_axes(axes: Axes, budget: ErrorBudget) -> None:
    """Hatch bins that are not to be trusted, and scale and label the axes."""
    for i in np.flatnonzero(~budget.trusted):
        axes.axvspan(budget.edges[i], budget.edges[i + 1], zorder=0, **_UNTRUSTED)
    axes.set(xscale="log", yscale="log", ylim=(_LEAST, _MOST))
    axes.set_yticks(_TICKS)
    axes.yaxis.set_major_formatter("{x:g} %")
    axes.yaxis.set_minor_locator(NullLocator())
    label_diameters(axes)
    axes.grid(which="both", color="0.88")
    axes.set_axisbelow(True)
    axes.label_outer()
