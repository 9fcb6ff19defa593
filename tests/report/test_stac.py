import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from click.testing import CliRunner
from pyproj import CRS

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.stac import command
from lunarcraters.detection.run import CRATERS, MASK, RESULT, RunResult, write_result
from lunarcraters.errors import CatalogueError, OutputError, RunError
from lunarcraters.geometry import sphere
from lunarcraters.report.stac import find_iau_code, write_stac_item

from ..rasters import write_raster

SCHEMAS = Path(__file__).parent / "stac_schemas"


@pytest.fixture
def run(tmp_path):
    """A finished run near the north pole, with a hole in its ground."""
    path = tmp_path / "polar"
    path.mkdir()
    craters = pd.DataFrame({"lon": [10.0], "lat": [81.0], "diameter_km": [3.0], "score": [0.9]})
    ground = shapely.box(0, 80, 20, 82) - shapely.box(4, 80.5, 6, 81)
    catalogue = Catalogue(craters, sphere.geographic_crs(), ground, 1234.5)
    catalogue.to_file(path / CRATERS)
    affine = Affine(1000, 0, -20e3, 0, -1000, 30e3)
    write_raster(path / MASK, np.zeros((30, 40), np.uint8), "IAU_2015:30130", affine, nodata=255)
    write_result(RunResult(craters=1, tiles=1, unread_tiles={}, seconds=1.0), path)
    return path


def test_an_item_tells_ground_grid_and_files(run, tmp_path):
    write_stac_item(run, tmp_path / "item.json")
    item = json.loads((tmp_path / "item.json").read_text())
    properties = item["properties"]
    assert item["bbox"] == [0, 80, 20, 82]
    assert shapely.geometry.shape(item["geometry"]).area == pytest.approx(39)
    assert shapely.geometry.shape(item["geometry"]).exterior.is_ccw
    assert properties["ssys:targets"] == ["Moon"]
    assert properties["proj:code"] == "IAU_2015:30130"
    assert properties["proj:shape"] == [30, 40]
    assert properties["proj:transform"] == [1000, 0, -20e3, 0, -1000, 30e3]
    assert properties["proj:bbox"] == [-20e3, 0, 20e3, 30e3]
    for asset in item["assets"].values():
        assert (tmp_path / asset["href"]).is_file()


def test_the_time_is_that_of_the_search_wherever_the_run_is_copied(run, tmp_path):
    result = json.loads((run / RESULT).read_text())
    for told, time in (({"finished": "2024-05-06T07:08:09Z"}, "2024-05-06T07:08:09Z"),
                       ({"finished": None}, "2001-09-09T01:46:40Z")):  # fmt: skip
        (run / RESULT).write_text(json.dumps(result | told))
        os.utime(run / RESULT, (1e9, 1e9))
        write_stac_item(run, tmp_path / "item.json", overwrite=True)
        assert json.loads((tmp_path / "item.json").read_text())["properties"]["datetime"] == time


def test_the_box_of_a_rotated_grid_holds_all_its_corners(run, tmp_path):
    affine = Affine.translation(-20e3, 30e3) @ Affine.rotation(45) @ Affine.scale(1000, -1000)
    with rasterio.open(run / MASK, "r+") as mask:
        mask.transform = affine
    write_stac_item(run, tmp_path / "item.json")
    west, south, east, north = json.loads((tmp_path / "item.json").read_text())["properties"][
        "proj:bbox"
    ]
    side = 1000 / 2**0.5  # of 40 columns to the north-east and 30 rows to the south-east
    assert [west, east] == pytest.approx([-20e3, -20e3 + 70 * side])
    assert [south, north] == pytest.approx([30e3 - 30 * side, 30e3 + 40 * side])


def item_on(run, ground):
    """Item of the run if it had searched this ground."""
    craters = pd.DataFrame({"lon": [], "lat": [], "diameter_km": []})
    Catalogue(craters, sphere.geographic_crs(), ground, 1.0).to_file(run / CRATERS, overwrite=True)
    write_stac_item(run, run / "item.json", overwrite=True)
    return json.loads((run / "item.json").read_text())


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([(178, 0, 180, 5), (-180, -1, -177, 4)], [178, -1, -177, 5]),
        ([(178, 0, 179, 5), (-179, -1, -177, 4), (-180, 2, -179.5, 3)], [178, -1, -177, 5]),
        ([(-100, 0, -50, 5), (10, 0, 20, 5)], [-100, 0, 20, 5]),
        ([(-180, 0, 180, 5)], [-180, 0, 180, 5]),
        ([(-180, 0, 0, 5), (0, 5, 180, 9)], [-180, 0, 180, 9]),
        ([(-180, 80, 180, 90), (20, 70, 30, 75)], [-180, 70, 180, 90]),
    ],
)
def test_the_bounds_of_ground_across_the_antimeridian_are_its_own(run, edges, expected):
    item = item_on(run, shapely.MultiPolygon([shapely.box(*one) for one in edges]))
    assert item["bbox"] == expected


def test_ground_of_many_points_is_a_box_on_each_side_of_the_antimeridian(run):
    parts = [shapely.box(178, 0, 180, 5), shapely.box(-180, -1, -177, 4)]
    fine = [shapely.segmentize(part, 0.001) for part in parts]
    item = item_on(run, shapely.MultiPolygon(fine))
    assert shapely.geometry.shape(item["geometry"]).equals(shapely.MultiPolygon(parts))
    assert item["bbox"] == [178, -1, -177, 5]
    item = item_on(run, fine[0])
    assert shapely.geometry.shape(item["geometry"]).equals(parts[0])


def test_an_item_and_its_extensions_are_valid(run):
    pystac = pytest.importorskip("pystac")
    pytest.importorskip("jsonschema")
    from pystac.validation.stac_validator import JsonSchemaSTACValidator

    write_stac_item(run, run / "item.json")
    validator = JsonSchemaSTACValidator()
    for path in SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text())
        validator.schema_cache[schema["$id"]] = schema
    item = pystac.Item.from_file(run / "item.json")
    used = item.validate(validator)
    assert {"/projection/v2.0.0/", "/ssys/v1.1.0/", "/item.json"} <= {
        part for part in ("/projection/v2.0.0/", "/ssys/v1.1.0/", "/item.json")
        if any(part in uri for uri in used)
    }  # fmt: skip
    item.properties["proj:shape"] = [1]
    with pytest.raises(pystac.STACValidationError):
        item.validate(validator)


@pytest.mark.parametrize("code", [30100, 30110, 30115, 30130, 30135, 30160, 30180])
@pytest.mark.parametrize("dialect", ["WKT1_GDAL", "WKT1_ESRI", "WKT2_2019"])
def test_the_code_of_a_lunar_system_is_found_in_every_dialect(code, dialect):
    crs = CRS.from_authority("IAU_2015", code)
    assert find_iau_code(CRS.from_wkt(crs.to_wkt(dialect))) == f"IAU_2015:{code}"


@pytest.mark.parametrize(
    "text",
    ["+proj=eqc +R=1738000", "+proj=eqc +lon_0=30 +R=1737400", "+proj=stere +lat_0=80 +R=1737400"],
)
def test_other_systems_have_no_code(text):
    assert find_iau_code(CRS.from_user_input(text)) is None


def test_the_command_writes_an_item_once_and_says_what_it_cannot(run, tmp_path):
    arguments = [str(run), "-o", str(run / "item.json")]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert isinstance(CliRunner().invoke(command, arguments).exception, OutputError)
    assert CliRunner().invoke(command, [*arguments, "--overwrite"]).exit_code == 0
    (run / RESULT).unlink()
    assert isinstance(CliRunner().invoke(command, arguments).exception, RunError)


def test_a_run_in_pixels_has_no_item(run, tmp_path):
    craters = pd.DataFrame({"x": [1.0], "y": [2.0], "diameter_px": [3.0]})
    Catalogue(craters, None, shapely.box(0, 0, 9, 9)).to_file(run / CRATERS, overwrite=True)
    with pytest.raises(CatalogueError, match="without coordinates"):
        write_stac_item(run, tmp_path / "item.json")
