"""Parts of the documentation that come from the program: errors, records, the model card."""

import ast
import inspect
import re
from collections import defaultdict
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import lunarcraters
from lunarcraters import errors

RECORDS = {
    "`manifest.json` of a run": "detection.manifest:Manifest",
    "`run.json` of a run": "detection.run:RunResult",
    "`craters detect --json` and `craters merge --json`": "detection.summary:RunCounts",
    "`craters info --json`": "detection.estimate:RunEstimate",
    "An octave of `craters info --json`": "detection.estimate:Level",
    "The cost in `craters info --json`": "detection.cost:Cost",
    "A further octave of `craters info --json`": "detection.estimate:Finer",
    "`tiles.json` of a directory of tiles": "tiling.tiles_record:TilesRecord",
    "The mosaic in `tiles.json`": "tiling.tiles_record:MosaicRecord",
    "A tile in `tiles.json`": "tiling.tiles_record:TileRecord",
    "The settings in `tiles.json`": "tiling.source:TilingSettings",
    "The statistics in `tiles.json`": "mosaic.statistics:ValueStatistics",
    "`craters evaluate --json`": "evaluation.record:EvaluationRecord",
    "An operating point of `craters evaluate --json`": "evaluation.scores:OperatingPoint",
    "A bin of diameters of `craters evaluate --json`": "evaluation.scores:DiameterBin",
    "A bin of scores of `craters evaluate --json`": "evaluation.reliability:ScoreBin",
    "Quartiles of `craters evaluate --json`": "evaluation.scores:Quartiles",
    "`craters evaluate --json` of a count without positions": "evaluation.sizes:SizeComparison",
    "A bin of that comparison": "evaluation.sizes:SizeBin",
    "`craters measure --json`": "api.morphometry:MeasureCounts",
    "`craters completeness --json`": "completeness.record:Completeness",
    "A bin of `craters completeness --json`": "completeness.record:CompletenessBin",
    "A class of freshness of `craters completeness --json`": "completeness.record:FreshnessClass",
    "The sun of `craters completeness --json`": "completeness.record:Sun",
    "The check of scores of `craters completeness --json`": "completeness.record:ScoreCheck",
    "`craters purity --json`": "purity.record:Purity",
    "A bin of `craters purity --json`": "purity.record:PurityBin",
    "`craters review --json`": "reviews.review:Review",
    "Counts of `craters review --json`": "reviews.review:ReviewCounts",
    "A bin of diameters of `craters review --json`": "reviews.review:ReviewBin",
    "Precision or recall of `craters review --json`": "reviews.proportions:Proportion",
    "A crater that `craters review --json` suggests": "reviews.suggest:SuggestedCrater",
    "A tile that `craters review --json` suggests": "reviews.suggest:SuggestedTile",
    "`craters randomness --json`": "catalogue.randomness:RandomnessTable",
    "A bin of `craters randomness --json`": "catalogue.randomness:RandomnessBin",
    "`craters csfd --json`": "counts.record:CountTable",
    "A bin of `craters csfd --json`": "counts.record:CountBin",
    "`craters date --json`": "dating.record:Dating",
    "An area of `craters date --json`": "dating.record:AreaAge",
    "An age of `craters date --json`": "dating.record:ModelAge",
    "`craters plot csfd --json`": "catalogue.csfd:SizeFrequencyRecord",
    "`craters plot errors --json`": "counts.record:ErrorTable",
    "A bin of `craters plot errors --json`": "counts.record:ErrorBin",
    "`craters plot hazard --json`": "api.hazard:HazardSummary",
    "`craters calibrate --json`": "calibration.record:CalibrationSummary",
    "`craters dataset check --json`, a list": "datasets.check:Problem",
    "`settings.json` of a training": "training.settings:TrainingSettings",
    "The preset in `settings.json`": "network.presets:Preset",
    "`data.json` of a training": "training.data:TrainingData",
    "`craters.json` in a model file": "network.model_record:ModelRecord",
    "Measurements of runs with `--tta` or `--smallest`": "network.model_record:CalibrationRecord",
    "Score calibration": "network.model_info:ScoreCalibration",
    "Score calibration without regard to size": "network.model_record:ScoreCurve",
    "Diameter errors": "network.model_info:DiameterErrors",
    "Description of the int8 form": "network.model_info:Int8Info",
    "F1 of the int8 form": "network.model_info:Int8Comparison",
    "Texture of the images of a tuned model": "network.model_info:Texture",
    "The description in GeoJSON, GeoParquet, GeoPackage": "catalogue.info:CatalogueHeader",
    "The limits in that description": "catalogue.export_limits:ExportLimits",
}
"""Module and class of every record, by the title of its table."""

_JSON_WORDS = {
    r"\b(?:\w+\.)+(?=[A-Z])": "",
    r"['\"]": "",
    r"\btuple\b": "list",
    r"\bdict\b": "object",
    r"\bNone\b": "null",
    r"\bstr\b": "text",
    r"\bfloat\b": "number",
    r"\bint\b": "integer",
    r"\bbool\b": "true or false",
    r"\|": "or",
    r"Literal\[(.*?)\]": r"\1",
    r"\bAny\b": "anything",
    r"\bEmpty\b": "empty object",
    r"\bPath\b": "text",
    r"\bdatetime\.datetime\b": "text",
    r"\bBox\b": "list[integer, integer, integer, integer]",
    r"\bOptional\[(.*)\]": r"\1 or null",
}

_PACKAGE = Path(lunarcraters.__file__).parent
_GIVEN_BY = {"warn": "CratersWarning", "kind": "CratersError"}
"""Functions and variables that stand for classes where messages are given."""

_LINK = re.compile(r"\[([^]]+)\]\((?:\.\./)+((?:pipelines|docs|lunarcraters|benchmarks)/[^)\s]*)\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in a page; files of the repository that are not in the site are named, not linked."""
    if page.file.src_uri == "errors.md":
        markdown += "\n" + _errors()
    if page.file.src_uri == "formats.md":
        markdown = markdown.replace("<!-- records -->", _records())
    if page.file.src_uri == "model_card.md":
        cards = (_PACKAGE / "network" / "weights" / f"{name}.md" for name in ("wac", "relief"))
        first, second = (card.read_text().partition("\n") for card in cards)
        markdown = f"{''.join(first)}\n{_deeper(second)}"
    return _LINK.sub(_inside, markdown)


def _deeper(card: tuple[str, str, str]) -> str:
    """A further card of the page: its title is a heading, and its headings are one level lower."""
    title = card[0].removeprefix("# Model card: ").strip()
    return f"## {title}\n" + re.sub(r"^##", "###", card[2], flags=re.MULTILINE)


def _inside(link: re.Match[str]) -> str:
    text, path = link.groups()
    if path.startswith("docs/") and path.endswith(".md"):
        return f"[{text}]({path.removeprefix('docs/')})"
    return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"


def _records() -> str:
    """Every JSON file and `--json` output, from the dataclasses that write and check them."""
    lines = []
    for title, kind in RECORDS.items():
        module, name = kind.split(":")
        record = getattr(import_module(f"lunarcraters.{module}"), name)
        summary, meanings = _attributes(record)
        lines += [f"### {title}", "", summary, "", "| Key | Type | Meaning |", "|---|---|---|"]
        for field in fields(record):
            lines.append(f"| `{field.name}` | {_json_type(field.type)} | {meanings[field.name]} |")
        lines.append("")
    return "\n".join(lines)


def _json_type(annotation: Any) -> str:
    """A type in the words of JSON."""
    text = annotation.__name__ if inspect.isclass(annotation) else str(annotation)
    for pattern, word in _JSON_WORDS.items():
        text = re.sub(pattern, word, text)
    return text


def _attributes(record: type) -> tuple[str, dict[str, str]]:
    """First paragraph of a docstring, and the meaning of each attribute, also of its bases."""
    meanings: dict[str, str] = {}
    for kind in reversed(record.__mro__[:-1]):
        text = re.sub(r"\bNone\b", "null", inspect.getdoc(kind) or "")
        summary, _, section = text.partition("\nAttributes:\n")
        found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", section, re.MULTILINE)
        meanings |= {name: " ".join(meaning.split()) for name, meaning in found}
    return " ".join(summary.split("\n\n")[0].split()), meanings


def _errors() -> str:
    """Every message of an error or a warning, under its class."""
    found = defaultdict(set)
    for path in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", "")
            name = _GIVEN_BY.get(name, name)
            message = _words(node.args[0])
            if isinstance(getattr(errors, name, None), type) and len(message) > 20:
                found[name].add(message)
    lines = []
    for name in sorted(found):
        doc = (getattr(errors, name).__doc__ or "").partition("\n\n")[0].strip()
        lines += [f"## {name}", "", doc, ""]
        lines += [f"- {message}" for message in sorted(found[name], key=str.lower)]
        lines.append("")
    return "\n".join(lines)


def _words(node: ast.expr) -> str:
    """A message, with what it is about in place of its values."""
    if isinstance(node, ast.Constant):
        return str(node.value).replace("<", "&lt;")
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(value) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return "…"
    return ""
