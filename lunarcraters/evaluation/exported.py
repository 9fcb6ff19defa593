"""Exports as detections: an export lacks craters of lower scores, and of other sizes."""

from math import inf, isclose

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.export_limits import ExportLimits
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.errors import warn


def choose_threshold(info: CatalogueInfo) -> float | str | None:
    """Choose `balanced`, or the score of an export if it is higher, where no score is asked for.

    Args:
        info: Description of the detections.

    Returns:
        Name of the operating point, or a score that has none; None where the detections have no
        operating points.
    """
    if "balanced" not in info.thresholds:
        return None
    exported = (info.limits or ExportLimits()).min_score
    if exported <= info.thresholds["balanced"]:
        return "balanced"
    names = (name for name, score in info.thresholds.items() if isclose(score, exported))
    return next(names, exported)


def warn_of_sizes(info: CatalogueInfo, references: NDArray[np.float64]) -> None:
    """Warn of references that count, and have sizes of which an export took no craters.

    Args:
        info: Description of the detections.
        references: Diameters of the references that count, km or pixels, (n,).
    """
    limits, unit = info.limits or ExportLimits(), info.columns.unit
    low, high = limits.min_diameter, limits.max_diameter or inf
    sizes = {
        f"--min-diameter {low:g}": int((references < low).sum()),
        f"--max-diameter {high:g}": int((references > high).sum()),
    }
    if not any(sizes.values()):
        return
    upper = "" if limits.max_diameter is None else f" to {high:g}"
    options = " and ".join(option for option, count in sizes.items() if count)
    warn(
        f"the catalogue was exported with craters from {low:g}{upper} {unit} only, and "
        f"{sum(sizes.values())} references of other sizes count, which it lacks: give {options}"
    )
