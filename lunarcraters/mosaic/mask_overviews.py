"""Overviews of masks: which overviews of a raster show its mask.

Overviews that were made before the mask have none. GDAL (3.10) then still says of an overview that
it is masked, and gives a mask that is valid everywhere.
"""

from functools import lru_cache
from xml.etree import ElementTree

import rasterio
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioIOError

from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.virtual_files import forget_error, last_error, times_forgotten


def shows_mask(dataset: rasterio.DatasetReader, band: int, overview: int) -> bool:
    """Tell whether an overview leaves out what the mask of its raster does.

    Args:
        dataset: Open raster, at full resolution.
        band: Number of the band.
        overview: Index of the overview.

    Returns:
        True where the overview has a mask of its own, or where the band has none, but nodata.

    Raises:
        RasterioIOError: The mask cannot be opened again.
    """
    if MaskFlags.per_dataset not in dataset.mask_flag_enums[band - 1]:
        return True
    masks = _list_overviews(dataset.name, dataset.shape, band, times_forgotten())
    return masks[overview : overview + 1] == (dataset.overviews(band)[overview],)


@lru_cache(maxsize=256)
def _list_overviews(
    name: str, shape: tuple[int, int], band: int, forgotten: int
) -> tuple[int, ...]:
    """Factors of the overviews of a mask, as a VRT has them whose only source it is.

    Args:
        name: Name of the raster that GDAL opens, or the XML of a VRT.
        shape: Height and width of the raster.
        band: Number of the band.
        forgotten: Number that changes when files may have changed.
    """
    root = ElementTree.Element("VRTDataset", rasterXSize=str(shape[1]), rasterYSize=str(shape[0]))
    element = ElementTree.SubElement(root, "VRTRasterBand", dataType="Byte", band="1")
    source = ElementTree.SubElement(element, "SimpleSource")
    ElementTree.SubElement(source, "SourceFilename").text = name
    ElementTree.SubElement(source, "SourceBand").text = f"mask,{band}"
    forget_error()
    with open_dataset(ElementTree.tostring(root, encoding="unicode")) as mask:
        factors = tuple(mask.overviews(1))
    if not factors and (fault := last_error()):
        raise RasterioIOError(fault)
    return factors
