"""Plots of crater size-frequency distributions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lunarcraters.catalogue.csfd import EstimatedPoints, SizeFrequency, relative_errors
from lunarcraters.catalogue.wording import format_area
from lunarcraters.plots.axes import label_diameters
from lunarcraters.plots.files import save_png
from lunarcraters.plots.fonts import add_fonts, escape_text, label_areas

_DPI = 150
_LEGEND_ROWS = 20

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Isochron:
    """The size-frequency distribution of ground of one age.

    Attributes:
        label: Age, as the legend says it.
        diameters: Diameters, km, (n,).
        cumulative: Craters per km^2 of each diameter and larger, (n,).
        differential: Craters per km^2 and km of diameter, (n,).
        area: Name of the area that was dated, whose colour it has; None for a line of reference.
        estimated: True for the age of estimated numbers, False for that of counts.
    """

    label: str
    diameters: Float
    cumulative: Float
    differential: Float
    area: str | None = None
    estimated: bool = False


@dataclass(frozen=True, eq=False)
class _Panel:
    """One kind of plot of a size-frequency distribution."""

    title: str
    unit: str
    name: str
    at_edges: bool

    def points(self, csfd: SizeFrequency) -> tuple[Float, Float, Float]:
        """Diameters, values and the numbers of craters that give their errors, each (n,)."""
        diameters = csfd.edges[:-1] if self.at_edges else csfd.diameters
        events = csfd.events_at_least if self.at_edges else csfd.events
        return diameters, getattr(csfd, self.name), events

    def estimated_points(self, estimate: EstimatedPoints) -> tuple[Float, Float, Float]:
        """Diameters, values and the numbers of craters that give their errors, each (n,)."""
        diameters, values, _ = self.points(estimate.csfd)
        return diameters, values, estimate.events_at_least if self.at_edges else estimate.events

    def line(self, isochron: Isochron) -> Float:
        """Values of an isochron, (n,)."""
        if self.name == "cumulative":
            return isochron.cumulative
        cube = isochron.diameters**3 if self.name == "relative" else 1.0
        return cube * isochron.differential


_PANELS = (
    _Panel("Cumulative", "craters km$^{-2}$ of this size and larger", "cumulative", True),
    _Panel("Differential", "craters km$^{-2}$ km$^{-1}$", "differential", False),
    _Panel("R", "relative frequency", "relative", False),
)


def draw_csfd(
    csfd: SizeFrequency | Mapping[str, SizeFrequency],
    path: Path,
    isochrons: Sequence[Isochron] = (),
    complete_from_km: float | None = None,
    estimates: Mapping[str, EstimatedPoints] | None = None,
) -> None:
    """Write the figure of `csfd_figure` as a PNG file.

    Args:
        csfd: Size-frequency distribution, or several by the names of their areas.
        path: PNG to write.
        isochrons: Isochrons to draw.
        complete_from_km: Diameter below which craters are missed, km; None for that of the counts.
        estimates: Estimated numbers by the names of the areas; None for none.

    Raises:
        OutputError: The file cannot be written.
    """
    save_png(csfd_figure(csfd, isochrons, complete_from_km, estimates), path, _DPI)


def csfd_figure(
    csfd: SizeFrequency | Mapping[str, SizeFrequency],
    isochrons: Sequence[Isochron] = (),
    complete_from_km: float | None = None,
    estimates: Mapping[str, EstimatedPoints] | None = None,
) -> Figure:
    """Draw the cumulative, differential and R plots of size-frequency distributions.

    Bins where detection is incomplete are drawn hollow. Estimated numbers are squares, hollow where
    they are not to be trusted.

    Args:
        csfd: Size-frequency distribution, or several by the names of their areas.
        isochrons: Isochrons to draw: those of an area in its colour, others dotted.
        complete_from_km: Diameter below which craters are missed, km; None for that of the counts.
        estimates: Estimated numbers by the names of the areas; None for none.
    """
    series = {"": csfd} if isinstance(csfd, SizeFrequency) else dict(csfd)
    least = complete_from_km or max(one.complete_from_km for one in series.values())
    labels = label_areas(series) if len(series) > 1 else {}
    colours = {name: f"C{i % 10}" for i, name in enumerate(series)}
    if len(series) == 1:
        colours = dict.fromkeys(series, "black")
    figure = Figure(figsize=(14, 5.5), layout="constrained")
    for axes, panel in zip(figure.subplots(1, 3), _PANELS, strict=True):
        for name, one in series.items():
            label = labels[name] if len(series) > 1 else "counted" if estimates else ""
            complete = one.edges[:-1] >= least * (1.0 - 1e-9)
            _draw_points(axes, *panel.points(one), complete, colours[name], label)
        for name, estimate in (estimates or {}).items():
            colour = _colour_estimates(name, colours)
            label = f"{labels[name]}, estimated" if len(series) > 1 else "estimated"
            points = panel.estimated_points(estimate)
            _draw_points(axes, *points, estimate.trusted, colour, label, "s")
        axes.axvline(least, color="tab:red", linewidth=1, linestyle="--")
        _finish_axes(axes, panel, series)
        for isochron in isochrons:
            _draw_isochron(axes, isochron, panel.line(isochron), colours, labels)
    _draw_legend(figure)
    figure.suptitle(f"{_describe(series)}; complete from {least:.3g} km (dashed)")
    add_fonts(figure)
    return figure


def _colour_estimates(area: str, colours: Mapping[str, str]) -> str:
    """Colour of the estimates of an area: that of its counts where there are several areas."""
    return colours[area] if len(colours) > 1 else "tab:blue"


def _describe(series: Mapping[str, SizeFrequency]) -> str:
    craters = sum(float(one.counts.sum()) for one in series.values())
    area_km2 = sum(one.area_km2 for one in series.values())
    areas = f" in {len(series)} areas" if len(series) > 1 else ""
    return f"{craters:,.0f} craters on {format_area(area_km2, 0)} km$^2${areas}"


def _finish_axes(axes: Axes, panel: _Panel, series: Mapping[str, SizeFrequency]) -> None:
    """Scale and label the axes by what was counted, whatever else is drawn later."""
    axes.set(
        xscale="log", yscale="log", title=panel.title, xlabel="diameter, km", ylabel=panel.unit
    )
    values = np.concatenate([v[n > 0.0] for _, v, n in map(panel.points, series.values())])
    axes.set_ylim(values.min() / 4.0, axes.get_ylim()[1])
    axes.set_xlim(axes.get_xlim())
    label_diameters(axes)
    axes.grid(which="both", color="0.9")
    axes.set_axisbelow(True)


def _draw_points(
    axes: Axes,
    diameters: Float,
    values: Float,
    counts: Float,
    complete: Bool,
    colour: str,
    name: str,
    marker: str = "o",
) -> None:
    """Draw points with Poisson errors, hollow where they are not complete."""
    error = values * relative_errors(counts)
    # The error of one crater reaches to zero, where a logarithm has no place.
    bars = np.minimum(error, values * 0.999), error
    for some, face in ((complete, colour), (~complete, "white")):
        label = name if some is complete and name else None
        some = some & (counts > 0.0)
        axes.errorbar(
            diameters[some], values[some], [bar[some] for bar in bars], fmt=marker, color=colour,
            markerfacecolor=face, markersize=5, linewidth=1, label=label,
        )  # fmt: skip


def _draw_isochron(
    axes: Axes,
    isochron: Isochron,
    values: Float,
    colours: Mapping[str, str],
    labels: Mapping[str, str],
) -> None:
    """Draw an isochron: a fitted one in the colour of its points, one of reference dotted."""
    if isochron.area is not None:
        colour, style = colours[isochron.area], "-"
        if isochron.estimated:
            colour, style = _colour_estimates(isochron.area, colours), "--"
        label = _label_isochron(isochron, labels)
        axes.plot(isochron.diameters, values, style, color=colour, linewidth=1, label=label)
        return
    axes.plot(isochron.diameters, values, ":", color="0.4", linewidth=1)
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    seen = (isochron.diameters > low) & (isochron.diameters < high)
    seen &= (values > bottom) & (values < top)
    if seen.any():
        middle = int(np.median(np.flatnonzero(seen)))
        place = isochron.diameters[middle], values[middle]
        axes.annotate(isochron.label, place, fontsize=7, color="0.4")


def _label_isochron(isochron: Isochron, labels: Mapping[str, str]) -> str:
    """Label a fitted isochron, which is named by its area where there are several."""
    area = isochron.area or ""
    start, age = f"{area}: ", isochron.label
    if area in labels and age.startswith(start):
        return f"{labels[area]}: {escape_text(age.removeprefix(start))}"
    return escape_text(age)


def _draw_legend(figure: Figure) -> None:
    """Name areas and fitted ages beside the plots, where there are any."""
    handles, labels = figure.axes[0].get_legend_handles_labels()
    if labels:
        columns = -(-len(labels) // _LEGEND_ROWS)
        figure.legend(handles, labels, loc="outside right center", fontsize=8, ncols=columns)
