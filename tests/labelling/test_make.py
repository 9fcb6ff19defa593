"""Datasets made of a mosaic and a catalogue: labels lie on the craters of the images."""

from types import SimpleNamespace

import cv2
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from click.testing import CliRunner

import lunarcraters as lc
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.main import cli
from lunarcraters.datasets.downsampling import write_downsampled
from lunarcraters.datasets.images import read_image
from lunarcraters.datasets.layout import find_pairs, find_splits
from lunarcraters.datasets.yolo_labels import box_corners, find_clipped
from lunarcraters.errors import (
    CatalogueError,
    DatasetError,
    MosaicError,
    OptionError,
    OutputError,
)
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import make_box_area
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.grid import Grid
from lunarcraters.labelling.labels import Labels, make_labels
from lunarcraters.labelling.make import _shows_more, _write_member
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.plan import Tile
from lunarcraters.training.scenes import LabelledTiles

from ..rasters import STRETCHED, write_raster

pytestmark = pytest.mark.slow

DEGREES = "IAU_2015:30100"
SIDE_PX = 900
# One degree is 30.3 km, 303 pixels of 100 m.
PLACES = {
    "equator": (DEGREES, Affine(1 / 300, 0, 10.0, 0, -1 / 300, 1.0)),
    "60 N, in degrees": (DEGREES, Affine(1 / 300, 0, 10.0, 0, -1 / 300, 61.0)),
    "antimeridian": ("IAU_2015:30110", Affine(100, 0, 180 * 30_323.35 - 45_000, 0, -100, 30_000)),
    "pole": ("IAU_2015:30130", Affine(100, 0, -45_000, 0, -100, 45_000)),
}


def draw(crs, affine, craters):
    """Grey 200 with a dark disc for every crater, by distances on the sphere."""
    columns, rows = np.meshgrid(np.arange(SIDE_PX) + 0.5, np.arange(SIDE_PX) + 0.5)
    grid = Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, SIDE_PX, SIDE_PX)
    vectors = sphere.unit_vectors(*grid.to_lonlat(columns, rows, past_edge=True))
    values = np.random.default_rng(0).integers(190, 210, columns.shape).astype(np.uint8)
    for lon, lat, diameter_km in craters:
        angle = np.arccos(np.clip(vectors @ sphere.unit_vectors(lon, lat), -1.0, 1.0))
        values[angle < diameter_km / 2.0 * 1000.0 / sphere.RADIUS_M] = 40
    return values, grid


def scatter(grid, count=40, diameter_km=2.0):
    """Craters on a lattice of the mosaic, which do not touch."""
    x, y = (axis.ravel() for axis in np.mgrid[60:SIDE_PX:110, 60:SIDE_PX:110])
    lon, lat = grid.to_lonlat(x[:count] + 0.3, y[:count] + 0.6)
    return np.column_stack([lon, lat, np.full(len(lon), diameter_km)])


def make(tmp_path, place, **options):
    crs, affine = PLACES[place]
    grid = Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, SIDE_PX, SIDE_PX)
    craters = scatter(grid)
    values, _ = draw(crs, affine, craters)
    mosaic = write_raster(tmp_path / "mosaic.tif", values, crs, affine)
    table = pd.DataFrame(craters, columns=["lon", "lat", "diameter_km"])
    options = {"fractions": {"train": 0.5, "valid": 0.5}, "size": 256, **options}
    catalogue = options.pop("catalogue", Catalogue(table, sphere.geographic_crs()))
    made = lc.make_dataset(mosaic, catalogue, tmp_path / "made", **options)
    return made, tmp_path / "made", craters


def pairs_of(dataset):
    return [pair for split in find_splits(dataset) for pair in find_pairs(dataset, split)]


@pytest.mark.parametrize("place", PLACES)
def test_labels_lie_on_the_craters_of_the_images(tmp_path, place):
    made, dataset, craters = make(tmp_path, place)
    whole = 0
    for pair in pairs_of(dataset):
        grey, valid = read_image(pair.image)
        side = grey.shape[0]
        dark = ((grey < 128) & valid).astype(np.uint8)
        count, _, stats, centres = cv2.connectedComponentsWithStats(dark)
        found = {
            tuple(centres[i] + 0.5): 2.0 * np.sqrt(stats[i, cv2.CC_STAT_AREA] / np.pi)
            for i in range(1, count)
            if min(stats[i, :2]) > 0 and max(stats[i, :2] + stats[i, 2:4]) < side
        }
        boxes = pair.read_boxes() * side
        boxes = boxes[~find_clipped(box_corners(boxes, 1, 1), side, side)]
        for centre, diameter in found.items():
            distance = np.hypot(*(boxes[:, :2] - centre).T)
            if distance.min(initial=9.0) > 8.0:
                continue  # its label is cut by the edge of the image
            nearest = boxes[np.argmin(distance)]
            if diameter < 0.98 * nearest[2]:
                continue  # cut by the edge of the core
            whole += 1
            assert distance.min() < 0.5
            assert np.sqrt(nearest[2] * nearest[3]) == pytest.approx(diameter, abs=0.5)
    assert whole >= 20
    assert sum(made.craters.values()) >= len(craters) - 2


def test_images_are_georeferenced_and_listed(tmp_path):
    made, dataset, _ = make(tmp_path, "60 N, in degrees")
    index = gpd.read_file(dataset / "index.gpkg")
    assert index["split"].value_counts().to_dict() == made.images
    assert index["craters"].sum() == sum(made.craters.values())
    for path, outline in zip(index["path"], index.geometry, strict=True):
        with rasterio.open(dataset / path) as image:
            middle = image.transform @ (image.width / 2, image.height / 2)
            lon, lat = sphere.to_lonlat(sphere.lunar_crs(image.crs, path), *middle)
        assert outline.contains(shapely.Point(lon, lat))


def test_ground_that_was_not_counted_is_nodata(tmp_path):
    _, dataset, _ = make(tmp_path, "equator", area=(10.0, -2.0, 11.5, 1.0))
    for pair in pairs_of(dataset):
        with rasterio.open(pair.image) as image:
            lon, _ = image.transform @ (np.arange(image.width) + 0.5, 0.0)
        grey, valid = read_image(pair.image)
        assert not valid[:, lon > 11.5].any()
        assert not grey[:, lon > 11.5].any()
        boxes = box_corners(pair.read_boxes(), *grey.shape).astype(int)
        assert all(
            valid[top : bottom + 1, left : right + 1].any() for left, top, right, bottom in boxes
        )


def test_the_shares_of_the_splits_are_shares_of_the_ground_that_was_counted(tmp_path):
    shares = {"train": 0.7, "valid": 0.3}
    area = (10.0, -2.0, 11.0, 1.0)
    made, _, _ = make(tmp_path, "equator", area=area, size=64, seed=1, fractions=shares)
    assert made.images["valid"] / sum(made.images.values()) == pytest.approx(0.3, abs=0.05)


def test_a_footprint_is_the_ground_that_was_counted(tmp_path):
    craters = pd.DataFrame({"lon": [10.5], "lat": [0.2], "diameter_km": [2.0]})
    footprint = shapely.box(10.0, -2.0, 11.5, 1.0)
    catalogue = Catalogue(craters, sphere.geographic_crs(), footprint, 1000.0)
    made, dataset, _ = make(tmp_path, "equator", catalogue=catalogue)
    assert not made.notes
    assert not all(read_image(pair.image)[1].all() for pair in pairs_of(dataset))
    assert sum(made.craters.values()) == 1


def lon_lat_opposite(lon, lat):
    return lon + 180.0, -lat


@pytest.mark.parametrize("place", PLACES)
def test_a_crater_on_the_other_side_of_the_moon_has_no_label(tmp_path, place):
    crs, affine = PLACES[place]
    grid = Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, SIDE_PX, SIDE_PX)
    lon, lat = grid.to_lonlat(450.0, 450.0)
    across, up = lon_lat_opposite(lon + 1.0, lat - 0.5 * np.sign(lat))
    craters = [[*scatter(grid)[0]], [float(across), float(up), 120.0]]
    table = pd.DataFrame(craters, columns=["lon", "lat", "diameter_km"])
    made, _, _ = make(tmp_path, place, catalogue=Catalogue(table, sphere.geographic_crs()))
    assert sum(made.craters.values()) == 1


def test_a_crater_that_does_not_reach_a_tile_has_no_label_there():
    grid = Grid(None, Affine.identity(), 100, 100)
    tile = Tile("z0", 0, grid, Box(0, 0, 100, 100), Box(0, 0, 100, 100))
    table = pd.DataFrame({"x": [-9.0, -9.0], "y": [-9.0, 50.0], "diameter_px": [20.0, 20.0]})
    labels = make_labels(tile, Catalogue(table, None), 0.0)
    assert labels.boxes.tolist() == [[0.005, 0.5, 0.01, 0.2]]


def test_small_craters_are_neither_taught_as_crater_nor_as_background(tmp_path):
    made, dataset, _ = make(tmp_path, "equator", min_diameter=3.0, **{
        "catalogue": Catalogue(
            pd.DataFrame({"lon": [10.5, 10.8], "lat": [0.2, 0.2], "diameter_km": [2.0, 4.0]}),
            sphere.geographic_crs(),
        )
    })  # fmt: skip
    assert sum(made.craters.values()) == 1
    pair = next(pair for pair in pairs_of(dataset) if len(pair.read_ignored()))
    scene = LabelledTiles((pair,)).scene(0, 1.0, 256, np.random.default_rng(0))
    (left, _, right, _), *_ = scene.clipped
    assert right - left == pytest.approx(20, abs=1)
    assert len(scene.circles) == len(pair.read_boxes())


def test_splits_share_no_ground(tmp_path):
    craters = pd.DataFrame({"lon": [11.0], "lat": [0.0], "diameter_km": [20.0]})
    catalogue = Catalogue(craters, sphere.geographic_crs())
    _, dataset, _ = make(tmp_path, "equator", catalogue=catalogue)
    _, affine = PLACES["equator"]
    taken = {}
    for split in ("train", "valid"):
        taken[split] = np.zeros((SIDE_PX, SIDE_PX), bool)
        for pair in find_pairs(dataset, split):
            with rasterio.open(pair.image) as image:
                rows, columns = np.nonzero(image.read_masks(1))
                x, y = ~affine @ (image.transform @ (columns + 0.5, rows + 0.5))
            taken[split][y.astype(int), x.astype(int)] = True
    assert min(taken["train"].sum(), taken["valid"].sum()) > 0.2 * SIDE_PX**2
    assert not (taken["train"] & taken["valid"]).any()


def test_an_image_without_coordinates_has_labels_in_its_pixels(tmp_path):
    values = np.random.default_rng(0).integers(100, 200, (500, 600)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "picture.png"), values)
    (tmp_path / "c.csv").write_text("x,y,diameter_px\n120.5,80.25,40\n430,60,20\n")
    done = CliRunner().invoke(cli, [
        "dataset", "make", str(tmp_path / "picture.png"), str(tmp_path / "c.csv"), "-o",
        str(tmp_path / "made"), "--size", "256", "--test", "0", "--valid", "0.5", "-q",
    ], catch_exceptions=False)  # fmt: skip
    assert done.exit_code == 0, done.output
    sizes = []
    for pair in pairs_of(tmp_path / "made"):
        side = read_image(pair.image)[0].shape[0]
        sizes += (pair.read_boxes()[:, 2] * side).tolist()
    assert sorted(sizes) == pytest.approx([20, 40])


def test_what_cannot_be_made_is_said(tmp_path):
    far = Catalogue(
        pd.DataFrame({"lon": [90.0], "lat": [0.0], "diameter_km": [2.0]}), sphere.geographic_crs()
    )
    with pytest.raises(CatalogueError, match="no crater of the catalogue lies on the ground"):
        make(tmp_path, "equator", catalogue=far)
    assert not (tmp_path / "made").exists()
    pixels = Catalogue(pd.DataFrame({"x": [9.0], "y": [9.0], "diameter_px": [9.0]}), None)
    with pytest.raises(CatalogueError, match="in pixels and the mosaic on the Moon"):
        make(tmp_path, "equator", catalogue=pixels)
    mars = Catalogue(far.craters, sphere.geographic_crs(3396190.0))
    with pytest.raises(CatalogueError, match="bodies of other radii"):
        make(tmp_path, "equator", catalogue=mars)
    with pytest.raises(DatasetError, match="too few for 3 splits"):
        make(tmp_path, "equator", size=1024, fractions={"train": 0.6, "valid": 0.2, "test": 0.2})
    (tmp_path / "made").mkdir()
    with pytest.raises(OutputError, match="exists already"):
        make(tmp_path, "equator")


@pytest.mark.parametrize(
    "options",
    [
        {"fractions": {"train": 1.5, "valid": -0.5}},
        {"fractions": {"train": 0.5, "val": 0.5}},
        {"seed": -1},
        {"size": 5},
        {"size": 416.5},
        {"min_diameter": -3.0},
    ],
    ids=str,
)
def test_options_outside_their_range_are_refused_before_tiles_are_cut(tmp_path, options):
    done = []
    with pytest.raises(OptionError, match="give "):
        make(tmp_path, "equator", progress=lambda *numbers: done.append(numbers), **options)
    assert not done


def test_shares_that_do_not_add_up_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="give shares that add up to 1"):
        make(tmp_path, "equator", fractions={"train": 0.5})


def test_a_calibration_sees_the_same_ground(tmp_path):
    _, dataset, _ = make(tmp_path, "60 N, in degrees", min_diameter=1.0)
    pairs = find_pairs(dataset, "valid")
    write_downsampled(pairs, tmp_path / "copy", 1.0, side_by_side=True)
    copies = [cv2.imread(str(path), 0) for path in (tmp_path / "copy" / "images").iterdir()]
    assert sorted(int((copy > 0).sum()) for copy in copies) == sorted(
        int(read_image(pair.image)[1].sum()) for pair in pairs
    )


def test_no_dataset_is_made_of_heights(tmp_path):
    crs, affine = PLACES["equator"]
    noise = np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)
    heights = cv2.GaussianBlur(noise, (0, 0), 12) * 4000.0
    path = write_raster(tmp_path / "dem.tif", heights, crs, affine)
    table = pd.DataFrame({"lon": [10.5], "lat": [0.5], "diameter_km": [3.0]})
    craters = Catalogue(table, sphere.geographic_crs())
    with pytest.raises(MosaicError, match="holds heights, and a dataset is made of pictures"):
        lc.api.make_dataset(path, craters, tmp_path / "dataset")
    assert not (tmp_path / "dataset").exists()


def test_a_split_without_share_is_not_described(tmp_path):
    shares = {"train": 0.5, "valid": 0.5, "test": 0.0}
    made, dataset, _ = make(tmp_path, "equator", fractions=shares)
    assert made.images["test"] == 0
    assert (dataset / "data.yaml").read_text() == (
        "# Made by craters dataset make, seed 0. Grey value 0 is nodata.\n"
        "train: train/images\nval: valid/images\nnc: 2\nnames: [crater, ignored]\n"
    )


def test_a_crater_is_as_large_in_pixels_as_from_north_to_south(tmp_path):
    values = np.full((256, 256), 90, np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values, crs=STRETCHED))
    table = pd.DataFrame({"lon": [0.0], "lat": [0.0], "diameter_km": [3.5]})
    catalogue = Catalogue(table, sphere.geographic_crs())
    assert _shows_more(SimpleNamespace(level=1), catalogue, mosaic, 64)
    assert not _shows_more(SimpleNamespace(level=2), catalogue, mosaic, 64)


def test_labels_of_an_image_without_coordinates_are_in_pixels_of_their_octave():
    box = Box(100, 60, 128, 128)
    tile = Tile("z1", 1, Grid(None, Affine(2, 0, 100, 0, 2, 60), 64, 64), box, box)
    # The second is cut at the right edge, and less than a pixel is left of the third.
    craters = pd.DataFrame({"x": [140.0, 234.0, 236.5], "y": 100.0, "diameter_px": 20.0})
    labels = make_labels(tile, Catalogue(craters, None), 20.0)
    assert not labels.ignored.any()
    assert (labels.boxes * 64).tolist() == [[20, 20, 10, 10], [63, 20, 2, 10]]


def test_ground_is_what_has_data_in_the_core_of_a_tile_and_in_the_area(tmp_path):
    core, affine = Box(0, 0, 40, 64), Affine.identity()
    tile = Tile("z0", 0, Grid(None, affine, 64, 64), core, Box(0, 0, 64, 64))
    valid = np.ones((64, 64), bool)
    valid[:20] = False
    source = SimpleNamespace(
        mosaic=SimpleNamespace(has_crs=False, grid=tile.frame),
        read=lambda tile: (np.full((64, 64), 90, np.uint8), valid),
        statistics=SimpleNamespace(low=50.0, high=100.0),
    )
    area = make_box_area(0, 0, 100, 50, has_crs=False)
    boxes = np.array([[0.3, 0.5, 0.1, 0.1], [0.3, 0.1, 0.1, 0.1], [0.8, 0.5, 0.1, 0.1]])
    labels = Labels(boxes, np.zeros(3, bool))
    (member,) = _write_member(source, tile, labels, area, "train", tmp_path)
    expected = np.zeros((64, 64), bool)
    expected[20:50, :40] = True
    np.testing.assert_array_equal(read_image(tmp_path / "train/images/z0.tif")[1], expected)
    assert member.ground == pytest.approx(expected.mean())
    assert member.craters == 1
