"""`craters evaluate`."""

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.catalogue.wording import format_number
from lunarcraters.cli.options import CataloguePath, classes_option, crs_option, json_option
from lunarcraters.cli.tables import print_table
from lunarcraters.cli.wording import diameter_range, square_km
from lunarcraters.evaluation.rule_names import RULE_NAMES
from lunarcraters.redaction import redact

if TYPE_CHECKING:
    from lunarcraters.evaluation.record import EvaluationTerms
    from lunarcraters.evaluation.rules import Rule
    from lunarcraters.evaluation.scores import OperatingPoint, Quartiles, Scores
    from lunarcraters.evaluation.sizes import SizeComparison


@click.command("evaluate")
@click.argument("catalogue", type=CataloguePath())
@click.argument("reference", type=CataloguePath())
@click.option("--rule", "rule_name", type=click.Choice(RULE_NAMES),
              help="Matching rule of detections and references "
              "[default: box for labels, circle for catalogues].")  # fmt: skip
@click.option("--iou", type=click.FloatRange(0, 1, min_open=True),
              help="Least intersection over union (circle, box) [default: 0.5].")  # fmt: skip
@click.option("--max-offset", type=click.FloatRange(0, min_open=True),
              help="Largest offset in reference diameters (offset) [default: 0.25].")  # fmt: skip
@click.option("--max-ratio", type=click.FloatRange(1),
              help="Largest ratio of diameters (offset) [default: 1.5].")  # fmt: skip
@click.option("--min-diameter", type=click.FloatRange(0), default=0.0,
              help="Smallest crater that counts, km (pixels without coordinates).")  # fmt: skip
@click.option("--max-diameter", type=click.FloatRange(0), default=float("inf"),
              help="Largest crater that counts.")  # fmt: skip
@click.option("--min-pixels", type=click.FloatRange(0),
              help="Smallest crater that counts, pixels of the label tiles.")  # fmt: skip
@click.option("--min-score", metavar="SCORE|NAME",
              help="Score, or operating point, from which a detection counts "
              "[default: balanced, or the score of an export if higher, or where F1 is best].",
              )  # fmt: skip
@click.option("--bins", callback=lambda _, __, value: _edges(value), metavar="EDGE,EDGE,...",
              help="Lower edges of the diameter bins, in the unit of the smallest diameter "
              "[default: factors of sqrt(2)].")  # fmt: skip
@click.option("--figures", type=click.Path(path_type=Path, file_okay=False),
              help="Directory for figures (PNG).")  # fmt: skip
@click.option("--gallery", type=click.Path(path_type=Path, file_okay=False),
              help="Directory for pictures of the worst errors (PNG).")  # fmt: skip
@click.option("--mosaic", metavar="MOSAIC",
              help="The mosaic that they show [default: the one that was searched].")  # fmt: skip
@crs_option
@classes_option
@json_option
def command(
    catalogue: Path | str,
    reference: Path | str,
    rule_name: str | None,
    iou: float | None,
    max_offset: float | None,
    max_ratio: float | None,
    min_pixels: float | None,
    classes: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Score CATALOGUE (a file, a database or a run of craters detect) against REFERENCE.

    REFERENCE is a catalogue file, or labels in LU3M6TGT's or YOLO's layout: the directory of a
    split, of its label files or of its images, or one label file. Craters cut off by the edge of a
    label tile, of other sizes than asked for, or off the ground searched are left out on both
    sides. Where one of them is a count without positions (.diam), the two are compared by size, bin
    by bin.

    \b
    craters evaluate run reference.csv --min-diameter 2
    craters evaluate run LU3M6TGT/test --min-pixels 11 --bins 11,16,24,48,96 --figures figures
    craters evaluate run LU3M6TGT/test --min-pixels 11 --gallery errors
    craters evaluate craters.gpkg reference.csv --rule deepmoon --json
    """
    from lunarcraters import api
    from lunarcraters.evaluation.sizes import SizeComparison
    from lunarcraters.records import to_json

    labels = api.read_reference(reference, classes)
    for note in labels.notes:
        click.echo(redact(f"{reference}: {note}"), err=True)
    limits = {"min_iou": iou, "max_offset": max_offset, "max_ratio": max_ratio}
    rule = None
    if rule_name is not None or any(value is not None for value in limits.values()):
        rule = _rule(rule_name or labels.default_rule, limits)
    if min_pixels is not None and labels.pixel is None:
        raise click.UsageError("--min-pixels needs labels as REFERENCE: use --min-diameter")
    scores = api.evaluate(catalogue, labels, rule, min_pixels=min_pixels, **options)
    if as_json:
        click.echo(to_json(scores.record()))
    elif isinstance(scores, SizeComparison):
        _print_sizes(scores)
    else:
        _print(scores.terms, scores)


def _edges(text: str | None) -> list[float] | None:
    """Read bin edges such as `11,16,24`."""
    if text is None:
        return None
    try:
        edges = [float(part) for part in text.split(",")]
    except ValueError:
        edges = []
    if not edges or edges[0] <= 0 or sorted(set(edges)) != edges:
        raise click.BadParameter(f"{text!r} is not a rising list of diameters, such as 11,16,24")
    return edges


def _rule(name: str, given: dict[str, float | None]) -> "Rule":
    """Make the rule of a name with the thresholds given."""
    from lunarcraters.evaluation.rules import RULES

    limits = {field: value for field, value in given.items() if value is not None}
    for field in limits:
        fitting = [key for key, rule in RULES.items() if field in {f.name for f in fields(rule)}]
        if name not in fitting:
            flag = "--iou" if field == "min_iou" else "--" + field.replace("_", "-")
            raise click.UsageError(f"{flag} goes with --rule {' or '.join(fitting)}")
    rule: Any = RULES[name]
    changed: Rule = replace(rule, **limits)
    return changed


def _print(terms: "EvaluationTerms", scores: "Scores") -> None:
    from lunarcraters.evaluation.reliability import LEAST_SCORE
    from lunarcraters.evaluation.scores import COMPLETENESS_LEVEL, COMPLETENESS_MIN_COUNT

    unit, match = terms.unit, terms.match
    upper = "" if terms.max_diameter is None else f" to {terms.max_diameter:g}"
    click.echo(f"match: {match}; diameters from {terms.min_diameter:.4g}{upper} {unit}")
    click.echo(
        f"references: {scores.references} counted, {scores.references_ignored} ignored; "
        f"detections: {scores.detections} counted, {scores.detections_ignored} ignored"
    )
    area = scores.average_precision
    if area is not None:
        click.echo(f"average precision {area:.4f} ({match}, all detections)")
    click.echo(f"best F1: {_point(scores.best, match)}")
    click.echo(f"at {terms.min_score}: {_point(scores.chosen, match)}")
    _print_bins(scores, unit)
    least = f"recall >= {COMPLETENESS_LEVEL:g} in bins of {COMPLETENESS_MIN_COUNT} or more"
    complete = "-"
    if scores.complete_above is not None:
        complete = f"{format_number(scores.complete_above, 3)} {unit}"
    click.echo(f"complete ({least}) above: {complete}")
    sides = ("east", "north") if unit == "km" else ("right", "below")
    click.echo("lower quartile, median, upper quartile of the matches, in reference diameters:")
    click.echo(f"  offset of centres   {_quartiles(scores.offset)}")
    click.echo(f"  towards {sides[0]:<12}{_quartiles(scores.offset_east)}")
    click.echo(f"  towards {sides[1]:<12}{_quartiles(scores.offset_north)}")
    click.echo(f"  diameter            {_quartiles(scores.diameter_ratio)}")
    if scores.within_deviation is not None:
        click.echo(f"diameters within one standard deviation: {scores.within_deviation:.1%}")
    if scores.calibration_error is not None:
        click.echo(
            f"expected calibration error {scores.calibration_error:.4f} (detections that score at "
            f"least {LEAST_SCORE:g})"
        )


def _print_bins(scores: "Scores", unit: str) -> None:
    rows = [
        (
            diameter_range(one.low, one.high),
            str(one.references),
            "-" if one.recall is None else f"{one.recall:.3f}",
            str(one.detections),
            "-" if one.precision is None else f"{one.precision:.3f}",
        )
        for one in scores.bins
    ]
    headings = "references", "recall", "detections", "precision"
    print_table(("diameter, " + unit, *headings), rows)


def _print_sizes(sizes: "SizeComparison") -> None:
    upper = "" if sizes.max_diameter is None else f" to {sizes.max_diameter:g}"
    score = "" if sizes.min_score is None else f" (score: {sizes.min_score})"
    click.echo(
        f"compared by size, for want of positions; diameters from {sizes.min_diameter:.4g}{upper} "
        f"km{score}"
    )
    click.echo(
        f"references: {format_number(sizes.references, 6)} on {_area(sizes.reference_km2)}; "
        f"detections: {format_number(sizes.detections, 6)} on {_area(sizes.detection_km2)}"
    )
    rows = [
        (
            diameter_range(one.low, one.high),
            format_number(one.references, 6),
            _number(one.references_per_km2),
            format_number(one.detections, 6),
            _number(one.detections_per_km2),
            _number(one.ratio),
            _number(one.ratio_error),
        )
        for one in sizes.bins
    ]
    headings = "references", "per km2", "detections", "per km2", "ratio", "+-"
    print_table(("diameter, km", *headings), rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _area(km2: float | None) -> str:
    return "an unknown area" if km2 is None else f"{square_km(km2)} km2"


def _point(point: "OperatingPoint", match: str) -> str:
    score = "all detections" if point.threshold is None else f"score >= {point.threshold:.3f}"
    return (
        f"precision {point.precision:.4f}, recall {point.recall:.4f}, F1 {point.f1:.4f} "
        f"({match}, {score})"
    )


def _quartiles(values: "Quartiles") -> str:
    if values.low is None or values.median is None or values.high is None:
        return "-"
    return f"{values.low:.3f}  {values.median:.3f}  {values.high:.3f}"
