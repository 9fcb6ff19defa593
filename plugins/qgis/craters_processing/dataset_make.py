"""The algorithm `dataset_make`."""

from pathlib import Path

from qgis.core import (
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFolderDestination,
)

from .algorithm import CratersAlgorithm
from .inputs import (
    Inputs,
    advanced,
    area_parameter,
    catalogue_parameters,
    integer,
    mosaic_parameters,
    real,
    score_parameters,
)

_OPTIONS = {
    "NODATA": "--nodata", "MIN_DIAMETER": "--min-diameter", "SIZE": "--size", "VALID": "--valid",
    "TEST": "--test", "SEED": "--seed",
}  # fmt: skip


class DatasetMake(CratersAlgorithm):
    """Makes training data of a mosaic and a catalogue."""

    command = "dataset make"
    title = "Make training data"
    help = (
        "Makes training data of a mosaic and a catalogue, which may be reviewed. Ground that was "
        "not counted, and craters that are too small, are not taught as background."
    )

    def initAlgorithm(self, configuration=None):
        for parameter in (
            *mosaic_parameters(), *catalogue_parameters(), *score_parameters(),
            area_parameter("Ground on which craters were counted (default: by the catalogue)"),
            real("MIN_DIAMETER", "Smallest crater to teach, km (pixels without coordinates)", 0.0),
            integer("SIZE", "Side of a tile, pixels", 416, 64),
            real("VALID", "Share of the tiles for validation", 0.15, 0.0, 1.0),
            real("TEST", "Share of the tiles for the test", 0.15, 0.0, 1.0),
            advanced(integer("SEED", "Seed of the split", 0, 0)),
            QgsProcessingParameterFolderDestination("OUTPUT", "Dataset directory"),
        ):  # fmt: skip
            self.addParameter(parameter)
        self.addOutput(QgsProcessingOutputVectorLayer("INDEX", "Outlines of the tiles"))

    def processAlgorithm(self, parameters, context, feedback):
        inputs = Inputs(self, parameters, context, feedback)
        output = self.parameterAsString(parameters, "OUTPUT", context)
        told = self.run_craters(
            ["dataset", "make", inputs.mosaic(), inputs.catalogue(), "-o", output, *inputs.crs(),
             *inputs.area(), *inputs.min_score(), *inputs.options(_OPTIONS)], feedback,
        )  # fmt: skip
        feedback.pushInfo(told.strip())
        index = Path(output) / "index.gpkg"
        return {"OUTPUT": output, **({"INDEX": str(index)} if index.exists() else {})}
