"""The algorithm `evaluate`."""

import json

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterFolderDestination,
)

from .algorithm import CratersAlgorithm, write_json
from .inputs import (
    Inputs,
    catalogue_parameters,
    choice,
    diameter_parameters,
    score_parameters,
)

_RULES = ("circle", "box", "deepmoon", "deepmoon-strict", "offset")
_SCORES = {"PRECISION": "precision", "RECALL": "recall", "F1": "f1"}
_OPTIONS = {"RULE": "--rule", "FIGURES": "--figures"}


class Evaluate(CratersAlgorithm):
    """Scores a catalogue against a reference."""

    command = "evaluate"
    title = "Evaluate craters"
    help = (
        "Compares a catalogue with a reference: average precision, and precision, recall and F1 "
        "at the score chosen. The file has all numbers, by diameter too, as JSON."
    )

    def initAlgorithm(self, configuration=None):
        rule = choice("RULE", "Matching rule (default: circle; box for labels)", _RULES)
        figures = QgsProcessingParameterFolderDestination("FIGURES", "Figures", None, True, False)
        output = QgsProcessingParameterFileDestination("OUTPUT", "Scores", "JSON files (*.json)")
        for parameter in (
            *catalogue_parameters(), *catalogue_parameters("REFERENCE", "Reference"),
            *score_parameters(), *diameter_parameters(), rule, figures, output,
        ):  # fmt: skip
            self.addParameter(parameter)
        for name in ("AVERAGE_PRECISION", *_SCORES):
            self.addOutput(QgsProcessingOutputNumber(name, name.capitalize().replace("_", " ")))

    def processAlgorithm(self, parameters, context, feedback):
        inputs = Inputs(self, parameters, context, feedback)
        output = self.json_output(parameters, context)
        told = self.run_craters(
            ["evaluate", inputs.catalogue(), inputs.catalogue("REFERENCE"), "--json",
             *inputs.min_score(), *inputs.diameters(), *inputs.options(_OPTIONS)], feedback,
        )  # fmt: skip
        write_json(told, output)
        return {"OUTPUT": output, **_read_scores(json.loads(told), feedback)}


def _read_scores(record, feedback):
    """Take the scores from the record of the program, and tell them."""
    chosen = record.get("chosen") or {}
    values = {name: chosen.get(key) for name, key in _SCORES.items()}
    values["AVERAGE_PRECISION"] = record.get("average_precision")
    known = {name: value for name, value in values.items() if value is not None}
    for name, value in known.items():
        feedback.pushInfo(f"{name.lower().replace('_', ' ')}: {value:.4f}")
    return known
