"""A gallery of errors: false detections, missed references, and matches of different size.

Many errors against a noisy reference are none to the eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.evaluation.matching import Matches
from lunarcraters.evaluation.reference import Reference
from lunarcraters.evaluation.scores import Scores
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.circles import circle_outlines_px
from lunarcraters.mosaic.damage import leave_out_damage
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.preview import draw_ground, find_height_unit_m
from lunarcraters.plots.files import make_folder, save_png

_COLUMNS = 10
_RANDOM = 100
_PANEL_DIAMETERS = 3.5  # side of a panel, in diameters of its crater
_MIN_SIDE_PX = 32  # side of a panel, mosaic pixels
_PANEL_PX = 160
_DPI = 100
_DETECTION, _REFERENCE = "tab:orange", "deepskyblue"

Float = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _View:
    """The mosaic with everything that is drawn over it.

    Attributes:
        mosaic: Mosaic that was searched.
        height_unit_m: Height of one unit of its values, metres; None for grey values.
        detections: Outlines of the detections, mosaic pixels, (n, points, 2).
        reference: Outlines of the references, mosaic pixels, (m, points, 2).
        above: True for detections above the threshold, (n,).
    """

    mosaic: Mosaic
    height_unit_m: float | None
    detections: Float
    reference: Float
    above: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Sheet:
    """One picture of the gallery.

    Attributes:
        title: Title.
        rows: Indices of the craters of each row.
        outlines: Outlines of all craters of that kind, (k, points, 2).
        values: Number over the panel of each crater, (k,); NaN for none.
    """

    title: str
    rows: Sequence[Index]
    outlines: Float
    values: Float


def write_gallery(
    catalogue: Catalogue,
    reference: Reference,
    matches: Matches,
    scores: Scores,
    mosaic: Mosaic,
    folder: Path,
) -> list[Path]:
    """Draw the worst errors of each diameter bin, and a random sample of the false detections.

    Detections are orange, references blue; the crater in question is in the middle. `false.png`
    shows the highest scores that match no reference; `missed.png` references that nothing, or only
    the lowest scores, matched; `sizes.png` matches whose diameters differ most; `random_false.png`
    a random sample of false detections, to be judged by eye.

    Args:
        catalogue: Detections.
        reference: Reference craters.
        matches: Matches of the two.
        scores: Scores of the matches; their threshold and diameter bins are used.
        mosaic: Mosaic that was searched.
        folder: Directory to write, made if missing; files in it are replaced.

    Returns:
        Files that were written.

    Raises:
        OutputError: The directory cannot be written.
    """
    grid = mosaic.grid
    view = _View(
        leave_out_damage(mosaic),
        find_height_unit_m(mosaic),
        circle_outlines_px(catalogue.positions, catalogue.diameters, catalogue.radius_m, grid),
        circle_outlines_px(reference.positions, reference.diameters, reference.radius_m, grid),
        matches.above(scores.chosen.threshold),
    )
    edges = [one.low for one in scores.bins] + [scores.bins[-1].high]
    sheets = {
        **_false_sheets(matches, view, edges),
        "missed.png": _missed_sheet(matches, view, edges),
        "sizes.png": _sizes_sheet(matches, view, edges),
    }
    paths = [folder / name for name in ("false.png", "missed.png", "sizes.png", "random_false.png")]
    make_folder(folder)
    for path in paths:
        save_png(_sheet_figure(view, sheets[path.name]), path, _DPI)
    return paths


def _false_sheets(matches: Matches, view: _View, edges: Sequence[float]) -> dict[str, _Sheet]:
    """The false detections of highest score, and a random sample of them all."""
    false = np.flatnonzero(matches.counted & view.above & ~matches.true)
    # Craters that were confirmed by eye have no score, and come first.
    order = -np.nan_to_num(matches.score[false], nan=1.0)
    worst = _by_size(false, order, matches.detected, edges)
    sample = np.random.default_rng(0).permutation(false)[:_RANDOM]
    rows = [sample[i : i + _COLUMNS] for i in range(0, len(sample), _COLUMNS)]
    title = "found, not in the reference"
    return {
        "false.png": _Sheet(f"{title}: highest scores", worst, view.detections, matches.score),
        "random_false.png": _Sheet(f"{title}: drawn by lot", rows, view.detections, matches.score),
    }


def _missed_sheet(matches: Matches, view: _View, edges: Sequence[float]) -> _Sheet:
    """The missed references that nothing, or only the lowest scores, matched."""
    best = np.zeros(len(matches.reference))
    best[matches.reference_of[matches.true]] = matches.score[matches.true]
    missed = matches.reference_counted.copy()
    missed[matches.reference_of[matches.true & view.above]] = False
    which = np.flatnonzero(missed)
    rows = _by_size(which, best[which], matches.reference, edges)
    return _Sheet("in the reference, not found: lowest scores", rows, view.reference, best)


def _sizes_sheet(matches: Matches, view: _View, edges: Sequence[float]) -> _Sheet:
    """The matches whose diameters differ most."""
    true = np.flatnonzero(matches.true & view.above)
    ratio = np.abs(np.log(matches.detected[true] / matches.reference[matches.reference_of[true]]))
    rows = _by_size(true, -ratio, matches.detected, edges)
    title = "found, of another size: largest differences"
    return _Sheet(title, rows, view.detections, matches.score)


def _by_size(which: Index, order: Float, diameters: Float, edges: Sequence[float]) -> list[Index]:
    """Choose the first few of each diameter bin, in an order; empty bins are left out."""
    ordered = which[np.argsort(order, kind="stable")]
    bins = np.digitize(diameters[ordered], edges) - 1
    rows = [ordered[bins == k][:_COLUMNS] for k in range(len(edges) - 1)]
    return [row for row in rows if len(row)]


def _sheet_figure(view: _View, sheet: _Sheet) -> Figure:
    """Draw panels in rows, the smallest craters on top."""
    count = max(len(sheet.rows), 1)
    side = _PANEL_PX / _DPI
    figure = Figure(figsize=(_COLUMNS * side, count * side * 1.12 + 0.6), layout="constrained")
    figure.suptitle(f"{sheet.title} (orange: found, blue: reference)", fontsize=10)
    panels = figure.subplots(count, _COLUMNS, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for row, line in zip(sheet.rows, panels, strict=False):
        for crater, axes in zip(row, line, strict=False):
            _draw_panel(axes, view, sheet.outlines[crater])
            value = sheet.values[crater]
            axes.set_title("" if np.isnan(value) else f"{value:.2f}", fontsize=7, pad=2)
    return figure


def _draw_panel(axes: Axes, view: _View, outline: Float) -> None:
    """Draw one crater and its surroundings; a stretched projection is shown unstretched."""
    low, high = np.nanmin(outline, axis=0), np.nanmax(outline, axis=0)
    middle, size = (low + high) / 2.0, high - low
    half = size * max(_PANEL_DIAMETERS, _MIN_SIDE_PX / float(size.min())) / 2.0
    step_x, step_y = (max(int(side / _PANEL_PX), 1) for side in 2.0 * half)
    left, top = (int(side) for side in np.floor(middle - half))
    width, height = (int(np.ceil(side)) for side in 2.0 * half)
    values, valid = view.mosaic.read(Box(left, top, width, height), (step_x, step_y))
    grey = draw_ground(view.mosaic, values, valid, max(step_x, step_y), view.height_unit_m)
    extent = (left, left + values.shape[1] * step_x, top + values.shape[0] * step_y, top)
    axes.imshow(grey, "gray", vmin=0, vmax=255, extent=extent, aspect="auto", origin="upper")
    axes.set(autoscale_on=False, xlim=extent[:2], ylim=extent[2:])
    for rings, colour in ((view.reference, _REFERENCE), (view.detections[view.above], _DETECTION)):
        centre = rings.mean(axis=1)
        near = (np.abs(centre - middle) < half + np.ptp(rings, axis=1) / 2.0).all(axis=1)
        for ring in rings[near]:
            axes.plot(*ring.T, color=colour, linewidth=0.8)
