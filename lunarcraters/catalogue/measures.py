"""Measures: the columns that a catalogue has after its craters were measured on elevations."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lunarcraters.catalogue.text import as_text


@dataclass(frozen=True, eq=False)
class Measures:
    """Measures of craters on an elevation model, the columns of a catalogue by these names.

    Attributes:
        rim_diameter_km: Diameter at the rim crest, km, (n,).
        rim_diameter_sd_km: Its standard deviation, km, (n,).
        depth_m: Height of the rim crest above the floor, metres, (n,).
        depth_sd_m: Its standard deviation, metres, (n,).
        rim_height_m: Height of the rim crest above the ground around, metres, (n,).
        rim_height_sd_m: Its standard deviation, metres, (n,).
        depth_to_diameter: Depth over the diameter at the rim crest, (n,).
        depth_to_diameter_sd: Its standard deviation, (n,).
        slope_max_deg: Steepest slope of the wall, degrees, (n,).
        slope_max_sd_deg: Its standard deviation, degrees, (n,).
        freshness: Depth over diameter, divided by that of fresh craters of this size, (n,).
        ground_share: Share of the ground within 1.5 radii whose height is known, 0..1, (n,).
        measure_note: Reason why a crater has no measures, empty where it has, (n,).
    """

    rim_diameter_km: NDArray[np.float64]
    rim_diameter_sd_km: NDArray[np.float64]
    depth_m: NDArray[np.float64]
    depth_sd_m: NDArray[np.float64]
    rim_height_m: NDArray[np.float64]
    rim_height_sd_m: NDArray[np.float64]
    depth_to_diameter: NDArray[np.float64]
    depth_to_diameter_sd: NDArray[np.float64]
    slope_max_deg: NDArray[np.float64]
    slope_max_sd_deg: NDArray[np.float64]
    freshness: NDArray[np.float64]
    ground_share: NDArray[np.float64]
    measure_note: NDArray[np.object_]

    def to_table(self) -> pd.DataFrame:
        """Make the columns, in their order."""
        return pd.DataFrame({field.name: getattr(self, field.name) for field in fields(self)})


MEASURE_NOTE = "measure_note"
"""Column of text among the measures."""

MEASURES = tuple(field.name for field in fields(Measures))
"""Columns of measures, in their order."""

MOVED = "moved or resized since it was measured"
UNMEASURED = "not measured"


def forget_measures(table: pd.DataFrame, which: NDArray[np.bool_], note: str) -> None:
    """Take the measures of some craters out of a table, in place.

    Args:
        table: Table of craters, perhaps without measures.
        which: True for each of these craters, (n,).
        note: Reason, for the column of notes.
    """
    for name in MEASURES:
        if name in table:
            table.loc[which, name] = note if name == MEASURE_NOTE else np.nan


def take_measures(table: pd.DataFrame) -> pd.DataFrame:
    """Take the columns of measures of a table, with the types of a catalogue.

    Args:
        table: Table whose columns may have these names in any case.

    Returns:
        Columns that there are, in the order of `MEASURES`.
    """
    names = {str(name).lower(): name for name in table.columns}
    taken = pd.DataFrame(index=table.index)
    for name in MEASURES:
        if name not in names:
            continue
        column = table[names[name]]
        if name == MEASURE_NOTE:
            taken[name] = as_text(column)
        else:
            taken[name] = pd.to_numeric(column, errors="coerce").astype(float)
    return taken
