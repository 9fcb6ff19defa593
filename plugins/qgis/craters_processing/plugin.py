"""The plugin: it gives QGIS the provider."""

from qgis.core import QgsApplication

from .provider import CratersProvider


class CratersPlugin:
    """Adds the provider to Processing, and takes it away again."""

    def __init__(self):
        self._provider = None

    def initProcessing(self):
        """Add the provider; `qgis_process` calls this alone."""
        self._provider = CratersProvider()
        QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self):
        """Add the provider."""
        self.initProcessing()

    def unload(self):
        """Take the provider away."""
        QgsApplication.processingRegistry().removeProvider(self._provider)
