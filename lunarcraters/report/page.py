"""The page: one HTML file that shows a run and needs no other file and no network."""

import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.embed import json_item
from bokeh.models import Model
from bokeh.resources import Resources
from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup
from numpy.typing import NDArray

from lunarcraters.catalogue.edits import EditedCatalogue
from lunarcraters.catalogue.measures import MEASURE_NOTE
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.catalogue.wording import format_area
from lunarcraters.detection.manifest import TILE_COUNT, read_manifest
from lunarcraters.detection.run import MASK, read_result, read_with_hash
from lunarcraters.errors import OutputError, warn
from lunarcraters.evaluation.matching import Matches, match_craters
from lunarcraters.evaluation.reference import Reference, read_reference
from lunarcraters.evaluation.rules import RULES
from lunarcraters.evaluation.scores import Scores, compute_scores
from lunarcraters.files import replacing
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.plots.maps import check_same_space
from lunarcraters.report import charts
from lunarcraters.report.bins import make_bins
from lunarcraters.report.map import MOST_DRAWN, make_map, picture_size
from lunarcraters.report.review import make_review_data
from lunarcraters.reviews.compare import compare_with_run

MOST = 200_000
"""Number of craters that a page holds: the largest ones, if there are more."""

_BOKEH = Resources(mode="inline", components=["bokeh"], log_level="error")
_SETTINGS = {"smallest_px": "smallest crater, px"}
_SCRIPTS = (
    "ground.js",
    "review_marks.js",
    "review_store.js",
    "review_file.js",
    "review_queue.js",
    "review_map.js",
    "review_pointer.js",
    "review.js",
    "page.js",
)


@dataclass(frozen=True, eq=False)
class _Comparison:
    """A reference and how well the run agrees with it.

    Attributes:
        reference: Reference craters.
        matches: Matches of the run with it.
        scores: Scores of the matches.
        rule: Matching rule in words.
    """

    reference: Reference
    matches: Matches
    scores: Scores
    rule: str

    def detected(self, min_score: float) -> NDArray[np.bool_]:
        """Find the references that a detection of at least this score matches, (n,)."""
        matches = self.matches
        detected = np.zeros(len(self.reference.diameters), np.bool_)
        detected[matches.reference_of[matches.true & matches.above(min_score)]] = True
        return detected


def write_report(
    run: Path,
    out: Path,
    mosaic: Mosaic,
    *,
    edited: EditedCatalogue | None = None,
    reference: Path | None = None,
    min_diameter: float = 0.0,
    min_score: float | str | None = None,
    closeups: int = 500,
    overwrite: bool = False,
) -> int:
    """Write the page of a finished run.

    Args:
        run: Directory of the run.
        out: HTML file to write.
        mosaic: Mosaic underneath.
        edited: Edited catalogue of the run, whose craters are shown and with whose decisions the
            review begins; None for the craters of the run.
        reference: Catalogue or labels to score the run against; None for no comparison.
        min_diameter: Smallest crater that is scored, km (pixels).
        min_score: Score, or operating point, that the page begins with; None for `balanced`.
        closeups: Number of the most doubtful craters that are shown at full resolution.
        overwrite: True to replace a file that is there.

    Returns:
        Number of craters in the page.

    Raises:
        RunError: The directory is not a run, or the run is not finished.
        CatalogueError: There is no such operating point, the edited catalogue is of another run,
            or the reference cannot be used.
        MosaicError: The mosaic cannot be read.
        OutputError: The page exists or cannot be written.
    """
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists: give another name, or --overwrite to replace it")
    craters, run_hash = read_with_hash(run)
    detections = craters if edited is None else edited.to_catalogue()
    check_same_space(detections, mosaic)
    least = detections.threshold(min_score)
    comparison = None
    if reference is not None:
        comparison = _compare(detections, read_reference(reference), min_diameter, least)
    review = _review(craters, run_hash, edited, mosaic, least, closeups)
    content = _render(run, detections, mosaic, comparison, least, review)
    with replacing(out) as temporary:
        temporary.write_text(content, encoding="utf-8")
    if len(detections) > MOST:
        warn(
            f"{out} holds the {MOST:,} largest of {len(detections):,} craters, and its counts are "
            "of these: craters plot csfd counts all"
        )
    return min(len(detections), MOST)


def _compare(
    detections: Catalogue, reference: Reference, min_diameter: float, min_score: float
) -> _Comparison:
    rule = RULES[reference.default_rule]
    matches = match_craters(detections, reference, rule, min_diameter=min_diameter)
    scores = compute_scores(matches, min_score, min_diameter=min_diameter)
    return _Comparison(reference, matches, scores, str(rule))


def _review(
    craters: Catalogue,
    run_hash: str,
    edited: EditedCatalogue | None,
    mosaic: Mosaic,
    least: float,
    closeups: int,
) -> dict[str, Any]:
    """Make the data of the review mode, which is of the craters of the run in every page."""
    detected = craters.rows(slice(MOST))
    comparison = None
    if edited is not None:
        comparison = compare_with_run(craters, edited, run_hash=run_hash)
        for note in comparison.notes:
            warn(note)
    return make_review_data(
        detected,
        run_hash,
        mosaic,
        comparison=comparison,
        left_out=len(craters) - len(detected),
        min_score=least,
        closeups=closeups,
    )


def _render(
    run: Path,
    detections: Catalogue,
    mosaic: Mosaic,
    comparison: _Comparison | None,
    least: float,
    review: dict[str, Any],
) -> str:
    """Fill the page's template."""
    shown = detections.rows(slice(MOST))
    left_out = len(detections) - len(shown)
    area = detections.footprint_area_km2 if detections.has_crs else None
    figures = _figures(shown, mosaic, run / MASK, comparison, least, has_area=bool(area))
    return _template().render(
        title=f"Craters of {Path(mosaic.name).name}",
        unit=detections.columns.unit,
        format_area=format_area,
        total=len(detections),
        most=MOST_DRAWN,
        left_out=left_out,
        least=least,
        smallest=float(shown.diameters.min()) if len(shown) else 1.0,
        largest=float(shown.diameters.max()) if len(shown) else 1.0,
        area=area,
        bins=make_bins(shown.diameters, area),
        has_mask=figures["map"].select_one({"name": "mask"}) is not None,
        comparison=comparison,
        figures={name: _json(json_item(plot)) for name, plot in figures.items()},
        origin=_origin(run, detections),
        bokeh=Markup(_BOKEH.render()),
        picture=picture_size(mosaic),
        review=_json(review),
        script=Markup("\n".join(_resource(name) for name in _SCRIPTS)),
        style=Markup(_resource("page.css")),
    )


def _figures(
    shown: Catalogue,
    mosaic: Mosaic,
    mask: Path,
    comparison: _Comparison | None,
    least: float,
    *,
    has_area: bool,
) -> dict[str, Model]:
    """Make the map and the plots of the page, by name."""
    reference = detected = None
    if comparison is not None:
        reference, detected = comparison.reference, comparison.detected(least)
    figures = {"map": make_map(shown, mosaic, mask, reference, detected)}
    across = f"diameter, {shown.columns.unit}"
    if has_area:
        larger = "craters per km² of this size and larger"
        figures |= {
            "cumulative": charts.make_counts("cumulative", "Cumulative", across, larger),
            "differential": charts.make_counts(
                "differential", "Differential", across, "per km² and km"
            ),
            "relative": charts.make_counts("relative", "R", across, "relative frequency"),
        }
    figures |= {
        "sizes": charts.make_histogram("sizes", "Diameters", across, log=True),
        "scores": charts.make_histogram("scores", "Scores", "score", log=False),
    }
    if MEASURE_NOTE in shown.craters:
        measured = shown.above_score(least).craters.query(f"{MEASURE_NOTE} == ''")
        columns = ("rim_diameter_km", "depth_to_diameter")
        figures["depths"] = charts.make_depths(*(measured[name].to_numpy() for name in columns))
    if comparison is not None:
        figures["precision"] = charts.make_precision_recall(comparison.matches, comparison.scores)
    return figures


def _origin(run: Path, detections: Catalogue) -> list[tuple[str, str]]:
    """List the origin of the run for people to read: names and values."""
    manifest, result = read_manifest(run), read_result(run)
    points = ", ".join(f"{name} {score:.3f}" for name, score in detections.thresholds.items())
    settings = (manifest.settings | {TILE_COUNT: None}).items()  # the result tells it
    rows = [
        ("mosaic", manifest.input_name),
        ("its SHA-256", manifest.input),
        ("model", Path(manifest.model_name).name),
        ("its SHA-256", manifest.model),
        *((_SETTINGS.get(k, k), f"{v}") for k, v in settings if v is not None),
        ("operating points", points or "-"),
        ("tiles", f"{result.tiles:,}"),
        ("tiles that could not be read whole", str(len(result.unread_tiles))),
        ("seconds", f"{result.seconds:g}"),
    ]
    if detections.footprint_area_km2 and detections.has_crs:
        rows.append(("ground searched", f"{format_area(detections.footprint_area_km2)} km²"))
    return rows


def _json(item: object) -> Markup:
    """Write JSON that may stand in a script element."""
    return Markup(json.dumps(item).replace("<", "\\u003c"))


def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("page.html")


def _resource(name: str) -> str:
    return (resources.files("lunarcraters.report") / name).read_text(encoding="utf-8")
