import gzip

import cv2
import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import from_origin

from lunarcraters.datasets.images import read_grey
from lunarcraters.datasets.layout import find_pairs
from lunarcraters.datasets.pairs import Pair
from lunarcraters.datasets.yolo_labels import box_corners, find_clipped
from lunarcraters.errors import DatasetError
from lunarcraters.mosaic.examination.heights import make_elevation_model
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.training import decoded_pairs
from lunarcraters.training.elevation_raster import read_elevation
from lunarcraters.training.label_circles import complete_circles
from lunarcraters.training.scenes import (
    LabelledTiles,
    find_elevation_sources,
    find_scene,
)

from ..rasters import write_raster

RNG = np.random.default_rng(0)
SIZE = np.array([300, 400])


def place(tmp_path, lat, boxes, side=416):
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir(exist_ok=True)
    stem = f"10.0,11.3718808,{lat},{lat + 1.3718808}"
    image = np.full((side, side), 100, np.uint8)
    image[:, : side // 4] = 0
    pair = Pair(tmp_path / "images" / f"{stem}.png", tmp_path / "labels" / f"{stem}.txt")
    cv2.imwrite(str(pair.image), image)
    pair.label.write_text("".join(f"0 {' '.join(map(str, box))}\n" for box in boxes))
    return LabelledTiles((pair,))


def test_the_stretch_of_a_tile_is_undone(tmp_path):
    lat = 60.0 - 1.3718808 / 2  # twice as wide as tall
    source = place(tmp_path, lat, [(0.5, 0.5, 0.2, 0.1)])
    scene = source.scene(0, 1.0, 256, RNG)
    assert scene.values.shape == (416, 208)
    np.testing.assert_allclose(scene.circles, [[104, 208, 41.6]], atol=0.01)


def test_zero_is_nodata_in_georeferenced_tiles(tmp_path):
    scene = place(tmp_path, 0.0, []).scene(0, 1.0, 256, RNG)
    assert not scene.valid[:, :100].any()
    assert scene.valid[:, 110:].all()


def test_a_scene_at_half_scale_has_craters_of_half_the_size(tmp_path):
    scene = place(tmp_path, 0.0, [(0.5, 0.25, 0.1, 0.1)]).scene(0, 0.5, 256, RNG)
    assert scene.values.shape == (208, 208)
    np.testing.assert_allclose(scene.circles, [[104, 52, 20.8]], atol=0.02)


@given(x=st.floats(-40, 340), y=st.floats(-40, 440), diameter=st.floats(10, 120))
def test_circles_cut_by_one_edge_are_completed(x, y, diameter):
    whole = np.array([x - diameter / 2, y - diameter / 2, x + diameter / 2, y + diameter / 2])
    box = np.clip(whole, 0, np.tile(SIZE, 2))
    sides = box[2:] - box[:2]
    cut = find_clipped(box[None], *SIZE)[0]
    if sides.min() < 2 or not cut:
        return
    completed, lost = complete_circles(box[None], SIZE)
    assert len(completed) + len(lost) == 1
    edges = int((box[:2] <= 1).sum() + (box[2:] >= SIZE - 1).sum())
    if edges == 1:
        np.testing.assert_allclose(completed, [[x, y, diameter]], atol=1.01)
    else:
        assert len(lost) == 1


def test_boxes_at_an_edge_are_known_to_be_cut():
    boxes = np.array([[0.5, 0.5, 0.1, 0.1], [0.02, 0.5, 0.04, 0.2], [0.5, 0.95, 0.1, 0.1]])
    assert find_clipped(box_corners(boxes, 416, 416), 416, 416).tolist() == [False, True, True]


def test_elevation_gives_craters_where_they_are(tmp_path):
    rows, columns = np.mgrid[:640, :640] + 0.5
    depth = np.hypot((columns - 320), rows - 320) * 237 / 10_000
    metres = np.where(depth < 1, -2000 * (1 - depth**2), 0).astype(np.int16)
    source = write_elevation(tmp_path, metres)
    assert len(source) == 3
    scene = source.scene(0, 0.5, 300, np.random.default_rng(1))
    assert scene.values.shape == (300, 300)
    x, y, diameter = scene.circles[0]
    assert diameter == pytest.approx(20_000 / 236.9 / 2, rel=1e-3)
    inside = (
        np.hypot(*(np.mgrid[:300, :300] + 0.5 - np.array([y, x])[:, None, None])) < diameter / 2
    )
    assert scene.values[inside].std() > 5 * scene.values[~inside].std(), "shading shows it there"


STEP = 1 / 128
"""Side of a pixel of the elevation models, degrees."""


def write_elevation(folder, metres, crs="IAU_2015:30100", grid=None, **profile):
    """An elevation model of one crater of 20 km in the middle, with its catalogue."""
    grid = grid or Affine(STEP, 0, 0, 0, -STEP, 2.5)
    write_raster(folder / "dem.tif", metres, crs, grid, **profile)
    (folder / "dem_craters.csv").write_text("lon,lat,diam_km\n2.5,0.0,20.0\n")
    return find_elevation_sources(folder, 3)[0]


def dig(dtype="float32"):
    """Heights of a crater of 20 km in 640 x 640 px."""
    rows, columns = np.mgrid[:640, :640] + 0.5
    depth = np.hypot((columns - 320), rows - 320) * 237 / 10_000
    return np.where(depth < 1, -2000 * (1 - depth**2), 100.0).astype(dtype)


@pytest.mark.parametrize(("dtype", "nodata"), [("int16", -32768), ("float32", np.nan)])
def test_gaps_of_an_elevation_model_are_not_taught(tmp_path, dtype, nodata):
    whole, holed = tmp_path / "whole", tmp_path / "holed"
    for folder in (whole, holed):
        folder.mkdir()
    metres = dig(dtype)
    source = write_elevation(whole, metres)
    metres[:, 350:] = nodata
    gap = write_elevation(holed, metres, nodata=nodata)
    expected, heights = (one.terrain(0.5, 320, np.random.default_rng(1)) for one in (source, gap))
    shaded = gap.scene(0, 0.5, 320, np.random.default_rng(1))
    for scene in (heights, shaded):
        assert scene.valid[:, :174].all()
        assert not scene.valid[:, 176:].any()
        assert np.isfinite(scene.values).all()
        np.testing.assert_array_equal(scene.circles, expected.circles)
    assert expected.valid.all()
    np.testing.assert_array_equal(heights.values[:, :174], expected.values[:, :174])
    assert heights.values.min() >= expected.values.min() - 1e-6, "no cliff that throws a shadow"


def test_a_model_of_gaps_alone_teaches_nothing(tmp_path):
    source = write_elevation(tmp_path, np.full((640, 640), np.nan, np.float32))
    scene = source.scene(0, 1.0, 320, np.random.default_rng(1))
    assert not scene.valid.any()
    assert np.isfinite(scene.values).all()


@pytest.mark.parametrize("turn", [-360.0, 360.0])
def test_longitudes_of_craters_may_be_of_any_turn(tmp_path, turn):
    grid = from_origin(turn, 2.5, STEP, STEP)
    terrain = write_elevation(tmp_path, dig(), grid=grid).terrain(
        0.5, 320, np.random.default_rng(1)
    )
    np.testing.assert_allclose(terrain.circles[:, :2], [[160.0, 160.0]], atol=1e-6)


METRES = np.radians(1.0) * 1_737_400.0


@pytest.mark.parametrize(
    ("crs", "grid", "words"),
    [
        ("IAU_2015:30110", from_origin(0, 2.5 * METRES, STEP * METRES, STEP * METRES), "gdalwarp"),
        ("IAU_2015:30100", from_origin(0, 2.5, STEP, STEP) @ Affine.rotation(20), "north up"),
        ("IAU_2015:30100", Affine(STEP, 0, 0, 0, STEP, -2.5), "north up"),
        ("IAU_2015:30100", from_origin(0, 2.5, STEP, 2 * STEP), "square pixels"),
        ("IAU_2015:49900", from_origin(0, 2.5, STEP, STEP), "of the Moon"),
        (None, from_origin(0, 2.5, STEP, STEP), "no coordinate system: .* gdal_edit"),
    ],
)
def test_elevation_in_other_coordinates_is_refused(tmp_path, crs, grid, words):
    source = write_elevation(tmp_path, dig(), crs=crs, grid=grid)
    with pytest.raises(DatasetError, match=words) as caught:
        source.check()
    assert "\n" not in str(caught.value)
    with pytest.raises(DatasetError, match=words):
        source.terrain(1.0, 320, np.random.default_rng(1))


def test_a_file_that_is_no_image_is_named(tmp_path, dataset):
    broken = tmp_path / "broken.png"
    broken.write_text("not an image")
    with pytest.raises(DatasetError, match=r"broken\.png"):
        read_grey(broken)
    assert len(find_pairs(dataset, "train")) == 6


def declare(raster, scale=1.0, offset=0.0, unit=""):
    """Declare what the values of an elevation model are."""
    with rasterio.open(raster, "r+") as file:
        file.scales, file.offsets, file.units = (scale,), (offset,), (unit,)


@pytest.mark.parametrize(
    ("scale", "offset", "unit", "metres"),
    [(0.5, 0.0, "m", 1.0), (1.0, 0.0, "km", 1000.0), (0.25, 10.0, "Feet", 0.3048)],
)
def test_heights_are_metres_by_scale_offset_and_unit(tmp_path, scale, offset, unit, metres):
    source = write_elevation(tmp_path, dig())
    plain = source.terrain(0.5, 320, np.random.default_rng(1)).values
    read_elevation.cache_clear()
    values = ((dig() / metres - offset) / scale).astype(np.float32)
    source = write_elevation(tmp_path, values)
    declare(source.elevation, scale, offset, unit)
    source.check()
    heights = source.terrain(0.5, 320, np.random.default_rng(1)).values
    np.testing.assert_allclose(heights, plain, atol=1e-4)


def test_kilometres_without_a_unit_are_told_as_in_a_search(tmp_path):
    plain = write_elevation(tmp_path, dig()).terrain(0.5, 320, np.random.default_rng(1)).values
    read_elevation.cache_clear()
    source = write_elevation(tmp_path, dig() / np.float32(1000))
    source.check()
    heights = source.terrain(0.5, 320, np.random.default_rng(1)).values
    np.testing.assert_allclose(heights, plain, atol=1e-4)
    assert make_elevation_model(open_mosaic(source.elevation)).unit_m == 1000.0


def test_a_scene_is_found_among_several_sources():
    sources = [LabelledTiles((None,) * count) for count in (2, 0, 3)]
    places = [find_scene(sources, number) for number in range(5)]
    expected = [(sources[0], 0), (sources[0], 1), *((sources[2], n) for n in range(3))]
    assert places == expected
    with pytest.raises(IndexError):
        find_scene(sources, 5)


def test_decoded_images_are_kept_up_to_a_number_of_bytes(tmp_path, monkeypatch):
    pairs = [place(tmp_path, lat, []).pairs[0] for lat in (0.0, 10.0, 20.0)]
    monkeypatch.setattr(decoded_pairs, "_MOST_BYTES", 2 * 2 * 416**2 + 1000)
    decoded_pairs.forget_pairs()
    first = [decoded_pairs.read_pair(pair) for pair in pairs]
    again = [decoded_pairs.read_pair(pair) for pair in pairs]
    assert [a is b for a, b in zip(first, again, strict=True)] == [True, True, False]
    np.testing.assert_array_equal(first[2][0], again[2][0])
    decoded_pairs.forget_pairs()
    assert decoded_pairs.read_pair(pairs[2]) is decoded_pairs.read_pair(pairs[2])


def test_the_bytes_of_each_decoded_image_are_counted_once(tmp_path, monkeypatch):
    counted = []

    class Image(np.ndarray):
        @property
        def nbytes(self):
            counted.append(self)
            return super().nbytes

    def read(_):
        return np.zeros((8, 8), np.uint8).view(Image), np.ones((8, 8), bool)

    monkeypatch.setattr(decoded_pairs, "read_image", read)
    decoded_pairs.forget_pairs()
    for lat in (0.0, 10.0, 20.0, 30.0):
        decoded_pairs.read_pair(place(tmp_path, lat, []).pairs[0])
    decoded_pairs.forget_pairs()
    assert len(counted) == 4


def test_values_of_a_unit_that_is_none_of_heights_are_refused(tmp_path):
    source = write_elevation(tmp_path, dig())
    declare(source.elevation, unit="deg")
    with pytest.raises(DatasetError, match=r"the unit 'deg', which is none of heights"):
        source.check()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lon,lat,size\n1,2,3\n", r"no column 'diam_km': give the columns lon, lat and diam_km"),
        ("x,lat,diam_km\n1,2,3\n", "no column 'lon'"),
        ("lon,lat,diam_km\n", "has no craters"),
        ("lon,lat,diam_km\n1,2,3\n1,2,\n1,2,x\n", "2 rows, the first of them row 2"),
        ("lon,lat,diam_km\n1,2,0\n", "diameter above 0"),
        ("", "is not a CSV file that can be read"),
    ],
)
def test_a_catalogue_that_cannot_be_trained_on_is_refused(tmp_path, text, words):
    source = write_elevation(tmp_path, dig())
    source.catalogue.write_text(text)
    with pytest.raises(DatasetError, match=words) as caught:
        source.check()
    assert str(source.catalogue) in str(caught.value)


def test_diameters_may_have_the_name_that_the_program_writes(tmp_path):
    source = write_elevation(tmp_path, dig())
    expected = source.terrain(0.5, 320, np.random.default_rng(1)).circles
    source.catalogue.write_text("crater_id,lon,lat,diameter_km\n1,2.5,0.0,20.0\n")
    source = find_elevation_sources(tmp_path, 3)[0]
    source.check()
    circles = source.terrain(0.5, 320, np.random.default_rng(1)).circles
    np.testing.assert_array_equal(circles, expected)


def test_a_model_with_two_files_of_craters_is_taken_once(tmp_path):
    source = write_elevation(tmp_path, dig())
    with gzip.open(f"{source.catalogue}.gz", "wt") as file:
        file.write(source.catalogue.read_text())
    assert find_elevation_sources(tmp_path, 3) == [source]
