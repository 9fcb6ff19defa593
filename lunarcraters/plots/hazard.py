"""Hazard maps: crater density and the share of steep ground, side by side."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lunarcraters.catalogue.wording import format_number
from lunarcraters.hazard.hazard_map import HazardMap
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.plots.files import save_png
from lunarcraters.plots.maps import draw_graticule

_DPI = 130
_SIDE_IN = 7.0  # longer side of a map
_BAR_IN = 1.5  # colour bar and labels beside a map
_TITLE_IN = 0.7  # title and labels above and below a map
_WIDE = 1.6  # ratio from which maps are drawn below each other
_NO_VALUE = "0.8"
_LARGEST = 99.5  # percentile that has the last colour

Float = NDArray[np.floating]


class _Panel(NamedTuple):
    """One quantity of a hazard map."""

    title: str
    label: str
    colours: str
    values: Float


def draw_hazard_map(hazard: HazardMap, run: Mosaic, title: str, path: Path) -> None:
    """Draw the density of craters and, where it is known, the share of steep ground.

    Cells without a value are grey.

    Args:
        hazard: Hazard map.
        run: Mask of the run, or any raster on its grid.
        title: Title of the density, which says the craters that are counted.
        path: PNG to write.

    Raises:
        OutputError: The file cannot be written.
    """
    panels = _list_panels(hazard, title)
    ratio = run.width / run.height
    width, height = (_SIDE_IN, _SIDE_IN / ratio) if ratio > 1.0 else (_SIDE_IN * ratio, _SIDE_IN)
    below = ratio > _WIDE
    rows, columns = (len(panels), 1) if below else (1, len(panels))
    size = (columns * (width + _BAR_IN), rows * (height + _TITLE_IN))
    figure = Figure(figsize=size, layout="constrained")
    for axes, panel in zip(figure.subplots(rows, columns, squeeze=False).flat, panels, strict=True):
        _draw_panel(figure, axes, panel, hazard, run)
    save_png(figure, path, _DPI)


def _list_panels(hazard: HazardMap, title: str) -> list[_Panel]:
    unit_km2 = _choose_unit_km2(hazard.density)
    label = f"craters per {unit_km2:,} km$^2$" if unit_km2 > 1 else "craters per km$^2$"
    title += f", in cells of {hazard.cells.side_km:.3g} km"
    panels = [_Panel(title, label, "viridis", hazard.density * unit_km2)]
    if hazard.steep is not None:
        steep = f"Ground steeper than {hazard.steep.limit_deg:g}°"
        steep += f" over {format_number(hazard.steep.baseline_m, 3)} m"
        panels.append(_Panel(steep, "share of the ground, %", "magma", hazard.steep.shares * 100.0))
    return panels


def _choose_unit_km2(density: Float) -> int:
    """Choose a round area on which the densest cell has ten craters or more."""
    largest = float(np.nanmax(density))
    return int(10 ** max(np.ceil(1.0 - np.log10(largest)), 0.0)) if largest > 0.0 else 1


def _draw_panel(figure: Figure, axes: Axes, panel: _Panel, hazard: HazardMap, run: Mosaic) -> None:
    """Draw cells over the pixels of the run, with a graticule and a colour bar."""
    rows, columns = panel.values.shape
    side = hazard.cells.side_px
    largest = float(np.nanpercentile(panel.values, _LARGEST))
    image = axes.imshow(
        panel.values, extent=(0, columns * side, rows * side, 0), interpolation="nearest",
        cmap=panel.colours, vmin=0.0, vmax=largest or 1.0, origin="upper",
    )  # fmt: skip
    axes.set(
        xlim=(0, run.width), ylim=(run.height, 0), xticks=[], yticks=[], title=panel.title,
        facecolor=_NO_VALUE,
    )  # fmt: skip
    draw_graticule(axes, run)
    beyond = "max" if np.nanmax(panel.values) > largest else "neither"
    figure.colorbar(image, ax=axes, label=panel.label, extend=beyond, shrink=0.8)
