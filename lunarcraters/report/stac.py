"""A run as a STAC item: its files, ground, grid and coordinate system, for catalogues of data."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.ground import warn_of_unread_tiles
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.detection.finish import find_finish_time
from lunarcraters.detection.run import CRATERS, MASK, MEASURES, open_run
from lunarcraters.errors import CatalogueError
from lunarcraters.files import new_output, replacing
from lunarcraters.geometry.grid import Grid
from lunarcraters.geometry.sphere import radius_m
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.process import suppress_warnings

EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/ssys/v1.1.0/schema.json",
)
"""Schemas of the extensions: projection, and Solar System."""

_CODES = range(30100, 30195, 5)  # lunar systems of IAU_2015 on a sphere
_MOST_POINTS = 5000  # of an outline; that of a finer one is its box
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_PARQUET = "application/vnd.apache.parquet"


def write_stac_item(run: Path, out: Path, *, overwrite: bool = False) -> None:
    """Write a finished run as a STAC item.

    Longitudes and latitudes of the item are on the Moon, as the Solar System extension says. Its
    time is the end of the search: a mosaic does not tell when it was taken.

    Args:
        run: Directory of the run.
        out: JSON file to write. Files of the run are named relative to it.
        overwrite: True to replace a file that is there.

    Raises:
        RunError: The directory is not a finished run.
        CatalogueError: The run is in pixels.
        OutputError: The file exists, or cannot be written.
    """
    stored = open_run(run)
    info = stored.info
    if info.footprint is None or not info.has_crs:
        raise CatalogueError(
            f"{run} searched an image without coordinates, which has no place in a STAC catalogue: "
            "export its craters to a table"
        )
    new_output(out, overwrite=overwrite)
    warn_of_unread_tiles(info)
    searched = find_finish_time(run)
    item = _make_item(run, info, len(stored), searched, out.absolute().parent)
    with replacing(out) as temporary:
        temporary.write_text(json.dumps(item, indent=1) + "\n", encoding="utf-8")


def find_iau_code(crs: CRS) -> str | None:
    """Find the code of a lunar coordinate system in IAU_2015, such as `IAU_2015:30110`.

    Args:
        crs: Coordinate system, of which only the parameters are compared.

    Returns:
        Code; None where there is none.
    """
    wanted = _parameters(crs)
    for code in _CODES:
        try:
            if _parameters(CRS.from_authority("IAU_2015", code)) == wanted:
                return f"IAU_2015:{code}"
        except CRSError:  # not in this version of PROJ
            continue
    return None


def _parameters(crs: CRS) -> dict[str, Any]:
    """Parameters of a coordinate system by which it is compared, without those of no effect."""
    with suppress_warnings(UserWarning):  # that PROJ's text has no names
        parameters = {**crs.to_dict(), "R": radius_m(crs)}
    scale = parameters.pop("k", parameters.pop("k_0", 1))
    if parameters.get("proj") == "stere" and parameters.get("lat_ts") == parameters.get("lat_0"):
        parameters.pop("lat_ts")
    for key in ("a", "b", "type", "no_defs", "wktext"):
        parameters.pop(key, None)
    return {"scale": scale} | {key: value for key, value in parameters.items() if value != 0}


def _make_item(
    run: Path, info: CatalogueInfo, count: int, searched: datetime, folder: Path
) -> dict[str, Any]:
    """Make the item.

    Args:
        run: Directory of the run.
        info: Description of its catalogue.
        count: Number of its craters.
        searched: Time of the end of the search, UTC.
        folder: Directory of the item.
    """
    assert info.footprint is not None
    ground = _outline(info.footprint)
    names = {
        CRATERS: ("craters", _PARQUET),
        MEASURES: ("measures", _PARQUET),
        MASK: ("mask", _COG),
    }
    assets: dict[str, dict[str, Any]] = {
        key: {
            "href": Path(os.path.relpath((run / name).absolute(), folder)).as_posix(),
            "type": kind,
            "title": f"{key} detected",
            "roles": ["data"],
        }
        for name, (key, kind) in names.items()
        if (run / name).is_file()
    }
    properties = {
        "title": f"Craters of {run.resolve().name}",
        "description": f"{count} craters of any score, detected by lunarcraters.",
        "datetime": searched.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ssys:targets": ["Moon"],
        "ssys:target_class": "satellite",
    }
    if "mask" in assets:
        properties |= _describe_grid(open_mosaic([run / MASK]).grid)
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": list(EXTENSIONS),
        "id": run.resolve().name,
        "geometry": json.loads(str(shapely.to_geojson(ground))),
        "bbox": _find_bounds(ground),
        "properties": properties,
        "links": [],
        "assets": assets,
    }


def _describe_grid(grid: Grid) -> dict[str, Any]:
    """Describe the grid of the mask in the words of the projection extension."""
    assert grid.crs is not None
    x, y = grid.affine @ (grid.width * np.array([0, 1, 0, 1]), grid.height * np.array([0, 0, 1, 1]))
    return {
        "proj:code": find_iau_code(grid.crs),
        "proj:wkt2": grid.crs.to_wkt("WKT2_2019"),
        "proj:shape": [grid.height, grid.width],
        "proj:transform": [float(value) for value in grid.affine[:6]],
        "proj:bbox": [float(value) for value in (x.min(), y.min(), x.max(), y.max())],
    }


def _outline(footprint: BaseGeometry) -> BaseGeometry:
    """Take the ground searched, or its box where it has too many points for a description."""
    parts = shapely.get_parts(footprint)
    if shapely.get_num_coordinates(footprint) > _MOST_POINTS:
        start = shapely.bounds(parts)[:, 0] >= _find_bounds(footprint)[0]
        sides = parts[start], parts[~start]  # of the antimeridian, where the ground crosses it
        boxes = [shapely.box(*shapely.total_bounds(side)) for side in sides if len(side)]
        parts = np.array(boxes, object)
    polygons = [shapely.geometry.polygon.orient(part) for part in parts]
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _find_bounds(ground: BaseGeometry) -> list[float]:
    """Find west, south, east and north of ground; its west is beyond its east across 180 degrees.

    From west to east is the way round the Moon that leaves out the widest gap between the parts of
    the ground, as RFC 7946, section 5.2, has it. Ground without a gap reaches from -180 to 180.
    """
    bounds = shapely.bounds(shapely.get_parts(ground))
    west, _, east, _ = bounds[np.argsort(bounds[:, 0])].T
    reached = np.maximum.accumulate(east)
    gaps = west - np.append(reached[-1] - 360.0, reached[:-1])
    first = int(np.argmax(gaps))
    _, south, _, north = ground.bounds
    return [float(west[first]), south, float(reached[first - 1]), north]
