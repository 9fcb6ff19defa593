"""Pictures of a catalogue."""

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.patheffects import withStroke
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from lunarcraters import moon
from lunarcraters.catalogue.csfd import SizeFrequency, relative_errors
from lunarcraters.catalogue.graticule import Line, graticule, scale_bar_km
from lunarcraters.catalogue.outlines import check_plane
from lunarcraters.catalogue.schema import Catalogue
from lunarcraters.files import replacing
from lunarcraters.raster.mosaic import Mosaic
from lunarcraters.raster.quicklook import quick_look, shrinking

_SIDE_PX = 1600
_POINTS = 48
_DPI = 100
_MARGINS_PX = (70, 40, 90, 20)  # left, bottom, right, top
_AT_EDGE = 0.98
_HALO = [withStroke(linewidth=2, foreground="black")]
_WIDE_HALO = [withStroke(linewidth=5, foreground="black")]

Float = NDArray[np.float64]


def draw_map(catalogue: Catalogue, mosaic: Mosaic, path: Path) -> None:
    """Draw the craters as circles over their mosaic, coloured by score, with a graticule.

    Args:
        catalogue: What was found in the mosaic.
        mosaic: The picture underneath, shown at no more than 1600 pixels a side.
        path: PNG to write.

    Raises:
        CatalogueError: One is in pixels and the other on the sphere.
        MosaicError: The mosaic cannot be read, or has no valid pixel.
        OutputError: The picture cannot be written.
    """
    check_plane(catalogue, mosaic)
    grey, valid = quick_look(mosaic, _SIDE_PX)
    height, width = grey.shape
    left, bottom, right, top = _MARGINS_PX
    whole = np.array([width + left + right, height + bottom + top])
    figure = plt.figure(figsize=tuple(whole / _DPI), dpi=_DPI)
    place = np.array([left, bottom, width, height]) / np.tile(whole, 2)
    axes = figure.add_axes(tuple(place))
    step = shrinking(mosaic, _SIDE_PX)
    extent = (0.0, width * step, height * step, 0.0)
    shown = np.where(valid, grey, 255)
    axes.imshow(shown, cmap="gray", vmin=0, vmax=255, extent=extent, aspect="auto")
    axes.set(autoscale_on=False, xticks=[], yticks=[])
    axes.set(xlim=(0, mosaic.width), ylim=(mosaic.height, 0))
    outlines = outlines_in_pixels(
        catalogue.positions, catalogue.diameters, catalogue.radius_m, mosaic
    )
    colours = plt.get_cmap("autumn")
    values = np.nan_to_num(catalogue.scores, nan=1.0)
    axes.add_collection(LineCollection(list(outlines), colors=colours(values), linewidths=0.9))
    if not mosaic.is_plain:
        _draw_graticule(axes, mosaic)
    if np.isfinite(catalogue.scores).any():
        legend = figure.add_axes(((left + width + 14) / whole[0], bottom / whole[1], 14 / whole[0],
                                  min(height, 300) / whole[1]))  # fmt: skip
        figure.colorbar(ScalarMappable(Normalize(0.0, 1.0), colours), cax=legend, label="score")
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
    plt.close(figure)


def _draw_graticule(axes: Any, mosaic: Mosaic) -> None:
    """Meridians and parallels, labelled where they leave the map, and a bar of kilometres."""
    for line in graticule(mosaic):
        points = line.points
        axes.plot(*points.T, color="white", linewidth=0.6, alpha=0.55)
        seen = points[np.isfinite(points).all(axis=1)]
        if not len(seen):
            continue
        axes.annotate(
            line.label, textcoords="offset points", fontsize=9, **_label_place(line, seen, mosaic)
        )
    assert mosaic.gsd_m is not None
    length = scale_bar_km(mosaic.width * mosaic.gsd_m / 1000.0)
    start, end = 0.03 * mosaic.width, 0.03 * mosaic.width + length * 1000.0 / mosaic.gsd_m
    height = 0.97 * mosaic.height
    axes.plot([start, end], [height, height], color="white", linewidth=3, path_effects=_WIDE_HALO)
    axes.annotate(
        f"{length:g} km", ((start + end) / 2.0, height), xytext=(0, 5), ha="center", color="white",
        textcoords="offset points", path_effects=_HALO,
    )  # fmt: skip


def _label_place(line: Line, seen: Float, mosaic: Mosaic) -> dict[str, Any]:
    """Where a line's label goes: below the map or left of it, else within it, near its edge."""
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


def draw_csfd(found: SizeFrequency, path: Path) -> None:
    """Draw the cumulative, differential and R plots, as a PNG.

    Bins where detection is incomplete are drawn hollow.

    Raises:
        OutputError: The picture cannot be written.
    """
    plots = (
        ("Cumulative", "craters km$^{-2}$ of this size and larger", found.edges[:-1],
         found.cumulative, found.at_least),
        ("Differential", "craters km$^{-2}$ km$^{-1}$", found.diameters, found.differential,
         found.counts),
        ("R", "relative frequency", found.diameters, found.relative, found.counts),
    )  # fmt: skip
    figure, panels = plt.subplots(1, 3, figsize=(14, 5.5), layout="constrained")
    least = found.complete_from_km
    complete = found.edges[:-1] >= least * (1.0 - 1e-9)
    for axes, (title, unit, at, values, counts) in zip(panels, plots, strict=True):
        error = values * relative_errors(counts)
        # The error of one crater reaches to zero, where a logarithm has no place.
        bars = np.minimum(error, values * 0.999), error
        bottom = values[counts > 0.0].min() / 4.0
        for some, face in ((complete, "black"), (~complete, "white")):
            some = some & (counts > 0.0)
            axes.errorbar(
                at[some], values[some], [bar[some] for bar in bars], fmt="o", color="black",
                markerfacecolor=face, markersize=5, linewidth=1,
            )  # fmt: skip
        axes.axvline(least, color="tab:red", linewidth=1, linestyle="--")
        axes.set(xscale="log", yscale="log", title=title, xlabel="diameter, km", ylabel=unit)
        axes.set_ylim(bottom=bottom)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
        axes.xaxis.set_minor_formatter("{x:g}")
        axes.grid(which="both", color="0.9")
        axes.set_axisbelow(True)
    figure.suptitle(
        f"{found.at_least[0]:,.0f} craters on {found.area_km2:,.0f} km$^2$; complete from "
        f"{least:.3g} km (dashed)"
    )
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=150)
    plt.close(figure)


def outlines_in_pixels(
    positions: Float, diameters: Float, radius_m: float | None, mosaic: Mosaic
) -> Float:
    """Closed circles in mosaic pixels, (n, points, 2); NaN where the mosaic's projection ends.

    Args:
        positions: Longitude and latitude in degrees, or x and y in pixels, (n, 2).
        diameters: In km, or pixels, (n,).
        radius_m: Of the sphere; None for pixels.
        mosaic: Whose pixels.
    """
    if radius_m is None:
        turn = np.linspace(0.0, 2.0 * np.pi, _POINTS, endpoint=False)
        ring = np.stack([np.cos(turn), np.sin(turn)], axis=-1) / 2.0
        points = positions[:, None] + diameters[:, None, None] * ring
    else:
        lon, lat = positions.T
        around = moon.circle_points(lon, lat, diameters, _POINTS, radius_m)
        points = np.stack(mosaic.from_lonlat(*around), axis=-1)
    return np.concatenate([points, points[:, :1]], axis=1)
