"""What the tests do inside QGIS, in QGIS's own Python: cancel, resume, and load the layers.

session.py PLUGIN_FOLDER MOSAIC OUT: prints a record as JSON on its last line.
"""

import json
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
)

plugins, mosaic, out = sys.argv[1:]
application = QgsApplication([], True)
application.initQgis()
sys.path[:0] = [plugins, str(Path(application.pkgDataPath(), "python", "plugins"))]

from craters_processing.provider import CratersProvider  # noqa: E402
from processing.core.Processing import Processing  # noqa: E402

Processing.initialize()
provider = CratersProvider()
QgsApplication.processingRegistry().addProvider(provider)
project = QgsProject.instance()
project.addMapLayer(QgsRasterLayer(mosaic, "my mosaic"))


class Feedback(QgsProcessingFeedback):
    """Feedback that cancels when there are parts of a run."""

    def __init__(self, parts=None):
        super().__init__(False)
        self.parts, self.progress = parts, []
        self.progressChanged.connect(self.progress.append)

    def isCanceled(self):  # noqa: N802
        return self.parts is not None and len(list(self.parts.glob("*"))) > 0


def detect(feedback):
    """Detect in the layer of the mosaic, and load the result into the project."""
    context = QgsProcessingContext()
    context.setProject(project)
    parameters = {"INPUT": "my mosaic", "RUN": f"{out}/run", "OUTPUT": f"{out}/a.gpkg",
                  "SMALLEST": 4.0, "WORKERS": 1}  # fmt: skip
    details = QgsProcessingContext.LayerDetails("Craters", project, "OUTPUT")
    algorithm = provider.algorithm("detect").create()
    context.setLayersToLoadOnCompletion({parameters["OUTPUT"]: details})
    results = algorithm.processAlgorithm(parameters, context, feedback)
    return results, context


record = {}
try:
    detect(Feedback(Path(out, "run", "parts")))
except QgsProcessingException as error:
    record["cancelled"] = str(error)
record["parts"] = len(list(Path(out, "run", "parts").glob("*")))
feedback = Feedback()
record["results"], context = detect(feedback)
record["progress"] = feedback.progress
record["layers"] = {}
for uri, details in context.layersToLoadOnCompletion().items():
    layer = QgsProcessingUtils.mapLayerFromString(uri, context)
    details.postProcessor().postProcessLayer(layer, context, feedback)
    review = layer.fields().indexOf("review")
    record["layers"][details.name] = {
        "source": uri,
        "renderer": layer.renderer().type(),
        "crs": layer.crs().isValid(),
        "features": layer.featureCount(),
        "review": layer.editorWidgetSetup(review).type() if review >= 0 else None,
        "styles": layer.listStylesInDatabase()[2][: layer.listStylesInDatabase()[0]],
    }
del context  # which deletes what it has
print(json.dumps(record), flush=True)
# QGIS's own end of a program in Python crashes now and then.
import os  # noqa: E402

os._exit(0)
