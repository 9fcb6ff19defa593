"""Figures of an evaluation: precision and recall, recall by diameter, offsets and sizes."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lunarcraters.evaluation.matching import Matches
from lunarcraters.evaluation.scores import COMPLETENESS_LEVEL, Scores, precision_recall_curve
from lunarcraters.plots.axes import label_diameters
from lunarcraters.plots.files import make_folder, save_png

_DPI = 150


def write_figures(
    matches: Matches, scores: Scores, rule: str, unit: str, folder: Path
) -> list[Path]:
    """Draw the figures of an evaluation as PNG files.

    Args:
        matches: Detections and references.
        scores: Their scores.
        rule: Matching rule in words, for the titles.
        unit: Unit of the diameters, `km` or `px`.
        folder: Directory to write, made if missing; files in it are replaced.

    Returns:
        Files that were written.

    Raises:
        OutputError: The directory cannot be written.
    """
    figures = {
        "precision_recall.png": precision_recall_figure(matches, scores, rule),
        "reliability.png": reliability_figure(scores, rule),
        "recall_by_diameter.png": recall_by_diameter_figure(scores, rule, unit),
        "offsets_and_sizes.png": offsets_and_sizes_figure(matches, scores, rule),
    }
    make_folder(folder)
    for name, figure in figures.items():
        save_png(figure, folder / name, _DPI)
    return [folder / name for name in figures]


def precision_recall_figure(matches: Matches, scores: Scores, rule: str) -> Figure:
    """Draw precision by recall over all thresholds; `rule` is the matching rule in words."""
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    _, precision, recall = precision_recall_curve(matches)
    axes.plot(recall, precision, color="tab:blue")
    for point, name, marker in ((scores.best, "best F1", "o"), (scores.chosen, "chosen", "s")):
        at = "" if point.threshold is None else f" at {point.threshold:.3f}"
        axes.plot(point.recall, point.precision, marker, label=f"{name}{at}: F1 {point.f1:.3f}")
    area = scores.average_precision
    axes.set(
        xlim=(0, 1.01),
        ylim=(0, 1.01),
        xlabel="recall",
        ylabel="precision",
        title=f"{rule}" + ("" if area is None else f"\nAP {area:.3f}"),
    )
    axes.legend(loc="lower left")
    axes.grid(alpha=0.3)
    return figure


def reliability_figure(scores: Scores, rule: str) -> Figure:
    """Draw precision by score, with the numbers of detections; `rule` is in words."""
    figure = Figure(figsize=(5, 6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    mean = [one.score for one in scores.reliability]
    upper.plot((0, 1), (0, 1), color="0.6", linewidth=0.8)
    upper.plot(mean, [one.precision for one in scores.reliability], "o-")
    error = scores.calibration_error
    title = rule if error is None else f"{rule}\nexpected calibration error {error:.3f}"
    upper.set(xlim=(0, 1), ylim=(0, 1.01), ylabel="precision", title=title)
    upper.grid(alpha=0.3)
    lower.bar(mean, [one.count for one in scores.reliability], width=0.06)
    lower.set(xlabel="score", ylabel="detections")
    _scale_counts(lower, max((one.count for one in scores.reliability), default=0))
    return figure


def _scale_counts(axes: Axes, most: int) -> None:
    """Scale an axis of counts up to `most`: logarithmic, but with 0."""
    axes.set_yscale("symlog")
    axes.set_ylim(0, max(2 * most, 2))
    axes.yaxis.set_major_formatter("{x:g}")


def recall_by_diameter_figure(scores: Scores, rule: str, unit: str) -> Figure:
    """Draw recall, precision and counts by diameter; `rule` is in words, `unit` km or px."""
    figure = Figure(figsize=(6, 5), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    middle = np.array([(one.low * one.high) ** 0.5 for one in scores.bins])
    recall = [np.nan if one.recall is None else one.recall for one in scores.bins]
    precision = [np.nan if one.precision is None else one.precision for one in scores.bins]
    upper.plot(middle, recall, "o-", label="recall")
    upper.plot(middle, precision, "s--", label="precision")
    upper.axhline(COMPLETENESS_LEVEL, color="0.6", linewidth=0.8)
    upper.set(ylim=(0, 1.03), title=rule)
    upper.legend()
    edges = [one.low for one in scores.bins] + [scores.bins[-1].high]
    lower.stairs([one.references for one in scores.bins], edges, label="reference")
    lower.stairs([one.detections for one in scores.bins], edges, label="detections")
    lower.set(xscale="log", xlabel=f"diameter, {unit}", ylabel="count")
    _scale_counts(lower, max(max(one.references, one.detections) for one in scores.bins))
    label_diameters(lower)
    lower.legend()
    return figure


def offsets_and_sizes_figure(matches: Matches, scores: Scores, rule: str) -> Figure:
    """Draw histograms of the offsets and diameter ratios of matches; `rule` is in words."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    true = matches.true & matches.above(scores.chosen.threshold)
    size = matches.reference[matches.reference_of[true]]
    left.hist(np.linalg.norm(matches.offset[true], axis=1) / size, bins=40)
    left.set(xlabel="offset of centres / reference diameter", ylabel="craters")
    right.hist(matches.detected[true] / size, bins=40)
    right.axvline(1.0, color="0.3", linewidth=0.8)
    right.set(xlabel="diameter / reference diameter")
    figure.suptitle(rule)
    return figure
