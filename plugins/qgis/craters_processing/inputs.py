"""Parameters that several algorithms have, and the arguments that they become."""

from pathlib import Path

from osgeo import ogr
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterCrs,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorLayer,
    QgsProcessingUtils,
    QgsProviderRegistry,
)

_POINTS = ("balanced", "complete", "pure")
_REAL = QgsProcessingParameterNumber.Double


def advanced(parameter):
    """Mark a parameter as advanced, and return it."""
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
    return parameter


def real(name, text, default=None, low=0.0, high=None):
    """Make a parameter that is a number; without a default it is optional."""
    limits = {} if high is None else {"maxValue": high}
    return QgsProcessingParameterNumber(
        name, text, _REAL, default, default is None, minValue=low, **limits
    )


def integer(name, text, default=None, low=1):
    """Make a parameter that is an integer; without a default it is optional."""
    return QgsProcessingParameterNumber(
        name, text, QgsProcessingParameterNumber.Integer, default, default is None, minValue=low
    )


def choice(name, text, values, default=None):
    """Make a parameter that is one of some words; without a default it is optional."""
    return QgsProcessingParameterEnum(
        name, text, list(values), False, default, default is None, usesStaticStrings=True
    )


def mosaic_parameters():
    """Make the parameters of a mosaic."""
    nodata = QgsProcessingParameterNumber(
        "NODATA", "Value that means no data (default: the mosaic's own)", _REAL, None, True
    )
    crs = QgsProcessingParameterCrs(
        "CRS", "Coordinate system of the mosaic (default: that of the file)", None, True
    )
    return [
        QgsProcessingParameterRasterLayer("INPUT", "Mosaic"),
        advanced(crs),
        advanced(nodata),
    ]


def catalogue_parameters(name="CATALOGUE", text="Catalogue"):
    """Make the two parameters for a catalogue: a layer, or a path.

    Args:
        name: Name of the parameter for the layer; that for the path ends in `_PATH`.
        text: Name of the catalogue for people.
    """
    return [
        QgsProcessingParameterVectorLayer(
            name, f"{text}: a layer", [QgsProcessing.TypeVector], None, True
        ),
        QgsProcessingParameterFile(
            f"{name}_PATH", f"{text}: or the path of a run directory or of a file",
            QgsProcessingParameterFile.Folder, optional=True,
        ),
    ]  # fmt: skip


def score_parameters():
    """Make the parameters for the lowest score."""
    return [
        choice("POINT", "Operating point: least score, as the model was calibrated", _POINTS,
               "balanced"),
        advanced(real("MIN_SCORE", "Lowest score, 0 to 1 (instead of the operating point)",
                      high=1.0)),
    ]  # fmt: skip


def diameter_parameters():
    """Make the parameters for the range of diameters."""
    return [
        real("MIN_DIAMETER", "Smallest crater, km (pixels without coordinates)", 0.0),
        real("MAX_DIAMETER", "Largest crater, km (pixels without coordinates)"),
    ]


def area_parameter(text):
    """Make the parameter of an area, an optional layer of polygons."""
    return QgsProcessingParameterVectorLayer(
        "AREA", text, [QgsProcessing.TypeVectorPolygon], None, True
    )


class Inputs:
    """Reads the parameters of a run of an algorithm as arguments of the program."""

    def __init__(self, algorithm, parameters, context, feedback):
        self._algorithm = algorithm
        self._parameters = parameters
        self._context = context
        self._feedback = feedback

    def mosaic(self):
        """Find the source of the mosaic, as GDAL opens it."""
        layer = self._algorithm.parameterAsRasterLayer(self._parameters, "INPUT", self._context)
        if layer is None:
            raise QgsProcessingException("The mosaic cannot be opened: give a raster layer or file")
        if layer.providerType() != "gdal":
            raise QgsProcessingException(
                f"The layer {layer.name()} is no raster file: export it as GeoTIFF first"
            )
        return layer.source().split("|")[0]  # without options of QGIS

    def catalogue(self, name="CATALOGUE"):
        """Find the path of a catalogue: of the file of a layer, or as it was given."""
        path = self._text(f"{name}_PATH")
        layer = self._algorithm.parameterAsVectorLayer(self._parameters, name, self._context)
        if (layer is None) == (path == ""):
            word = name.lower()
            raise QgsProcessingException(f"Give the {word} either as a layer or as a path")
        if layer is None:
            return path
        path, chosen, names = _find_source(layer)
        if chosen != "craters" or "catalogue" not in names:
            return self._layer_path(layer)
        if layer.subsetString():
            raise QgsProcessingException(
                f"The layer {layer.name()} has a filter, and its file is read as a whole: remove "
                "the filter, or export the filtered layer to a file of its own"
            )
        self._warn_of_edits(layer)
        return path

    def _layer_path(self, layer):
        """Find the file of a layer; one that is not all of its file is copied."""
        self._warn_of_edits(layer)
        path, _, names = _find_source(layer)
        if len(names) == 1 and not layer.subsetString():
            return path
        if layer.subsetString():
            self._feedback.pushWarning(
                f"The layer {layer.name()} has a filter: only what it shows counts, without what "
                "else its file may tell, such as the ground that was searched."
            )
        return QgsProcessingUtils.convertToCompatibleFormat(
            # No format is compatible: QGIS would pass the whole file.
            layer, False, "craters", [], "gpkg", self._context, self._feedback
        )  # fmt: skip

    def _warn_of_edits(self, layer):
        if layer.isEditable() and layer.isModified():
            self._feedback.pushWarning(
                f"The layer {layer.name()} has edits that were not saved: they do not count."
            )

    def options(self, flags):
        """Make options of those parameters that have another value than their default.

        Args:
            flags: Names of parameters with their options.
        """
        arguments = []
        for name, flag in flags.items():
            value = self._text(name)
            if value and value != str(self._algorithm.parameterDefinition(name).defaultValue()):
                arguments += [flag, value]
        return arguments

    def min_score(self):
        """Make the option of the lowest score; `balanced` is the default of the program."""
        score = self._text("MIN_SCORE") or self._text("POINT")
        return [] if score in ("", "balanced") else ["--min-score", score]

    def diameters(self):
        """Make the options of the range of diameters."""
        return self.options({"MIN_DIAMETER": "--min-diameter", "MAX_DIAMETER": "--max-diameter"})

    def area(self):
        """Make the option of the area."""
        layer = self._algorithm.parameterAsVectorLayer(self._parameters, "AREA", self._context)
        return [] if layer is None else ["--area", self._layer_path(layer)]

    def crs(self):
        """Make the option of the coordinate system, which travels as a file."""
        crs = self._algorithm.parameterAsCrs(self._parameters, "CRS", self._context)
        if not crs.isValid():
            return []
        path = Path(QgsProcessingUtils.generateTempFilename("mosaic.prj"))
        path.write_text(crs.toWkt(QgsCoordinateReferenceSystem.WKT_PREFERRED), encoding="utf-8")
        return ["--crs", str(path)]

    def flag(self, name, option):
        """Make an option without a value."""
        is_on = self._algorithm.parameterAsBool(self._parameters, name, self._context)
        return [option] if is_on else []

    def _text(self, name):
        if self._parameters.get(name) is None:
            return str(self._algorithm.parameterDefinition(name).defaultValue() or "")
        return self._algorithm.parameterAsString(self._parameters, name, self._context)


def _find_source(layer):
    """Find the file of a layer, its name there and the names of all layers of the file.

    Returns:
        Path, name and names; empty where the layer is not read from a file, or from a part of it.
    """
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    path, number = parts.get("path") or "", parts.get("layerId")
    is_file = layer.providerType() == "ogr" and Path(path).exists()
    dataset = ogr.Open(path) if is_file and not parts.get("geometryType") else None
    if dataset is None:
        return "", "", []
    names = [dataset.GetLayer(k).GetName() for k in range(dataset.GetLayerCount())]
    chosen = names[0] if number is None else names[int(number)]
    return path, parts.get("layerName") or chosen, names
