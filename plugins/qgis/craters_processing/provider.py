"""The provider `craters`: its algorithms, and the setting for the path of the program."""

from processing.core.ProcessingConfig import ProcessingConfig, Setting
from qgis.core import QgsProcessingProvider

from .algorithm import PROGRAM_SETTING
from .csfd import PlotCsfd
from .dataset_make import DatasetMake
from .detect import Detect
from .evaluate import Evaluate
from .export import SUFFIXES, Export
from .review import Review


class CratersProvider(QgsProcessingProvider):
    """Algorithms that run the program `craters`."""

    def id(self):
        return "craters"

    def name(self):
        return "craters"

    def longName(self):
        return "craters (lunar crater detection)"

    def load(self):
        ProcessingConfig.settingIcons[self.name()] = self.icon()
        text = "Path of the program craters (empty: CRATERS_PROGRAM, then the search path)"
        setting = Setting(self.name(), PROGRAM_SETTING, text, "", valuetype=Setting.FILE)
        ProcessingConfig.addSetting(setting)
        ProcessingConfig.readSettings()
        self.refreshAlgorithms()
        return True

    def unload(self):
        ProcessingConfig.removeSetting(PROGRAM_SETTING)

    def loadAlgorithms(self):
        for algorithm in (Detect, Export, Evaluate, PlotCsfd, Review, DatasetMake):
            self.addAlgorithm(algorithm())

    def supportedOutputVectorLayerExtensions(self):
        return list(SUFFIXES)

    def supportsNonFileBasedOutput(self):
        return False

    def defaultVectorFileExtension(self, hasGeometry=True):
        return SUFFIXES[0]
