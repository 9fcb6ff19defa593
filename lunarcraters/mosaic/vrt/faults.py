"""Faults of VRTs: which of the files that one names is missing, damaged or the VRT itself."""

from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from rasterio.errors import RasterioError

from lunarcraters.mosaic.names import RasterName, is_remote
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.access import gives_only_whole_files
from lunarcraters.mosaic.remote.faults import is_refusal, why_not_served
from lunarcraters.mosaic.vrt.sources import list_sources


def why_not_read(uri: str, error: Exception, *, served: bool) -> str:
    """Explain why pixels of a raster that was opened cannot be read.

    Args:
        uri: Name that GDAL opens, or the XML of a VRT.
        error: GDAL's error.
        served: True where pixels come from the network.
    """
    # Of servers that fail for a while, sources are not asked one by one.
    reason = _first_cause(error)
    is_final = not served or is_refusal(reason) or gives_only_whole_files(error)
    broken = find_broken_source(uri) if is_final else None
    if broken:
        return broken
    if served and gives_only_whole_files(error):
        return (
            "its server does not give parts of files (byte ranges): download it first, with the "
            "files that belong to it"
        )
    if served:
        return f"its server failed, run the same command again when it answers ({reason})"
    return f"a file is missing, truncated or damaged, copy it again ({reason})"


def find_broken_source(name: str, above: tuple[str, ...] = ()) -> str | None:
    """Find the first source of a VRT that cannot be read, also in VRTs within it.

    Args:
        name: Path or other name of the VRT, or its XML.
        above: Names of the VRTs in which this one is.

    Returns:
        Sentence about the source; None where each can be read, or the VRT has none.
    """
    above = (*above, name)
    try:
        sources = list_sources(name)
    except (OSError, ElementTree.ParseError):
        return None
    for source in dict.fromkeys(sources):
        if source in above:
            return f"the VRT {source} names itself: correct the name in {RasterName(above[-1])}"
        fault = _why_unreadable(source, above[-1]) or find_broken_source(source, above)
        if fault:
            return fault
    return None


def _why_unreadable(source: str, vrt: str) -> str | None:
    """Sentence about a source that cannot be read; None where it can, or is itself a VRT."""
    is_path = source.startswith("/") and not source.startswith("/vsi")
    if is_path and not Path(source).exists():
        return f"{source} is not there: put it there, or correct its name in {RasterName(vrt)}"
    try:
        with open_dataset(source) as dataset:
            if dataset.driver != "VRT":
                column, row = dataset.width - 1, dataset.height - 1
                dataset.read(1, window=((row, row + 1), (column, column + 1)))
    except RasterioError as error:
        if is_remote(source):
            return why_not_served(RasterName(source), error)
        name = PurePosixPath(source).name
        return f"{source} cannot be read ({_first_cause(error)}): copy or download {name} again"
    return None


def _first_cause(error: BaseException) -> str:
    """GDAL's message about what came first: rasterio says of later ones only that they failed."""
    while error.__cause__ is not None:
        error = error.__cause__
    return " ".join(str(error).split()).rstrip(".")
