"""A gallery of errors: what is not in the reference, what was missed, what has another size.

Many an error against a noisy reference is none to the eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import OutputError
from lunarcraters.evaluation.matching import Matches
from lunarcraters.evaluation.reference import Reference
from lunarcraters.evaluation.scores import Scores
from lunarcraters.files import replacing
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.circles import outlines_in_pixels
from lunarcraters.mosaic.mosaic import Mosaic

_COLUMNS = 10
_RANDOM = 100
_SHOWN = 3.5  # side of a panel, in diameters of its crater
_LEAST_PX = 32  # side of a panel, mosaic pixels
_PANEL_PX = 160
_DPI = 100
_FOUND, _KNOWN = "tab:orange", "deepskyblue"

Float = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _View:
    """The mosaic with everything that is drawn over it, in its pixels."""

    mosaic: Mosaic
    found: Float  # outlines, (n, points, 2)
    known: Float
    shown: NDArray[np.bool_]  # detections that count


def write_gallery(
    catalogue: Catalogue,
    reference: Reference,
    matches: Matches,
    scores: Scores,
    mosaic: Mosaic,
    folder: Path,
) -> list[Path]:
    """Draw the worst errors of each diameter bin, and a random sample of the false detections.

    Detections are orange, references blue; the one in question is in the middle. `false.png`: the
    highest scores that match no reference. `missed.png`: references that nothing, or only the
    lowest scores, matched. `sizes.png`: matches whose diameters differ most. `random_false.png`:
    false detections drawn by lot, numbered, to be judged by eye.

    Args:
        catalogue: What was found.
        reference: What it is compared with.
        matches: How.
        scores: Their scores; the threshold and the diameter bins are its own.
        mosaic: What was searched.
        folder: Where to; made if missing, files in it replaced.

    Returns:
        The files written.

    Raises:
        OutputError: The directory cannot be written.
    """
    threshold = -np.inf if scores.chosen.threshold is None else scores.chosen.threshold
    above = ~(matches.score < threshold)
    false = np.flatnonzero(matches.counted & above & ~matches.true)
    true = np.flatnonzero(matches.true & above)
    best = np.zeros(len(matches.reference))
    best[matches.reference_of[matches.true]] = matches.score[matches.true]
    missed = np.ones(len(best), bool)
    missed[matches.reference_of[true]] = False
    lost = np.flatnonzero(missed & matches.reference_counted)
    ratio = np.abs(np.log(matches.detected[true] / matches.reference[matches.reference_of[true]]))
    edges = [one.low for one in scores.bins] + [scores.bins[-1].high]
    view = _View(
        mosaic,
        outlines_in_pixels(
            catalogue.positions, catalogue.diameters, catalogue.radius_m, mosaic.grid
        ),
        outlines_in_pixels(
            reference.positions, reference.diameters, reference.radius_m, mosaic.grid
        ),
        above,
    )
    lot = np.random.default_rng(0).permutation(false)[:_RANDOM]
    sheets = {
        "false.png": _by_size(false, -matches.score[false], matches.detected, edges),
        "missed.png": _by_size(lost, best[lost], matches.reference, edges),
        "sizes.png": _by_size(true, -ratio, matches.detected, edges),
        "random_false.png": [lot[i : i + _COLUMNS] for i in range(0, len(lot), _COLUMNS)],
    }
    titles = {
        "false.png": "found, not in the reference: highest scores",
        "missed.png": "in the reference, not found: lowest scores",
        "sizes.png": "found, of another size: largest differences",
        "random_false.png": "found, not in the reference: drawn by lot",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror}") from error
    for name, rows in sheets.items():
        outlines = view.known if name == "missed.png" else view.found
        value = best if name == "missed.png" else matches.score
        with replacing(folder / name) as temporary:
            _sheet(view, rows, outlines, value, titles[name]).savefig(
                temporary, dpi=_DPI, format="png"
            )
    return [folder / name for name in sheets]


def _by_size(which: Index, badness: Float, diameters: Float, edges: Sequence[float]) -> list[Index]:
    """The first few of each diameter bin, the least `badness` first; bins without any left out."""
    ordered = which[np.argsort(badness, kind="stable")]
    place = np.digitize(diameters[ordered], edges) - 1
    rows = [ordered[place == k][:_COLUMNS] for k in range(len(edges) - 1)]
    return [row for row in rows if len(row)]


def _sheet(view: _View, rows: Sequence[Index], outlines: Float, value: Float, title: str) -> Figure:
    """Panels in rows, the smallest craters on top."""
    count = max(len(rows), 1)
    side = _PANEL_PX / _DPI
    figure = Figure(figsize=(_COLUMNS * side, count * side * 1.12 + 0.6), layout="constrained")
    figure.suptitle(f"{title} (orange: found, blue: reference)", fontsize=10)
    panels = figure.subplots(count, _COLUMNS, squeeze=False)
    for axes in panels.flat:
        axes.set_axis_off()
    for row, line in zip(rows, panels, strict=False):
        for place, axes in zip(row, line, strict=False):
            _draw(axes, view, outlines[place])
            axes.set_title(f"{value[place]:.2f}", fontsize=7, pad=2)
    return figure


def _draw(axes: Any, view: _View, outline: Float) -> None:
    """One crater and its surroundings; a stretched projection is shown unstretched."""
    low, high = np.nanmin(outline, axis=0), np.nanmax(outline, axis=0)
    middle, size = (low + high) / 2.0, high - low
    half = size * max(_SHOWN, _LEAST_PX / float(size.min())) / 2.0
    step_x, step_y = (max(int(side / _PANEL_PX), 1) for side in 2.0 * half)
    left, top = (int(side) for side in np.floor(middle - half))
    width, height = (int(np.ceil(side)) for side in 2.0 * half)
    values, valid = view.mosaic.read(Box(left, top, width, height), (step_x, step_y))
    seen = values[valid].astype(float) if valid.any() else np.zeros(1)
    darkest, brightest = np.percentile(seen, [1.0, 99.0])
    extent = (left, left + values.shape[1] * step_x, top + values.shape[0] * step_y, top)
    axes.imshow(
        np.where(valid, values, darkest),
        cmap="gray",
        vmin=darkest,
        vmax=max(brightest, darkest + 1e-9),
        extent=extent,
        aspect="auto",
    )
    axes.set(autoscale_on=False, xlim=extent[:2], ylim=extent[2:])
    for rings, colour in ((view.known, _KNOWN), (view.found[view.shown], _FOUND)):
        centre = rings.mean(axis=1)
        near = (np.abs(centre - middle) < half + np.ptp(rings, axis=1) / 2.0).all(axis=1)
        for ring in rings[near]:
            axes.plot(*ring.T, color=colour, linewidth=0.8)
