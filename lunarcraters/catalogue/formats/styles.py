"""How QGIS draws the layers of a GeoPackage: the rows of its table `layer_styles`.

Outlines without a filling, so that the mosaic stays in sight. QGIS takes the default style of a
layer when it is loaded; the others are in its menu.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from lunarcraters.catalogue.columns import REVIEW, CatalogueColumns
from lunarcraters.catalogue.formats.review_form import QUICK_FORM, review_form
from lunarcraters.catalogue.review_state import ACCEPTED, ADDED, REJECTED, UNSEEN

TABLE = "layer_styles"

_RAMP = ("#00b4ff", "#00e5d0", "#3dff6f", "#b6ff00", "#ffe600", "#ffae00", "#ff6a00", "#ff2d55")
_FOOTPRINT = "#7f7f7f"
_STATES = {ACCEPTED: "#3dff6f", REJECTED: "#ff2d55", ADDED: "#00b4ff", UNSEEN: "#ffe600"}
_OCTAVES = len(_RAMP)
_WIDTH_MM = 0.35


def layer_styles(columns: CatalogueColumns, largest: float) -> pd.DataFrame:
    """Make the table of styles.

    Args:
        columns: Names of the columns of the catalogue.
        largest: Diameter of the largest crater: classes are octaves down from it.
    """
    top = math.ceil(math.log2(largest)) if largest > 0.0 else 0
    edges = [0.0, *(2.0**k for k in range(top - _OCTAVES + 1, top + 1))]
    size = columns.diameter
    scores = [k / _OCTAVES for k in range(_OCTAVES + 1)]
    rows = []
    for layer, kind in (("craters", "fill"), ("bounding_boxes", "fill"), ("centres", "marker")):
        by_size = _graduated(size, edges, columns.unit, kind)
        by_score = _graduated("score", scores, "", kind)
        form = review_form(columns) if layer == "craters" else ""
        rows.append((layer, "by diameter", _qml(by_size + form), True))
        rows.append((layer, "by score", _qml(by_score + form), False))
    rows.append(("craters", "by review", _qml(_categorized() + review_form(columns)), False))
    rows.append(("added_craters", "outline", _qml(_single(_STATES[ADDED]) + QUICK_FORM), True))
    rows.append(("footprint", "outline", _qml(_single(_FOOTPRINT)), True))
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
    return (
        f'<renderer-v2 type="graduatedSymbol" attr="{attribute}" graduatedMethod="GraduatedColor" '
        f'symbollevels="0"><ranges>{"".join(ranges)}</ranges>'
        f"<symbols>{''.join(symbols)}</symbols></renderer-v2>"
    )


def _categorized() -> str:
    """Draw craters by their state; cells that are empty are unseen."""
    # QGIS takes the category of an empty value for all that have none of their own.
    values = {state: state for state in _STATES} | {UNSEEN: ""}
    categories = [
        f'<category symbol="{number}" value="{values[state]}" label="{state}" render="true"/>'
        for number, state in enumerate(_STATES)
    ]
    symbols = [_symbol(number, colour, "fill") for number, colour in enumerate(_STATES.values())]
    return (
        f'<renderer-v2 type="categorizedSymbol" attr="{REVIEW}" symbollevels="0"><categories>'
        f"{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols></renderer-v2>"
    )


def _single(colour: str) -> str:
    return (
        '<renderer-v2 type="singleSymbol" symbollevels="0"><symbols>'
        f"{_symbol(0, colour, 'fill')}</symbols></renderer-v2>"
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


def _qml(content: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22" styleCategories="Symbology|Fields|Forms|Actions">'
        f"{content}</qgis>"
    )
