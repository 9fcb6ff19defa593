"""What the algorithms share: they run the program, show its progress and load its layers."""

import shlex
from pathlib import Path

from processing.core.ProcessingConfig import ProcessingConfig
from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
)

from .program import ProgramError, check_version, find_program, read_progress, run_program

PROGRAM_SETTING = "CRATERS_PROGRAM"
"""Name of the setting of Processing with the path of the program."""

_DOCUMENTATION = "Options have the same meaning as in the program: see `craters {} --help`."


class CratersAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that runs one command of the program."""

    command = ""
    title = ""
    help = ""

    def name(self):
        return self.command.replace(" ", "_")

    def displayName(self):
        return self.title

    def shortHelpString(self):
        return f"{self.help}\n\n{_DOCUMENTATION.format(self.command)}"

    def createInstance(self):
        return type(self)()

    def json_output(self, parameters, context):
        """Find the path of the output, in a directory that is there.

        Raises:
            QgsProcessingException: There is no such directory.
        """
        output = self.parameterAsFileOutput(parameters, "OUTPUT", context)
        folder = Path(output).parent
        if not folder.is_dir():
            raise QgsProcessingException(
                f"{output} cannot be written: there is no directory {folder}: create it"
            )
        return output

    def run_craters(self, arguments, feedback):
        """Run the program, and return its stdout.

        Args:
            arguments: The command and its arguments; they are made text.
            feedback: Feedback of Processing, which gets lines and progress and may cancel.

        Raises:
            QgsProcessingException: The program is missing, of another version, or failed.
        """

        def show(line):
            percent = read_progress(line)
            if percent is not None:
                feedback.setProgress(percent)
                feedback.setProgressText(line)
            elif line.startswith("Warning: "):
                feedback.pushWarning(line[len("Warning: ") :])
            elif not line.startswith("Error: "):
                feedback.pushConsoleInfo(line)

        words = [str(word) for word in arguments]
        try:
            program = find_program(ProcessingConfig.getSetting(PROGRAM_SETTING) or "")
            check_version(program)
            feedback.pushCommandInfo(shlex.join([program, *words]))
            return run_program(program, words, show=show, is_cancelled=feedback.isCanceled)
        except ProgramError as error:
            raise QgsProcessingException(str(error)) from error


def write_json(text, output):
    """Write what the program told.

    Args:
        text: JSON.
        output: Path of the file to write.

    Raises:
        QgsProcessingException: The file cannot be written.
    """
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise QgsProcessingException(
            f"{output} cannot be written: {error.strerror}: give another file"
        ) from error


class _Styler(QgsProcessingLayerPostProcessorInterface):
    """Gives a layer that was loaded the default style of its file."""

    def postProcessLayer(self, layer, context, feedback):
        layer.loadDefaultStyle()
        layer.triggerRepaint()


_STYLERS = []
"""All that were made: a context deletes its own, but loses what Python does not keep."""


def load_layers(context, path, layers):
    """Load layers of a GeoPackage, where the output is to be loaded at all.

    Args:
        context: Context of Processing, which has the request to load the file.
        path: Path of the GeoPackage.
        layers: Names of the layers, from the bottom up; the first has the name of the output.
    """
    requests = context.layersToLoadOnCompletion()
    if path not in requests:
        return
    asked = requests.pop(path)
    for layer in layers:
        name = asked.name if layer == layers[0] else layer
        details = QgsProcessingContext.LayerDetails(name, asked.project, asked.outputName)
        _STYLERS.append(_Styler())
        details.setPostProcessor(_STYLERS[-1])
        requests[f"{path}|layername={layer}"] = details
    context.setLayersToLoadOnCompletion(requests)
