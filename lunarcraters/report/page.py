"""The page: one HTML file that needs nothing else, not even a network."""

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.embed import json_item
from bokeh.resources import Resources
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import read_manifest
from lunarcraters.detection.run import MASK, RESULT, read_run
from lunarcraters.errors import OutputError
from lunarcraters.evaluation.matching import Matches, match
from lunarcraters.evaluation.reference import Reference, read_reference
from lunarcraters.evaluation.rules import RULES
from lunarcraters.evaluation.scores import score
from lunarcraters.files import replacing
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.plots.maps import check_plane
from lunarcraters.report import charts
from lunarcraters.report.map import MOST_DRAWN, picture

MOST = 200_000
"""Craters that a page holds; the largest, of more."""

_BOKEH = Resources(mode="inline", components=["bokeh"], log_level="error")


def write_report(
    run: Path,
    out: Path,
    mosaic: Mosaic,
    *,
    reference: Path | None = None,
    min_diameter: float = 0.0,
    min_score: str | None = None,
    overwrite: bool = False,
) -> int:
    """Write the page of a finished run.

    Args:
        run: Directory of the run.
        out: HTML file to write.
        mosaic: The picture underneath.
        reference: Catalogue or labels to score the run against.
        min_diameter: Smallest crater that is scored, km (pixels).
        min_score: Score, or operating point, that the page begins with; None for `balanced`.
        overwrite: Replace a file that is there.

    Returns:
        The number of craters in it.

    Raises:
        RunError: It is no run, or not finished.
        CatalogueError: There is no such operating point, or the reference cannot be used.
        MosaicError: The mosaic cannot be read.
        OutputError: The page exists or cannot be written.
    """
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists: give another name, or --overwrite to replace it")
    found = read_run(run)
    check_plane(found, mosaic)
    least = found.threshold(min_score)
    shown = replace(found, craters=found.craters[:MOST])
    known = matches = scores = None
    if reference is not None:
        known = read_reference(reference)
        matches = match(found, known, RULES[known.usual_rule], min_diameter=min_diameter)
        scores = score(matches, least)
    figures = {"map": picture(shown, mosaic, run / MASK, known, _met(matches, known, least))}
    figures |= _counts(found)
    if matches is not None and scores is not None:
        figures["precision"] = charts.precision_recall(matches, scores)
    content = _template().render(
        title=f"Craters of {Path(mosaic.name).name}",
        unit="px" if found.is_pixels else "km",
        total=len(found),
        most=MOST_DRAWN,
        left_out=len(found) - len(shown),
        least=least,
        smallest=float(shown.diameters.min()) if len(shown) else 1.0,
        largest=float(shown.diameters.max()) if len(shown) else 1.0,
        area=None if found.is_pixels else found.footprint_area_km2,
        has_mask=(run / MASK).is_file(),
        known=known,
        scores=scores,
        figures={name: _json(json_item(plot)) for name, plot in figures.items()},
        made=_made(run, found),
        bokeh=Markup(_BOKEH.render()),
        script=Markup(_resource("page.js")),
        style=Markup(_resource("page.css")),
    )
    with replacing(out) as temporary:
        temporary.write_text(content, encoding="utf-8")
    return len(shown)


def _met(matches: Matches | None, known: Reference | None, least: float) -> NDArray[np.bool_]:
    """Which reference craters were found by a detection that scores enough."""
    met = np.zeros(0 if known is None else len(known.diameters), np.bool_)
    if matches is not None:
        met[matches.reference_of[matches.true & ~(matches.score < least)]] = True
    return met


def _counts(found: Catalogue) -> dict[str, Any]:
    across = "diameter, px" if found.is_pixels else "diameter, km"
    histograms = {
        "sizes": charts.histogram("sizes", "Diameters", across, log=True),
        "scores": charts.histogram("scores", "Scores", "score", log=False),
    }
    if found.is_pixels or not found.footprint_area_km2:
        return histograms
    return {
        "cumulative": charts.counts(
            "cumulative", "Cumulative", across, "craters per km² of this size and larger"
        ),
        "differential": charts.counts("differential", "Differential", across, "per km² and km"),
        "relative": charts.counts("relative", "R", across, "relative frequency"),
        **histograms,
    }


_SETTINGS = {"smallest_px": "smallest crater, px"}


def _made(run: Path, found: Catalogue) -> dict[str, str]:
    """How the run was made, for people to read."""
    manifest = read_manifest(run)
    result = json.loads((run / RESULT).read_text())
    rows = {
        "mosaic": manifest.input_name,
        "its SHA-256": manifest.input,
        "model": Path(manifest.model_name).name,
        "its SHA-256 ": manifest.model,
        **{_SETTINGS.get(k, k): f"{v}" for k, v in manifest.settings.items() if v is not None},
        "operating points": ", ".join(f"{k} {v:.3f}" for k, v in found.thresholds.items()) or "-",
        "tiles": f"{result['tiles']:,}",
        "tiles that could not be read": str(len(result["unread_tiles"])),
        "seconds": f"{result['seconds']:g}",
    }
    if found.footprint_area_km2 and not found.is_pixels:
        rows["ground searched"] = f"{found.footprint_area_km2:,.1f} km²"
    return rows


def _json(item: Any) -> Markup:
    """JSON that may stand in a script element."""
    return Markup(json.dumps(item).replace("<", "\\u003c"))


def _template() -> Any:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_resource("page.html"))


def _resource(name: str) -> str:
    return (resources.files("lunarcraters.report") / name).read_text(encoding="utf-8")
