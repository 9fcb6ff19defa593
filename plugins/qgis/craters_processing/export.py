"""The algorithm `export`."""

from pathlib import Path

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingParameterVectorDestination,
)

from .algorithm import CratersAlgorithm, load_layers
from .inputs import (
    Inputs,
    area_parameter,
    catalogue_parameters,
    diameter_parameters,
    score_parameters,
)

SUFFIXES = ("gpkg", "geojson", "fgb", "parquet", "csv", "shp", "scc", "diam")
LAYERS = ("craters", "footprint", "added_craters")
"""Layers of a GeoPackage that are loaded."""


class Export(CratersAlgorithm):
    """Writes a run or a catalogue in another format."""

    command = "export"
    title = "Export craters"
    help = (
        "Writes the craters of a run, or of any catalogue, as a GeoPackage with styles and a form "
        "for review, or in another format: the name of the file says which."
    )

    def initAlgorithm(self, configuration=None):
        area = area_parameter("Only craters centred in these polygons")
        output = QgsProcessingParameterVectorDestination("OUTPUT", "Craters")
        for parameter in (
            *catalogue_parameters(), *score_parameters(), *diameter_parameters(), area, output
        ):  # fmt: skip
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputNumber("COUNT", "Number of craters"))

    def processAlgorithm(self, parameters, context, feedback):
        inputs = Inputs(self, parameters, context, feedback)
        options = [*inputs.min_score(), *inputs.diameters(), *inputs.area()]
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        return export_catalogue(self, inputs.catalogue(), output, options, context, feedback)


def export_catalogue(algorithm, catalogue, output, options, context, feedback):
    """Run `craters export`, and load what it wrote.

    Args:
        algorithm: The algorithm that runs.
        catalogue: Path of a run or a catalogue.
        output: Path of the file to write.
        options: Options of the command.
        context: Context of Processing.
        feedback: Feedback of Processing.

    Returns:
        Outputs of the algorithm.
    """
    told = algorithm.run_craters(
        ["export", catalogue, output, "--overwrite", *options], feedback
    ).strip()
    feedback.pushInfo(told)
    suffix = Path(output).suffix.lower()
    if suffix == ".gpkg":
        load_layers(context, output, LAYERS)
        output = f"{output}|layername={LAYERS[0]}"
    elif suffix in (".scc", ".diam"):
        load_layers(context, output, ())
    return {"OUTPUT": output, "COUNT": int(told.split()[0])}
