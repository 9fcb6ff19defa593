"""How QGIS draws the layers of a GeoPackage: the rows of its table `layer_styles`.

Outlines without a filling, so that the mosaic stays in sight. QGIS takes the default style of a
layer when it is loaded; the others are in its menu.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

TABLE = "layer_styles"

_RAMP = ("#00b4ff", "#00e5d0", "#3dff6f", "#b6ff00", "#ffe600", "#ffae00", "#ff6a00", "#ff2d55")
_FOOTPRINT = "#7f7f7f"
_OCTAVES = len(_RAMP)
_WIDTH_MM = 0.35


def layer_styles(size: str, largest: float) -> pd.DataFrame:
    """The table of styles.

    Args:
        size: Name of the column of diameters.
        largest: Diameter of the largest crater: classes are octaves down from it.
    """
    top = math.ceil(math.log2(largest)) if largest > 0.0 else 0
    edges = [0.0, *(2.0**k for k in range(top - _OCTAVES + 1, top + 1))]
    unit = size.rpartition("_")[2]
    scores = [k / _OCTAVES for k in range(_OCTAVES + 1)]
    rows = []
    for layer, kind in (("craters", "fill"), ("bounding_boxes", "fill"), ("centres", "marker")):
        by_size = _graduated(size, edges, unit, kind)
        by_score = _graduated("score", scores, "", kind)
        rows += [(layer, "by diameter", by_size, True), (layer, "by score", by_score, False)]
    rows.append(("footprint", "outline", _qml(_single()), True))
    table = pd.DataFrame(rows, columns=["f_table_name", "styleName", "styleQML", "useAsDefault"])
    # The columns that QGIS looks for; no time, so that the same catalogue gives the same rows.
    return pd.DataFrame(
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": table["f_table_name"],
            "f_geometry_column": "geom",
            "styleName": table["styleName"],
            "styleQML": table["styleQML"],
            "styleSLD": "",
            "useAsDefault": table["useAsDefault"],
            "description": "craters " + table["styleName"],
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp(0),
        }
    )


def _graduated(attribute: str, edges: Sequence[float], unit: str, kind: str) -> str:
    ranges, symbols = [], []
    for number, (low, high) in enumerate(pairwise(edges)):
        label = f"{low:g} - {high:g} {unit}".strip()
        ranges.append(
            f'<range symbol="{number}" lower="{low!r}" upper="{high!r}" label="{label}" '
            'render="true"/>'
        )
        symbols.append(_symbol(number, _RAMP[number], kind))
    return _qml(
        f'<renderer-v2 type="graduatedSymbol" attr="{attribute}" graduatedMethod="GraduatedColor" '
        f'symbollevels="0"><ranges>{"".join(ranges)}</ranges>'
        f"<symbols>{''.join(symbols)}</symbols></renderer-v2>"
    )


def _single() -> str:
    return (
        '<renderer-v2 type="singleSymbol" symbollevels="0"><symbols>'
        f"{_symbol(0, _FOOTPRINT, 'fill')}</symbols></renderer-v2>"
    )


def _symbol(number: int, colour: str, kind: str) -> str:
    rgb = ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)) + ",255"
    if kind == "marker":
        layer, values = "SimpleMarker", {"name": "circle", "color": rgb, "outline_style": "no"}
        values["size"] = "1.2"
    else:
        layer, values = "SimpleLine", {"line_color": rgb, "line_width": f"{_WIDTH_MM}"}
    properties = "".join(f'<prop k="{key}" v="{value}"/>' for key, value in values.items())
    return (
        f'<symbol name="{number}" type="{kind}" alpha="1" clip_to_extent="1">'
        f'<layer class="{layer}" enabled="1" pass="0" locked="0">{properties}</layer></symbol>'
    )


def _qml(renderer: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.22" styleCategories="Symbology">{renderer}</qgis>'
    )
