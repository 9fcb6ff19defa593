"""Maps: craters drawn over their mosaic."""

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry.circles import circle_outlines_px, repeat_outlines_px
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.centre import find_centre
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.preview import preview_step, read_preview
from lunarcraters.plots.files import save_png
from lunarcraters.plots.graticule import Line, graticule_lines, scale_bar_km

_SIDE_PX = 1600
_DPI = 100
_MARGINS_PX = (70, 40, 90, 20)  # left, bottom, right, top
_AT_EDGE = 0.98
_AT_ONCE = 50_000
_COLOURS = matplotlib.colormaps["autumn"]
_HALO = [withStroke(linewidth=2, foreground="black")]
_WIDE_HALO = [withStroke(linewidth=5, foreground="black")]

Float = NDArray[np.float64]


def draw_map(catalogue: Catalogue, mosaic: Mosaic, path: Path) -> None:
    """Write the figure of `map_figure` as a PNG file.

    Raises:
        CatalogueError: One is in pixels and the other on the sphere.
        MosaicError: The mosaic cannot be read, or has no valid pixel.
        OutputError: The file cannot be written.
    """
    save_png(map_figure(catalogue, mosaic), path, _DPI)


def map_figure(catalogue: Catalogue, mosaic: Mosaic) -> Figure:
    """Draw craters as circles over their mosaic, coloured by score, with a graticule.

    Args:
        catalogue: Craters to draw.
        mosaic: Mosaic underneath, shown at no more than 1600 pixels a side.

    Raises:
        CatalogueError: One is in pixels and the other on the sphere.
        MosaicError: The mosaic cannot be read, or has no valid pixel.
    """
    check_same_space(catalogue, mosaic)
    grey, valid = read_preview(mosaic, _SIDE_PX)
    height, width = grey.shape
    left, bottom, right, top = _MARGINS_PX
    whole = np.array([width + left + right, height + bottom + top])
    figure = Figure(figsize=tuple(whole / _DPI), dpi=_DPI)
    place = np.array([left, bottom, width, height]) / np.tile(whole, 2)
    axes = figure.add_axes(tuple(place))
    step = preview_step(mosaic, _SIDE_PX)
    extent = (0.0, width * step, height * step, 0.0)
    shown = np.where(valid, grey, 255)
    axes.imshow(shown, "gray", vmin=0, vmax=255, extent=extent, aspect="auto", origin="upper")
    axes.set(autoscale_on=False, xticks=[], yticks=[])
    axes.set(xlim=(0, mosaic.width), ylim=(mosaic.height, 0))
    axes.add_collection(_Circles(catalogue, mosaic.grid))
    if mosaic.has_crs:
        draw_graticule(axes, mosaic)
    if np.isfinite(catalogue.scores).any():
        legend = figure.add_axes(((left + width + 14) / whole[0], bottom / whole[1], 14 / whole[0],
                                  min(height, 300) / whole[1]))  # fmt: skip
        figure.colorbar(ScalarMappable(Normalize(0.0, 1.0), _COLOURS), cax=legend, label="score")
    return figure


class _Circles(LineCollection):
    """Outlines of craters, which are made as they are drawn, some at a time: each takes 4 kB.

    The last craters of the catalogue, the smallest, are drawn first: they would hide the others.
    """

    def __init__(self, catalogue: Catalogue, grid: Grid) -> None:
        """Draw nothing yet.

        Args:
            catalogue: Craters.
            grid: Grid of the mosaic underneath.
        """
        super().__init__([], linewidths=0.9)
        self._catalogue, self._grid = catalogue, grid

    def draw(self, renderer: RendererBase) -> None:
        """Draw all outlines."""
        for stop in range(len(self._catalogue), 0, -_AT_ONCE):
            some = self._catalogue.rows(slice(max(stop - _AT_ONCE, 0), stop))
            outlines = circle_outlines_px(some.positions, some.diameters, some.radius_m, self._grid)
            lines, numbers = repeat_outlines_px(outlines, self._grid)
            self.set_segments(list(lines[::-1]))
            self.set_color(_COLOURS(np.nan_to_num(some.scores, nan=1.0)[numbers[::-1]]))
            super().draw(renderer)
        self.set_segments([])


def draw_graticule(axes: Axes, mosaic: Mosaic) -> None:
    """Draw meridians and parallels, labelled where they leave the map, and a scale bar.

    The bar is as long as ground that lies along a row through the middle of the mosaic.

    Args:
        axes: Axes in pixels of the mosaic.
        mosaic: Mosaic, or any raster on its grid, with a coordinate system.
    """
    for line in graticule_lines(mosaic):
        points = line.points
        axes.plot(*points.T, color="white", linewidth=0.6, alpha=0.55)
        seen = points[np.isfinite(points).all(axis=1)]
        if not len(seen):
            continue
        axes.annotate(
            line.label, textcoords="offset points", fontsize=9, **_label_place(line, seen, mosaic)
        )
    centre = find_centre(mosaic.grid, mosaic.extents, mosaic.name)
    assert centre is not None
    pixel_km = float(mosaic.grid.pixel_sizes_m(*centre)[0, 0]) / 1000.0
    length = scale_bar_km(mosaic.width * pixel_km)
    start, end = 0.03 * mosaic.width, 0.03 * mosaic.width + length / pixel_km
    height = 0.97 * mosaic.height
    axes.plot([start, end], [height, height], color="white", linewidth=3, solid_capstyle="butt",
              path_effects=_WIDE_HALO)  # fmt: skip
    axes.annotate(
        f"{length:g} km", ((start + end) / 2.0, height), xytext=(0, 5), ha="center", color="white",
        textcoords="offset points", path_effects=_HALO,
    )  # fmt: skip


def _label_place(line: Line, seen: Float, mosaic: Mosaic) -> dict[str, Any]:
    """Choose the place of a label: below the map or left of it, else within it, near its edge."""
    lowest, leftmost = seen[np.argmax(seen[:, 1])], seen[np.argmin(seen[:, 0])]
    if line.is_meridian and lowest[1] > _AT_EDGE * mosaic.height:
        below = (lowest[0], mosaic.height)
        return {"xy": below, "xytext": (0, -4), "ha": "center", "va": "top"}
    if not line.is_meridian and leftmost[0] < (1.0 - _AT_EDGE) * mosaic.width:
        return {"xy": (0.0, leftmost[1]), "xytext": (-4, 0), "ha": "right", "va": "center"}
    to_edge = np.minimum(seen, [mosaic.width, mosaic.height] - seen).min(axis=1)
    x, y = seen[np.argmin(to_edge)]
    right, top = x > mosaic.width / 2.0, y < mosaic.height / 2.0
    return {
        "xy": (x, y),
        "xytext": (-3 if right else 3, -3 if top else 3),
        "ha": "right" if right else "left",
        "va": "top" if top else "bottom",
        "color": "white",
        "path_effects": _HALO,
    }


def check_same_space(catalogue: Catalogue, mosaic: Mosaic) -> None:
    """Make sure that a catalogue can be drawn over a mosaic.

    Raises:
        CatalogueError: One is in pixels and the other on the sphere, or they are of two bodies.
    """
    if catalogue.has_crs != mosaic.has_crs:
        raise CatalogueError(
            f"the catalogue is in {'degrees' if catalogue.has_crs else 'pixels'}, and "
            f"{mosaic.name} is not: give the mosaic that it was made from"
        )
    if not catalogue.info.is_on_body(mosaic.grid.radius_m if mosaic.has_crs else None):
        raise CatalogueError(
            f"the catalogue and {mosaic.name} are of bodies of other radii: give the mosaic that "
            "it was made from"
        )
