"""Names of at most ten letters, which the columns of this program have in Shapefiles."""

from collections.abc import Iterable

from lunarcraters.catalogue.columns import LUNAR_COLUMNS, are_own_columns

# By our names: those that this program writes, and what GDAL leaves of ours in a copy.
_NAMES = {
    "diameter_km": ("diam_km", "diameter_k"),
    "diameter_sd_km": ("diam_sd_km", "diameter_s"),
    "rim_diameter_km": ("rimdiam_km", "rim_diamet"),
    "rim_diameter_sd_km": ("rimd_sd_km", "rim_diam_1"),
    "depth_sd_m": ("dep_sd_m", "depth_sd_m"),
    "rim_height_m": ("rimh_m", "rim_height"),
    "rim_height_sd_m": ("rimh_sd_m", "rim_heig_1"),
    "depth_to_diameter": ("dep_diam", "depth_to_d"),
    "depth_to_diameter_sd": ("depdiam_sd", "depth_to_1"),
    "slope_max_deg": ("slope_deg", "slope_max_"),
    "slope_max_sd_deg": ("slp_sd_deg", "slope_ma_1"),
    "ground_share": ("ground_sh", "ground_sha"),
    "measure_note": ("meas_note", "measure_no"),
}

SHORT_NAMES = {ours: short for ours, (short, _) in _NAMES.items()}
"""Names that Shapefiles of this program have instead of ours, where ours are longer."""


def find_short_names(names: Iterable[object]) -> dict[object, str]:
    """Find the short names in a copy of a catalogue of this program.

    That of the diameter is a usual heading, and is left out.

    Args:
        names: Names of the columns of a table.

    Returns:
        Our names by those of the table; empty for tables of other programs.
    """
    given = {str(name).lower(): name for name in names}
    if not are_own_columns(given):
        return {}
    return {
        given[short]: ours
        for ours, spellings in _NAMES.items()
        for short in spellings
        if short in given and ours not in given and ours != LUNAR_COLUMNS.diameter
    }
