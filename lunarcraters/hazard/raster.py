"""The hazard map as a Cloud Optimized GeoTIFF with a pixel a cell."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from lunarcraters.errors import OutputError
from lunarcraters.files import replacing
from lunarcraters.hazard.hazard_map import HazardMap
from lunarcraters.mask.cog import copy_as_cog
from lunarcraters.process import suppress_native_stderr

_SUFFIXES = (".tif", ".tiff")


def check_name(path: Path, *, overwrite: bool) -> None:
    """Refuse a file that cannot be the raster of a hazard map.

    Args:
        path: File to write.
        overwrite: True to replace one that is there.

    Raises:
        OutputError: The file is there, or its name is not that of a GeoTIFF.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise OutputError(
            f"{path}: the raster is a GeoTIFF: give --raster a name that ends in .tif"
        )
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already: give --overwrite, or another name with --raster")


def write_hazard_map(hazard: HazardMap, path: Path, tags: dict[str, str]) -> None:
    """Write a hazard map as float32 bands; NaN where there is no value.

    Args:
        hazard: Hazard map.
        path: GeoTIFF to write; replaced if it is there.
        tags: Metadata of the file, by name.

    Raises:
        OutputError: The file cannot be written.
    """
    bands = [("craters per km2", "km-2", hazard.density)]
    if hazard.steep is not None:
        steep = f"share of ground steeper than {hazard.steep.limit_deg:g} degrees"
        bands.append((steep, "1", hazard.steep.shares))
    grid = hazard.cells.cell_grid
    try:
        with replacing(path) as temporary, TemporaryDirectory(dir=path.parent) as folder:
            plain = Path(folder) / "plain.tif"
            with (
                suppress_native_stderr(),
                rasterio.open(
                    plain,
                    "w",
                    driver="GTiff",
                    width=grid.width,
                    height=grid.height,
                    count=len(bands),
                    dtype="float32",
                    nodata=np.nan,
                    crs=grid.crs_wkt,
                    transform=grid.affine,
                ) as raster,
            ):
                raster.update_tags(**tags)
                for number, (description, unit, values) in enumerate(bands, start=1):
                    raster.write(values, number)
                    raster.set_band_description(number, description)
                    raster.set_band_unit(number, unit)
            copy_as_cog(plain, temporary, path, OVERVIEW_RESAMPLING="AVERAGE")
    except (RasterioError, CPLE_BaseError) as error:
        raise OutputError(f"{path} cannot be written, is the disk full? ({error})") from error
