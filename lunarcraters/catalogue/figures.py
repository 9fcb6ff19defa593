"""Pictures of a catalogue."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.collections import LineCollection
from matplotlib.ticker import LogLocator
from numpy.typing import NDArray

from lunarcraters import moon
from lunarcraters.catalogue.csfd import SizeFrequency, relative_errors
from lunarcraters.catalogue.schema import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.files import replacing
from lunarcraters.raster.mosaic import Mosaic

_SIDE_PX = 1600
_POINTS = 48

Float = NDArray[np.float64]


def draw_map(catalogue: Catalogue, mosaic: Mosaic, path: Path) -> None:
    """Draw the craters as circles over their mosaic, coloured by score.

    Args:
        catalogue: What was found in the mosaic.
        mosaic: The picture underneath, shown at no more than 1600 pixels a side.
        path: PNG to write.

    Raises:
        CatalogueError: One is in pixels and the other on the sphere.
        OutputError: The picture cannot be written.
    """
    if catalogue.is_pixels != mosaic.is_plain:
        raise CatalogueError(
            f"the catalogue is in {'pixels' if catalogue.is_pixels else 'degrees'}, and "
            f"{mosaic.name} is not: give the mosaic that it was made from"
        )
    step = max(-(-max(mosaic.width, mosaic.height) // _SIDE_PX), 1)
    values, valid = mosaic.read((0, 0, mosaic.width, mosaic.height), step)
    if not valid.any():
        raise CatalogueError(f"{mosaic.name} has no valid pixel to draw: give another mosaic")
    low, high = np.percentile(values[valid].astype(float), [0.5, 99.5])
    height, width = values.shape
    figure = plt.figure(figsize=(width / 100, height / 100), dpi=100)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    extent = (0.0, width * step, height * step, 0.0)
    shown = np.where(valid, values, low)
    axes.imshow(shown, cmap="gray", vmin=low, vmax=max(high, low + 1e-9), extent=extent)
    axes.set_axis_off()
    axes.set(autoscale_on=False, xlim=extent[:2], ylim=extent[2:])
    outlines = outlines_in_pixels(
        catalogue.positions, catalogue.diameters, catalogue.radius_m, mosaic
    )
    colours = plt.get_cmap("autumn")(np.nan_to_num(catalogue.scores, nan=1.0))
    axes.add_collection(LineCollection(list(outlines), colors=colours, linewidths=0.9))
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
    plt.close(figure)


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
