"""The algorithm `detect`."""

from pathlib import Path

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterVectorDestination,
)

from .algorithm import CratersAlgorithm
from .export import export_catalogue
from .inputs import Inputs, advanced, choice, integer, mosaic_parameters, real, score_parameters

_OPTIONS = {
    "NODATA": "--nodata", "MODEL": "--model", "SMALLEST": "--smallest", "PRECISION": "--precision",
    "WORKERS": "--workers",
}  # fmt: skip


class Detect(CratersAlgorithm):
    """Detects the craters of a mosaic, and exports them."""

    command = "detect"
    title = "Detect craters"
    help = (
        "Detects the craters of a lunar mosaic. The directory of the run has the catalogue, the "
        "mask and what is needed to resume: after you cancel, give the same directory again to go "
        "on. The craters are also written as a GeoPackage with styles and a form for review."
    )

    def initAlgorithm(self, configuration=None):
        model = QgsProcessingParameterFile(
            "MODEL", "Model (default: the weights that come with craters)", extension="keras",
            optional=True,
        )  # fmt: skip
        smallest = real("SMALLEST", "Smallest crater, pixels of the mosaic", 8.0, 2.75, 8.0)
        tta = QgsProcessingParameterBoolean(
            "TTA", "Average over mirror images: more accurate, in four times the time", False
        )
        kinds = ("auto", "int8", "float32", "bfloat16")
        overwrite = QgsProcessingParameterBoolean(
            "OVERWRITE", "Start anew, and replace a run that is in the directory", False
        )
        for parameter in (
            *mosaic_parameters(), *score_parameters(), smallest, tta, advanced(model),
            advanced(choice("PRECISION", "Arithmetic of the network", kinds, "auto")),
            advanced(integer("WORKERS", "Worker processes (default: one for two cores, up to 8)")),
            advanced(overwrite), QgsProcessingParameterFolderDestination("RUN", "Run directory"),
            QgsProcessingParameterVectorDestination("OUTPUT", "Craters"),
        ):  # fmt: skip
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputRasterLayer("MASK", "Mask"))
        self.addOutput(QgsProcessingOutputNumber("COUNT", "Number of craters"))

    def processAlgorithm(self, parameters, context, feedback):
        inputs = Inputs(self, parameters, context, feedback)
        run = self.parameterAsString(parameters, "RUN", context)
        output = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        told = self.run_craters(
            ["detect", inputs.mosaic(), "-o", run, *inputs.crs(), *inputs.options(_OPTIONS),
             *inputs.flag("TTA", "--tta"), *inputs.flag("OVERWRITE", "--overwrite")], feedback,
        )  # fmt: skip
        feedback.pushInfo(told.strip())
        outputs = export_catalogue(self, run, output, inputs.min_score(), context, feedback)
        return {"RUN": run, "MASK": str(Path(run) / "mask.tif"), **outputs}
