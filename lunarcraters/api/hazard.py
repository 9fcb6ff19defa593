"""Verbs on landing sites: the hazard map of a run."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText, as_run
from lunarcraters.elevation.units import HeightUnit
from lunarcraters.files import check_apart, local_output
from lunarcraters.mosaic.given_crs import GivenCrs
from lunarcraters.mosaic.nodata import GivenNodata
from lunarcraters.progress import Progress, no_progress

if TYPE_CHECKING:
    from lunarcraters.hazard.hazard_map import HazardMap
    from lunarcraters.mosaic.examination.heights import ElevationModel

_NO_SLOPES = "no slopes: {} searched a picture, so give its elevation model with --elevation"


@dataclass(frozen=True)
class HazardSummary:
    """Result of `craters plot hazard`, as `--json` prints it.

    Attributes:
        craters: Number of craters that were counted.
        min_score: Lowest score of these craters.
        min_diameter: Smallest diameter of these craters, km.
        searched_km2: Ground that was searched, km^2.
        cell_km: Side of a cell in the middle of the run, km.
        columns: Number of columns of cells.
        rows: Number of rows of cells.
        slope_limit: Slope from which ground is steep, degrees; null without an elevation model.
        slope_baseline_m: Distance over which slopes are measured, metres; null without one.
        steep_share: Share of the ground that is steep, 0 to 1; null without one.
        picture: PNG that was written.
        raster: Cloud Optimized GeoTIFF that was written.
        note: Reason why there are no slopes; empty where there are.
    """

    craters: int
    min_score: float
    min_diameter: float
    searched_km2: float
    cell_km: float
    columns: int
    rows: int
    slope_limit: float | None
    slope_baseline_m: float | None
    steep_share: float | None
    picture: str
    raster: str
    note: str


def plot_hazard(
    run: PathOrText,
    out: PathOrText,
    *,
    elevation: PathOrText | None = None,
    cell: float | None = None,
    slope_limit: float = 15.0,
    min_diameter: float = 0.0,
    min_score: float | str | None = None,
    unit: HeightUnit | None = None,
    crs: GivenCrs | None = None,
    nodata: GivenNodata = None,
    raster: PathOrText | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> HazardSummary:
    """Draw crater density and steep ground on a grid, for landing sites (`craters plot hazard`).

    A PNG is drawn, and the same cells are written as a Cloud Optimized GeoTIFF: craters per km^2 of
    searched ground, and the share of the ground that is steeper than a limit.

    Args:
        run: Directory of a finished run.
        out: PNG to write.
        elevation: Elevation model in any lunar coordinate system; None for the one that the run
            searched, or for no slopes where it searched a picture.
        cell: Side of a cell in the middle of the run, km, rounded to whole pixels; None for a
            fiftieth of the longer side, 8 pixels of the run and 4 of the elevation model at least.
        slope_limit: Slope from which ground is steep, degrees.
        min_diameter: Smallest crater that counts, km.
        min_score: Lowest score, or operating point; None for "balanced" where there is one.
        unit: Unit of the heights; None for the one that the elevation model declares, or that its
            values tell.
        crs: Coordinate system in place of the run's, or of another elevation model's own.
        nodata: Value, or values, that mean "no data" in place of the elevation model's own.
        raster: GeoTIFF to write; None for the name of the PNG with the suffix `.tif`.
        overwrite: True to replace a GeoTIFF that is there.
        progress: Function of the number of blocks of the elevation model done and in all.

    Raises:
        RunError: The directory is not a finished run, or its elevation model is not there.
        CatalogueError: The craters are in pixels.
        MosaicError: The elevation model cannot be read, does not hold heights, or is of other
            ground.
        CoordinateSystemError: The elevation model is not of the Moon.
        OptionError: The cells are too small, too large or too many, or a limit is out of range.
        OutputError: The GeoTIFF is there already, the GeoTIFF or the PNG is one of the files that
            are read, or a file cannot be written.
    """
    from lunarcraters.catalogue.ground import warn_of_unread_tiles
    from lunarcraters.detection.run import MASK, open_run
    from lunarcraters.errors import CatalogueError
    from lunarcraters.hazard.cells import choose_cells
    from lunarcraters.hazard.hazard_map import check_limits, make_hazard_map
    from lunarcraters.hazard.raster import check_name, write_hazard_map
    from lunarcraters.mask.cog import open_mask
    from lunarcraters.plots.files import check_png
    from lunarcraters.plots.hazard import draw_hazard_map

    picture = local_output(out)
    cog = picture.with_suffix(".tif") if raster is None else local_output(raster)
    check_png(picture)
    check_name(cog, overwrite=overwrite)
    check_limits(cell, slope_limit)
    min_diameter, slope_limit = float(min_diameter), float(slope_limit)
    folder = as_run(run)
    catalogue = open_run(folder).read()
    if not catalogue.has_crs:
        raise CatalogueError(
            f"{run} has its craters in pixels, without an area in km2: give the image a coordinate "
            "system and detect them again (craters detect --crs)"
        )
    warn_of_unread_tiles(catalogue.info)
    craters = catalogue.filter(min_score, min_diameter=min_diameter)
    model = _open_elevation(folder, elevation, unit, crs, nodata)
    mask = folder / MASK
    inputs = [mask, *_list_searched(folder)]
    if model is not None:
        inputs += map(Path, model.mosaic.sources)
    check_apart(picture, inputs)
    check_apart(cog, inputs, "give another name with --raster")
    ground = open_mask(mask)
    cells = choose_cells(ground, cell, None if model is None else model.mosaic)
    hazard = make_hazard_map(
        craters.positions, ground, mask, cells, model, slope_limit, progress=progress
    )
    least = catalogue.threshold(min_score)
    draw_hazard_map(hazard, ground, _title(least, min_diameter), picture)
    # Last, as it is not replaced: after an interruption the same command may be given again.
    write_hazard_map(hazard, cog, _describe(hazard, least, min_diameter))
    return _summarise(hazard, least, min_diameter, picture, cog, run)


def _open_elevation(
    run: Path,
    elevation: PathOrText | None,
    unit: HeightUnit | None,
    crs: GivenCrs | None,
    nodata: GivenNodata,
) -> "ElevationModel | None":
    """Open the elevation model that is given or was searched; None where neither is one."""
    from lunarcraters.detection.manifest import read_manifest
    from lunarcraters.detection.searched import searched_mosaic
    from lunarcraters.mosaic.examination.heights import make_elevation_model

    if elevation is None and not read_manifest(run).is_of_elevation:
        return None
    mosaic = searched_mosaic(run, elevation, crs=crs, nodata=nodata, option="--elevation")
    return make_elevation_model(mosaic, unit=unit)


def _list_searched(run: Path) -> list[Path]:
    """List the files that a run searched, as far as it notes their names."""
    from lunarcraters.detection.manifest import read_manifest
    from lunarcraters.mosaic.names import first_of_several

    manifest = read_manifest(run)
    merged = manifest.settings.get("merged")
    names = str(merged).split(" + ") if merged else [manifest.input_name]
    paths = [path for path in map(first_of_several, names) if isinstance(path, Path)]
    return [file for path in paths for file in (path, *path.glob("*"))]


def _title(min_score: float, min_diameter: float) -> str:
    """Say which craters are counted."""
    size = f" of {min_diameter:g} km and larger" if min_diameter else ""
    score = f" (score {min_score:.3g} and higher)" if min_score else ""
    return f"Craters{size}{score}"


def _describe(hazard: "HazardMap", min_score: float, min_diameter: float) -> dict[str, str]:
    """Describe a hazard map in the metadata of its raster."""
    steep = hazard.steep
    numbers = {
        "MIN_SCORE": min_score,
        "MIN_DIAMETER_KM": min_diameter,
        "CELL_KM": hazard.cells.side_km,
        "SLOPE_LIMIT_DEG": None if steep is None else steep.limit_deg,
        "SLOPE_BASELINE_M": None if steep is None else steep.baseline_m,
    }
    return {name: f"{value:.6g}" for name, value in numbers.items() if value is not None}


def _summarise(
    hazard: "HazardMap",
    min_score: float,
    min_diameter: float,
    picture: Path,
    raster: Path,
    run: PathOrText,
) -> HazardSummary:
    """Summarise a hazard map that was written."""
    steep = hazard.steep
    rows, columns = hazard.cells.shape
    return HazardSummary(
        craters=hazard.craters,
        min_score=min_score,
        min_diameter=min_diameter,
        searched_km2=hazard.searched_km2,
        cell_km=hazard.cells.side_km,
        columns=columns,
        rows=rows,
        slope_limit=None if steep is None else steep.limit_deg,
        slope_baseline_m=None if steep is None else steep.baseline_m,
        steep_share=None if steep is None else steep.overall,
        picture=str(picture),
        raster=str(raster),
        note=_NO_SLOPES.format(run) if steep is None else "",
    )
