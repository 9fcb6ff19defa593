"""Labels of images that their georeferencing places."""

import cv2
import numpy as np
import pandas as pd
import pytest
from affine import Affine

import lunarcraters as lc
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CoordinateSystemError
from lunarcraters.evaluation.reference import read_reference
from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid

from ..rasters import write_raster

DEGREES, NORTH = "IAU_2015:30100", "IAU_2015:30130"
KM_PER_DEGREE = np.radians(1) * sphere.RADIUS_M / 1000


def write_pair(folder, name, lines, crs=DEGREES, affine=None, mask=None):
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    (folder / "labels" / f"{name}.txt").write_text("\n".join(lines))
    path, values = folder / "images" / f"{name}.tif", np.full((100, 200), 90, np.uint8)
    write_raster(path, values, crs, affine or Affine(0.01, 0, 179, 0, -0.01, 61), mask)


def test_a_label_lies_where_its_raster_does_and_its_stretch_is_undone(tmp_path):
    write_pair(tmp_path, "a", ["0 0.75 0.5 0.1 0.1"])
    for path in (tmp_path, tmp_path / "labels" / "a.txt"):
        reference = read_reference(path)
        assert reference.positions[0] == pytest.approx([-179.5, 60.5])
        width, height = 0.2 * np.cos(np.radians(60.5)) * KM_PER_DEGREE, 0.1 * KM_PER_DEGREE
        assert reference.boxes[0] == pytest.approx([width, height], rel=1e-4)
        assert reference.diameters[0] == pytest.approx(np.sqrt(width * height), rel=1e-4)
        assert reference.pixel == pytest.approx(0.01 * KM_PER_DEGREE)
        assert reference.default_rule == "box"
        assert not reference.clipped.any()


def test_an_image_that_a_world_file_and_a_prj_place_is_one_with_coordinates(tmp_path):
    write_pair(tmp_path, "a", ["0 0.75 0.5 0.1 0.1"])
    placed = read_reference(tmp_path)
    path = tmp_path / "images/a.tif"
    cv2.imwrite(str(path), np.full((100, 200), 90, np.uint8))
    path.with_suffix(".tfw").write_text("0.01\n0\n0\n-0.01\n179.005\n60.995\n")
    path.with_suffix(".prj").write_text(sphere.geographic_crs().to_wkt("WKT1_ESRI"))
    reference = read_reference(tmp_path)
    assert reference.positions == pytest.approx(placed.positions)
    assert reference.boxes == pytest.approx(placed.boxes)


def test_circles_are_whole_in_an_image_or_cross_its_edge(tmp_path):
    write_pair(tmp_path, "a", [])
    reference = read_reference(tmp_path)
    # A radius of 7.5 km is 0.25 degrees of latitude and 0.5 of longitude.
    positions = [[-179.8, 60.5], [179.4, 60.5], [180.4, 60.8], [-178.0, 60.5], [0.0, -60.5]]
    crosses = reference.crosses_edge(np.array(positions), np.full(5, 15.0))
    assert crosses.tolist() == [False, True, True, True, True]


def test_a_crater_on_no_ground_is_ignored(tmp_path):
    mask = np.full((100, 200), 255, np.uint8)
    mask[:, :100] = 0
    write_pair(tmp_path, "a", ["0 0.25 0.5 0.1 0.1", "0 0.75 0.5 0.1 0.1"], mask=mask)
    reference = read_reference(tmp_path)
    assert reference.clipped.tolist() == [True, False]
    crosses = reference.crosses_edge(reference.positions, reference.diameters)
    assert crosses.tolist() == [True, False]


def test_a_crater_of_several_images_counts_in_the_finest_that_shows_it_whole(tmp_path):
    write_pair(tmp_path, "a", ["0 0.5 0.5 0.1 0.1"], affine=Affine(0.02, 0, 178, 0, -0.02, 61.5))
    write_pair(tmp_path, "b", ["0 0.5 0.5 0.2 0.2"])
    reference = read_reference(tmp_path)
    assert reference.clipped.tolist() == [False, True]
    write_pair(tmp_path, "b", ["0 0.95 0.5 0.1 0.2"], affine=Affine(0.01, 0, 178.1, 0, -0.01, 61))
    assert read_reference(tmp_path).clipped.tolist() == [True, False]


def test_images_of_which_one_has_no_place_are_read_one_at_a_time(tmp_path):
    write_pair(tmp_path, "a", ["0 0.5 0.5 0.1 0.1"])
    cv2.imwrite(str(tmp_path / "images" / "20.0,21.0,60.0,61.0.png"), np.ones((9, 9), np.uint8))
    assert len(read_reference(tmp_path).images) == 2
    cv2.imwrite(str(tmp_path / "images" / "b.png"), np.ones((9, 9), np.uint8))
    with pytest.raises(CatalogueError, match=r"b\.png is not named by .* is not georeferenced"):
        read_reference(tmp_path)


def test_an_image_of_the_earth_is_refused(tmp_path):
    write_pair(tmp_path, "a", [], crs="EPSG:4326")
    with pytest.raises(CoordinateSystemError, match=r"not of the Moon .*gdal_edit\.py -a_srs"):
        read_reference(tmp_path)


def test_labels_beyond_the_limb_are_left_out(tmp_path):
    disc, affine = "+proj=ortho +R=1737400 +type=crs", Affine(2e4, 0, -2e6, 0, -2e4, 1e6)
    write_pair(tmp_path, "a", ["0 0.05 0.5 0.02 0.04", "0 0.5 0.5 0.02 0.04"], disc, affine)
    reference = read_reference(tmp_path)
    assert reference.positions == pytest.approx(np.zeros((1, 2)), abs=1e-9)
    assert len(reference.boxes) == len(reference.diameters) == len(reference.clipped) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("crs", "affine"),
    [
        (DEGREES, Affine(0.02, 0, 170, 0, -0.02, 66)),
        (NORTH, Affine(500, 0, -225_000, 0, -500, 225_000)),
    ],
)
def test_a_catalogue_agrees_with_the_dataset_that_was_made_of_it(tmp_path, crs, affine):
    values = np.random.default_rng(0).integers(50, 200, (900, 900)).astype(np.uint8)
    grid = Grid(sphere.lunar_crs(crs, "test").to_wkt(), affine, 900, 900)
    x, y = (axis.ravel() for axis in np.mgrid[60:880:40, 60:880:40])
    lon, lat = grid.to_lonlat(x, y)
    sizes = np.random.default_rng(1).uniform(4.0, 11.0, len(x))
    sizes[len(x) // 2] = 120.0  # so that there are images of coarser octaves
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": sizes})
    craters = Catalogue(table, sphere.geographic_crs())
    mosaic = write_raster(tmp_path / "mosaic.tif", values, crs, affine)
    made = lc.make_dataset(
        mosaic, craters, tmp_path / "made", size=200, fractions={"train": 0.6, "valid": 0.4}
    )
    for split in ("train", "valid"):
        reference = read_reference(tmp_path / "made" / split)
        scores = lc.evaluate(craters, reference)
        assert scores.best.precision == scores.best.recall == 1.0
        assert (~reference.clipped).sum() > 50
        assert made.craters[split] > (~reference.clipped).sum()  # several labels of one crater
