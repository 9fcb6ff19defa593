"""The circle: a run is exported, edited as QGIS does it, reviewed, and made into a dataset."""

import json
import sqlite3
import struct
from contextlib import closing

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from affine import Affine
from click.testing import CliRunner
from shapely.affinity import scale, translate

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.main import cli
from lunarcraters.datasets.images import read_image
from lunarcraters.datasets.layout import find_pairs, find_splits
from lunarcraters.datasets.yolo_labels import box_corners, find_clipped
from lunarcraters.detection.manifest import Manifest, write_manifest
from lunarcraters.detection.run import CRATERS, RESULT
from lunarcraters.geometry import sphere
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.geometry.grid import Grid
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster

DEGREES = "IAU_2015:30100"
SIDE_PX = 700
PLACES = {
    "equator": (DEGREES, Affine(1 / 300, 0, 10.0, 0, -1 / 300, 1.0)),
    "60 N, in degrees": (DEGREES, Affine(1 / 300, 0, 10.0, 0, -1 / 300, 61.0)),
    "antimeridian": ("IAU_2015:30110", Affine(100, 0, 180 * 30_323.35 - 35_000, 0, -100, 30_000)),
    "pole": ("IAU_2015:30130", Affine(100, 0, -35_000, 0, -100, 35_000)),
}


@pytest.fixture(params=PLACES)
def run(request, tmp_path):
    """A mosaic and a run of it: craters of 2 to 6 km on a lattice, and candidates of low score."""
    crs, affine = PLACES[request.param]
    values = np.random.default_rng(0).integers(90, 200, (SIDE_PX, SIDE_PX)).astype(np.uint8)
    mosaic = write_raster(tmp_path / "mosaic.tif", values, crs, affine)
    grid = Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, SIDE_PX, SIDE_PX)
    x, y = (axis.ravel() for axis in np.mgrid[70:SIDE_PX:111, 70:SIDE_PX:111])
    lon, lat = grid.to_lonlat(x + 0.3, y + 0.6)
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": 2.0 + np.arange(len(lon)) / 9})
    table["score"] = np.where(np.arange(len(lon)) % 6 == 5, 0.2, 0.9)
    footprint = None
    catalogue = Catalogue(
        table, sphere.geographic_crs(), footprint, thresholds={"balanced": 0.5},
        properties={"input": str(mosaic)},
    )  # fmt: skip
    write_manifest(Manifest("a", str(mosaic), "b", "wac.keras", {}), tmp_path / "run")
    write_catalogue(catalogue, tmp_path / "run" / CRATERS)
    result = {
        "craters": len(table),
        "tiles": 1,
        "unread_tiles": {},
        "seconds": 9,
    }
    (tmp_path / "run" / RESULT).write_text(json.dumps(result))
    return tmp_path


def craters(*arguments):
    done = CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def rim(lon, lat, diameter_km, points):
    return shapely.Polygon(np.column_stack([axis[0] for axis in sphere.circle_points(
        lon, lat, diameter_km, points
    )]))  # fmt: skip


def save(frame, path, layer="craters"):
    """Write a layer as QGIS's provider does: in place, with other feature numbers."""
    pyogrio.write_dataframe(
        frame, path, layer=layer, driver="GPKG", promote_to_multi=layer == "craters",
        geometry_type="MultiPolygon" if layer == "craters" else "Polygon",
    )  # fmt: skip


def edit(path, mosaic):
    """Delete, reject, move and resize craters by their geometries, and draw two; what is left."""
    frame = pyogrio.read_dataframe(path, layer="craters")
    expected = pd.DataFrame(frame.drop(columns="geometry"))
    ids = frame["crater_id"].tolist()
    step = 12 * 0.1 / 30.32  # 12 pixels of 100 m, in degrees
    frame.loc[1, "review"] = "rejected"
    frame.loc[2, "review"] = "accepted"
    frame.loc[3, "review"] = None
    for row, (east, north) in {4: (step, 0.0), 9: (-step, step), 13: (0.0, -step)}.items():
        wide = east / np.cos(np.radians(expected.loc[row, "lat"]))
        frame.loc[row, "geometry"] = moved(frame.geometry[row], expected.loc[row], wide, north)
        centre = expected.loc[row, "lon"] + wide, expected.loc[row, "lat"] + north
        expected.loc[row, ["lon", "lat"]] = sphere.wrap_longitude(centre[0]), centre[1]
    for row, factor in {5: 1.5, 10: 0.6}.items():
        lon, lat = expected.loc[row, ["lon", "lat"]]
        expected.loc[row, "diameter_km"] *= factor
        larger = rim(lon, lat, expected.loc[row, "diameter_km"], 36)
        if abs(lat) < 50.0 and frame.geometry[row].geom_type == "Polygon":
            larger = scale(frame.geometry[row], factor, factor)
        frame.loc[row, "geometry"] = larger
    save(frame.drop(index=[0, 7]).sample(frac=1.0, random_state=1), path)
    lon, lat = mosaic.grid.to_lonlat(np.array([125.0, 347.0]), np.array([125.5, 570.2]))
    drawn = [rim(lon[0], lat[0], 3.3, 3), rim(lon[1], lat[1], 4.4, 72)]
    save(gpd.GeoDataFrame(geometry=[*drawn, None], crs=frame.crs), path, "added_craters")
    new = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": [3.3, 4.4]})
    kept = expected[~expected["crater_id"].isin([ids[0], ids[1], ids[7]])]
    return pd.concat([kept[["lon", "lat", "diameter_km"]], new], ignore_index=True)


def moved(outline, row, east, north):
    """Move an outline; near a pole, where degrees are no map, draw it at its new place."""
    if abs(row["lat"]) > 80.0:
        return rim(row["lon"] + east, row["lat"] + north, row["diameter_km"], 64)
    return translate(outline, east, north)


def labels(dataset):
    """Whole labels of all images: x, y and diameter on the ground by the frames of the images."""
    rows = []
    for split in find_splits(dataset):
        for pair in find_pairs(dataset, split):
            side = read_image(pair.image)[0].shape[0]
            boxes = pair.read_boxes() * side
            boxes = boxes[~find_clipped(box_corners(boxes, 1, 1), side, side)]
            frame = open_mosaic(pair.image).grid
            lon, lat = frame.to_lonlat(boxes[:, 0], boxes[:, 1])
            rows += [(frame, *row) for row in zip(lon, lat, boxes[:, 2], boxes[:, 3], strict=True)]
    return rows


@pytest.mark.slow
def test_the_labels_are_the_edited_craters(run):
    craters("export", run / "run", run / "a.gpkg")
    expected = edit(run / "a.gpkg", open_mosaic(run / "mosaic.tif"))
    told = json.loads(craters("review", run / "run", run / "a.gpkg", "--json",
                              "-o", run / "reviewed.gpkg"))  # fmt: skip
    assert told["counts"] == {
        "accepted": 6, "rejected": 3, "unseen": len(expected) - 8, "added": 2, "deleted": 2,
        "moved": 3, "resized": 2,
    }  # fmt: skip
    assert told["precision"]["value"] == pytest.approx(6 / 9)
    assert told["recall"]["value"] == pytest.approx(6 / 8)
    for number, name in enumerate(["a.gpkg", "reviewed.gpkg"]):
        assert_has(read_catalogue(run / name), expected)
        out = run / f"dataset{number}"
        craters("dataset", "make", run / "mosaic.tif", run / name, "-o", out, "--size", 352,
                "--valid", 0.5, "--test", 0, "-q")  # fmt: skip
        assert_labels(out, expected)
    again = json.loads(craters("review", run / "run", run / "reviewed.gpkg", "--json"))
    assert again["counts"] == {**told["counts"], "deleted": 3}
    page = craters("report", run / "run", "--edited", run / "a.gpkg", "-o", run / "page.html")
    assert f"{len(expected)} craters" in page
    assert "craters" in craters("plot", "map", run / "reviewed.gpkg", run / "map.png")


def assert_has(catalogue, expected):
    assert len(catalogue) == len(expected)
    assert (catalogue.craters["review"] != "rejected").all()
    added = catalogue.craters[catalogue.craters["review"] == "added"]
    assert added["score"].tolist() == [1.0, 1.0]
    assert sorted(added["crater_id"]) == ["A0000001", "A0000002"]
    for lon, lat, diameter_km in expected.to_numpy():
        away = sphere.distance_km(*catalogue.positions.T, lon, lat)
        assert away.min() < 0.05 * 0.1
        assert catalogue.diameters[np.argmin(away)] == pytest.approx(diameter_km, rel=1e-3)


def assert_labels(dataset, expected):
    """Every whole label is an edited crater within half a pixel, and every crater has a label."""
    seen = set()
    places = expected.to_numpy()
    for frame, lon, lat, width, height in labels(dataset):
        away = sphere.distance_km(places[:, 0], places[:, 1], lon, lat)
        nearest = int(np.argmin(away))
        size = compute_diameters_px(
            places[nearest : nearest + 1, :2], places[nearest : nearest + 1, 2], frame, None
        )[0]
        assert away[nearest] / places[nearest, 2] * size < 0.5
        assert np.sqrt(width * height) == pytest.approx(size, abs=0.5)
        seen.add(nearest)
    assert len(seen) >= len(expected) - 6, "but for those that an edge of a tile cuts"


@pytest.mark.slow
def test_a_circular_string_is_a_circle(run):
    """QGIS keeps a circle as a CURVEPOLYGON of five points where the layer takes curves."""
    craters("export", run / "run", run / "a.gpkg")
    grid = open_mosaic(run / "mosaic.tif").grid
    lon, lat = (float(axis) for axis in grid.to_lonlat(125.0, 125.5))
    angles = np.radians([90, 0, -90, 180, 90])
    points = [(lon + 0.05 * np.cos(a), lat + 0.05 * np.sin(a)) for a in angles]
    line = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<dd", *p) for p in points)
    curve = struct.pack("<BII", 1, 10, 1) + line
    with closing(sqlite3.connect(run / "a.gpkg")) as database, database:
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'added_craters'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        srs = database.execute(
            "SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'added_craters'"
        ).fetchone()[0]
        blob = b"GP\0\1" + struct.pack("<i", srs) + curve
        database.execute("INSERT INTO added_craters (geom) VALUES (?)", [blob])
        database.execute(
            "UPDATE gpkg_ogr_contents SET feature_count = 1 WHERE table_name = 'added_craters'"
        )
    read = read_catalogue(run / "a.gpkg").craters
    added = read[read["review"] == "added"].iloc[0]
    assert sphere.distance_km(lon, lat, added["lon"], added["lat"]) < 0.05
    if abs(lat) < 10:
        assert added["diameter_km"] == pytest.approx(0.1 * 30.32, rel=1e-3)
