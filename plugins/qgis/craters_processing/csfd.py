"""The algorithm `plot_csfd`."""

from qgis.core import QgsProcessingParameterFileDestination

from .algorithm import CratersAlgorithm
from .inputs import Inputs, catalogue_parameters, score_parameters


class PlotCsfd(CratersAlgorithm):
    """Draws the crater size-frequency distribution of a catalogue."""

    command = "plot csfd"
    title = "Plot crater size-frequency distribution"
    help = (
        "Draws cumulative, differential and R plots with Poisson errors. The catalogue has to tell "
        "its area: a run, or a file that was exported from one. To count in an area, export the "
        "craters of the area first."
    )

    def initAlgorithm(self, configuration=None):
        output = QgsProcessingParameterFileDestination("OUTPUT", "Plot", "PNG files (*.png)")
        for parameter in (*catalogue_parameters(), *score_parameters(), output):
            self.addParameter(parameter)

    def processAlgorithm(self, parameters, context, feedback):
        inputs = Inputs(self, parameters, context, feedback)
        output = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        told = self.run_craters(
            ["plot", "csfd", inputs.catalogue(), output, *inputs.min_score()], feedback
        )
        feedback.pushInfo(told.strip())
        return {"OUTPUT": output}
