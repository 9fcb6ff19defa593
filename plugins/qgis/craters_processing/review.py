"""The algorithm `review`."""

import json

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from .algorithm import CratersAlgorithm, write_json
from .inputs import Inputs, catalogue_parameters


class Review(CratersAlgorithm):
    """Tells how good a run is, by what a reviewer changed."""

    command = "review"
    title = "Summarise a review"
    help = (
        "Compares a run with its exported catalogue that you reviewed. Precision is the share of "
        "the reviewed craters that you accepted. Recall holds where you looked for missing "
        "craters. The file has all numbers, by diameter too, as JSON. To write the catalogue "
        "without the rejected craters, use Export craters."
    )

    def initAlgorithm(self, configuration=None):
        run = QgsProcessingParameterFile("RUN", "Run directory", QgsProcessingParameterFile.Folder)
        seen = QgsProcessingParameterBoolean(
            "ALL_SEEN", "Every crater was looked at: unseen ones are accepted", False
        )
        output = QgsProcessingParameterFileDestination("OUTPUT", "Review", "JSON files (*.json)")
        for parameter in (run, *catalogue_parameters("EDITED", "Reviewed catalogue"), seen, output):
            self.addParameter(parameter)
        for name in ("PRECISION", "RECALL"):
            self.addOutput(QgsProcessingOutputNumber(name, name.capitalize()))

    def processAlgorithm(self, parameters, context, feedback):
        inputs = Inputs(self, parameters, context, feedback)
        run = self.parameterAsString(parameters, "RUN", context)
        output = self.json_output(parameters, context)
        told = self.run_craters(
            ["review", run, inputs.catalogue("EDITED"), "--json",
             *inputs.flag("ALL_SEEN", "--all-seen")], feedback,
        )  # fmt: skip
        write_json(told, output)
        record = json.loads(told)
        for note in record["notes"]:
            feedback.pushWarning(note)
        feedback.pushInfo(", ".join(f"{n} {state}" for state, n in record["counts"].items()))
        values = {name: record[name.lower()]["value"] for name in ("PRECISION", "RECALL")}
        return {"OUTPUT": output, **{k: v for k, v in values.items() if v is not None}}
