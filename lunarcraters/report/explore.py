"""The map to zoom of a catalogue, for a notebook or as a page of its own, without a network."""

import html
from pathlib import Path

import numpy as np
from bokeh.embed import file_html
from bokeh.layouts import column
from bokeh.models import CheckboxGroup, CustomJS, Div, Model
from bokeh.resources import INLINE

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import OutputError
from lunarcraters.files import replacing
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.plots.maps import check_same_space
from lunarcraters.report.map import MOST_DRAWN, add_craters, make_figure, make_map

MOST = 100_000
"""Number of craters that a map holds: the largest."""

_HEIGHT_PX = 560
_TITLE = "Craters"
# The largest craters in view come first in the catalogue.
_DRAW_IN_VIEW = """
clearTimeout(globalThis.craters_pending);
globalThis.craters_pending = setTimeout(() => {
  const { x, y, width, height } = source.data;
  const drawn = [];
  for (let i = 0; i < x.length && drawn.length < most; i++) {
    const reach = Math.max(width[i], height[i]) / 2;
    const across = x[i] + reach >= xs.start && x[i] - reach <= xs.end;
    if (across && y[i] + reach >= ys.start && y[i] - reach <= ys.end) drawn.push(i);
  }
  shown.indices = drawn;
}, 150);
"""
_SHOW_LAYERS = "layers.forEach((layer, i) => { layer.visible = cb_obj.active.includes(i); });"


class InteractiveMap:
    """A map to zoom. A notebook shows it; `save` writes it as a page."""

    def __init__(self, layout: Model) -> None:
        """Make a map.

        Args:
            layout: Map with its controls.
        """
        self._layout = layout

    def html(self) -> str:
        """The page, which holds all that it needs."""
        page: str = file_html(self._layout, INLINE, _TITLE)
        return page

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write the page.

        Args:
            path: HTML file to write.
            overwrite: True to replace a file that is there.

        Raises:
            OutputError: The file exists, or cannot be written.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise OutputError(f"{path} exists already: give overwrite=True or another name")
        with replacing(path) as temporary:
            temporary.write_text(self.html(), encoding="utf-8")

    def _repr_html_(self) -> str:
        """The page in a frame of its own, as a notebook shows it."""
        style = f"width:100%;height:{_HEIGHT_PX + 90}px;border:0"
        return f'<iframe srcdoc="{html.escape(self.html())}" style="{style}"></iframe>'


def make_interactive_map(
    catalogue: Catalogue, mosaic: Mosaic | None, mask: Path | None = None
) -> InteractiveMap:
    """Make a map to zoom.

    Args:
        catalogue: Craters to draw.
        mosaic: Mosaic underneath, whose projection the map has; None for a map in degrees, or in
            pixels where the catalogue is.
        mask: File of the mask; None for no such layer.

    Raises:
        MosaicError: The mosaic cannot be read.
        CatalogueError: One is in pixels and the other not.
    """
    held = catalogue.rows(slice(MOST))
    if mosaic is None:
        plot = _make_plane(held)
    else:
        check_same_space(catalogue, mosaic)
        plot = make_map(held, mosaic, mask)
    plot.update(sizing_mode="stretch_width", height=_HEIGHT_PX)
    layers = [plot.select_one({"name": name}) for name in ("craters", "mask")]
    layers = [layer for layer in layers if layer is not None]
    boxes = CheckboxGroup(
        labels=[layer.name for layer in layers],
        active=[number for number, layer in enumerate(layers) if layer.visible],
        inline=True,
    )
    boxes.js_on_change("active", CustomJS(args={"layers": layers}, code=_SHOW_LAYERS))
    args = {
        "source": layers[0].data_source,
        "shown": layers[0].view.filter,
        "xs": plot.x_range,
        "ys": plot.y_range,
        "most": MOST_DRAWN,
    }
    for ends in (plot.x_range, plot.y_range):
        for end in ("start", "end"):
            ends.js_on_change(end, CustomJS(args=args, code=_DRAW_IN_VIEW))
    return InteractiveMap(
        column(Div(text=_describe(catalogue)), boxes, plot, sizing_mode="stretch_width")
    )


def _make_plane(catalogue: Catalogue) -> Model:
    """Make a map without mosaic: longitude and latitude as a plane, or pixels, y upwards."""
    plot = make_figure()
    x, y = catalogue.positions.T
    wide = tall = catalogue.diameters
    if catalogue.radius_m is None:
        plot.xaxis.axis_label, plot.yaxis.axis_label, y = "x, px", "y upwards, px", -y
    else:
        plot.xaxis.axis_label, plot.yaxis.axis_label = "longitude, degrees", "latitude, degrees"
        tall = np.degrees(1000.0 * catalogue.diameters / catalogue.radius_m)
        wide = np.minimum(tall / np.maximum(np.cos(np.radians(y)), 1e-9), 360.0)
    columns = {"x": x, "y": y, "width": wide, "height": tall, "angle": np.zeros(len(x))}
    add_craters(plot, catalogue, columns)
    return plot


def _describe(catalogue: Catalogue) -> str:
    """Describe the craters of a map and what is left out of it."""
    count = len(catalogue)
    text = f"{count:,} craters"
    if count > MOST:
        text += f", of which the map holds the {MOST:,} largest"
    if count > MOST_DRAWN:
        text += f". It draws the {MOST_DRAWN:,} largest in view: zoom in for smaller ones"
    return text + "."
