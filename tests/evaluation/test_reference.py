import cv2
import numpy as np
import pytest

from lunarcraters.errors import CatalogueError, DatasetError
from lunarcraters.evaluation.reference import LABEL_SIZE_PX, read_reference
from lunarcraters.geometry import sphere

KM_PER_DEGREE = np.radians(1) * sphere.RADIUS_M / 1000
TILE = "10.0,11.3718808,60.0,61.3718808"


def write_label(folder, name, lines, size=None):
    (folder / "labels").mkdir(parents=True, exist_ok=True)
    (folder / "labels" / f"{name}.txt").write_text("\n".join(lines))
    if size:
        (folder / "images").mkdir(exist_ok=True)
        cv2.imwrite(str(folder / "images" / f"{name}.png"), np.zeros(size[::-1], np.uint8))


def test_a_label_becomes_a_crater_on_the_sphere(tmp_path):
    # 0.02 wide and 0.01 tall at 61 degrees: nearly a circle of 0.0137 degrees.
    write_label(tmp_path, TILE, ["0 0.25 0.3 0.02 0.01"])
    reference = read_reference(tmp_path)
    lat = 61.3718808 - 0.3 * 1.3718808
    assert reference.positions[0] == pytest.approx([10 + 0.25 * 1.3718808, lat])
    width = 0.02 * 1.3718808 * KM_PER_DEGREE * np.cos(np.radians(lat))
    height = 0.01 * 1.3718808 * KM_PER_DEGREE
    assert reference.boxes[0] == pytest.approx([width, height])
    assert reference.diameters[0] == pytest.approx(np.sqrt(width * height))
    assert reference.tiles[0] == pytest.approx([10.0, 11.3718808, 60.0, 61.3718808])
    assert reference.pixel == pytest.approx(0.1, rel=1e-3)
    assert not reference.clipped.any()


@pytest.mark.parametrize(
    ("line", "clipped"),
    [
        ("0 0.05 0.5 0.1 0.1", True),
        ("0 0.0624 0.5 0.12 0.1", True),
        ("0 0.0625 0.5 0.12 0.1", False),
        ("0 0.5 0.95 0.1 0.1", True),
        ("0 0.95 0.5 0.1 0.1", True),
        ("0 0.5 0.05 0.1 0.1", True),
        ("0 0.5 0.5 0.1 0.1", False),
    ],
)
def test_boxes_within_a_pixel_of_the_edge_are_clipped(tmp_path, line, clipped):
    # A pixel is 1/416 = 0.0024 of the tile.
    write_label(tmp_path, TILE, [line])
    assert read_reference(tmp_path).clipped.tolist() == [clipped]


def test_the_image_tells_the_size_of_a_pixel(tmp_path):
    write_label(tmp_path, TILE, ["0 0.06 0.5 0.1 0.1"], size=(50, 100))
    reference = read_reference(tmp_path)
    assert reference.clipped.tolist() == [True]
    assert reference.pixel == pytest.approx(1.3718808 * KM_PER_DEGREE / 100)


def test_labels_are_found_by_split_by_folder_and_by_file(tmp_path):
    write_label(tmp_path, TILE, ["0 0.5 0.5 0.1 0.1"])
    write_label(tmp_path, "-1.0,0.3718808,2.0,3.3718808", [])
    for path in (tmp_path, tmp_path / "labels"):
        reference = read_reference(path)
        assert len(reference.diameters) == 1
        assert len(reference.tiles) == 2
    assert len(read_reference(tmp_path / "labels" / f"{TILE}.txt").tiles) == 1


def test_tiles_on_both_conventions_of_longitude_are_one_ground(tmp_path):
    write_label(tmp_path, "181.0,182.3718808,0.0,1.3718808", ["0 0.5 0.5 0.1 0.1"])
    write_label(tmp_path, "179.5,180.8718808,5.0,6.3718808", ["0 0.8 0.5 0.1 0.1"])
    reference = read_reference(tmp_path)
    assert (np.abs(reference.positions[:, 0]) <= 180).all()
    inside = np.array([[-178.3, 0.7], [-179.5, 5.7], [179.8, 5.7], [-179.0, 5.7], [179.8, 0.7]])
    crosses = reference.crosses_edge(inside, np.full(5, 1.0))
    assert crosses.tolist() == [False, False, False, True, True]


def test_circles_are_wider_in_longitude_the_nearer_the_pole(tmp_path):
    write_label(tmp_path, TILE, [])
    reference = read_reference(tmp_path)
    # A radius of 7.5 km is 0.25 degrees of latitude and 0.51 of longitude.
    positions = np.array([[10.4, 60.7], [10.7, 60.7], [10.7, 60.2], [10.7, 61.2]])
    crosses = reference.crosses_edge(positions, np.full(4, 15.0))
    assert crosses.tolist() == [True, False, True, True]


def test_an_image_without_coordinates_is_in_its_pixels(tmp_path):
    write_label(tmp_path, "site_a", ["0 0.25 0.5 0.05 0.1"], size=(640, 320))
    for path in (tmp_path, tmp_path / "labels" / "site_a.txt"):
        reference = read_reference(path)
        assert not reference.has_crs
        assert reference.positions.tolist() == [[160.0, 160.0]]
        assert reference.boxes.tolist() == [[32.0, 32.0]]
        assert reference.tiles.tolist() == [[0.0, 640.0, 0.0, 320.0]]
        assert reference.pixel == 1.0


def test_plain_images_are_read_one_at_a_time(tmp_path):
    write_label(tmp_path, "site_a", [], size=(64, 64))
    write_label(tmp_path, "site_b", [], size=(64, 64))
    with pytest.raises(CatalogueError, match=r"site_a\.txt is not named by its edges"):
        read_reference(tmp_path)


def test_a_plain_label_needs_its_image(tmp_path):
    write_label(tmp_path, "site_a", ["0 0.25 0.5 0.05 0.1"])
    with pytest.raises(CatalogueError, match="no image of that name"):
        read_reference(tmp_path)


def test_a_directory_without_labels_is_no_reference(tmp_path):
    write_label(tmp_path / "train", TILE, [])
    with pytest.raises(CatalogueError, match="directory of one split"):
        read_reference(tmp_path)


def test_a_malformed_label_is_named(tmp_path):
    write_label(tmp_path, TILE, ["0 0.5 0.5 1.7 0.1"])
    with pytest.raises(DatasetError, match=r"line 1.*1\.7"):
        read_reference(tmp_path)


def test_a_catalogue_is_a_reference(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,diam_km\n350,2,3\n")
    reference = read_reference(tmp_path / "a.csv")
    assert reference.positions.tolist() == [[-10.0, 2.0]]
    assert reference.tiles is None
    assert not reference.crosses_edge(reference.positions, reference.diameters).any()


def test_a_crater_of_several_tiles_named_by_their_edges_counts_once(tmp_path):
    # The second tile lies half a tile further east, at 180 degrees.
    write_label(tmp_path, "179.0,181.0,0.0,2.0", ["0 0.75 0.5 0.1 0.1", "0 0.98 0.5 0.04 0.1"])
    write_label(tmp_path, "180.0,182.0,0.0,2.0", ["0 0.25 0.5 0.1 0.1", "0 0.5 0.5 0.1 0.1"])
    reference = read_reference(tmp_path)
    assert reference.clipped.tolist() == [False, True, True, False]
    ground = np.full((100, 100), 90, np.uint8)
    ground[:, 60:] = 0  # nodata in images named by their edges
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images/179.0,181.0,0.0,2.0.png"), ground)
    assert read_reference(tmp_path).clipped.tolist() == [False, True, False, False]


def test_images_are_not_read_once_more_where_no_tiles_share_a_crater(tmp_path, monkeypatch):
    for name, x in (("179.0,181.0,0.0,2.0", 0.2), ("180.0,182.0,0.0,2.0", 0.8)):
        write_label(tmp_path, name, [f"0 {x} 0.5 0.1 0.1"], size=(100, 100))
    monkeypatch.setattr("lunarcraters.datasets.label_images.read_image", None)
    assert read_reference(tmp_path).clipped.tolist() == [False, False]


def test_labels_of_one_tile_under_two_lights_count_once(tmp_path):
    for folder in ("morning", "evening"):
        write_label(tmp_path / folder, TILE, ["0 0.5 0.5 0.1 0.1"], size=(100, 100))
        cv2.imwrite(str(tmp_path / folder / f"images/{TILE}.png"), np.ones((100, 100), np.uint8))
    assert read_reference(tmp_path).clipped.tolist() == [False, True]


@pytest.mark.slow
def test_real_labels_are_mostly_round(pytestconfig):
    split = pytestconfig.rootpath.parent / "shared" / "data" / "lroc_wac" / "test"
    if not split.is_dir():
        pytest.skip(f"{split} is not here")
    reference = read_reference(split)
    whole = ~reference.clipped
    ratio = reference.boxes[whole, 0] / reference.boxes[whole, 1]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.03)
    assert reference.pixel == pytest.approx(0.1, rel=1e-3)
    assert LABEL_SIZE_PX == 416
    assert len(reference.tiles) == 172


@pytest.mark.parametrize(
    "given", ["test", "test/labels", "test/images", "sites", "sites/labels", "beside"]
)
def test_labels_in_directories_below_are_read_too(tmp_path, given):
    for folder in ("test/{}", "test/{}/site", "sites/{}/one", "sites/{}/two", "beside/a", "beside"):
        for kind, suffix in (("labels", "txt"), ("images", "png")):
            path = tmp_path / folder.format(kind)
            path.mkdir(parents=True, exist_ok=True)
            (path / f"{TILE}.{suffix}").write_text("0 0.5 0.5 0.1 0.1\n")
    for image in tmp_path.rglob("*.png"):
        cv2.imwrite(str(image), np.zeros((100, 100), np.uint8))
    assert len(read_reference(tmp_path / given).boxes) == 2


@pytest.mark.parametrize("given", ["labels/val", "images/val", "labels/val/{}.txt"])
def test_labels_of_other_layouts_are_read_alike(tmp_path, given):
    for kind in ("labels", "images"):
        (tmp_path / kind / "val").mkdir(parents=True)
    (tmp_path / f"labels/val/{TILE}.txt").write_text("0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.2 0.2\n")
    cv2.imwrite(str(tmp_path / f"images/val/{TILE}.png"), np.zeros((100, 100), np.uint8))
    (tmp_path / "data.yaml").write_text("names: [Boulder, Crater]\n")
    path = tmp_path / given.format(TILE)
    reference = read_reference(path)
    assert reference.boxes[:, 1] == pytest.approx([0.2 * 1.3718808 * KM_PER_DEGREE])
    assert reference.pixel == pytest.approx(1.3718808 * KM_PER_DEGREE / 100)
    assert reference.notes == ("left out, because they are no craters: Boulder (1 labels)",)
    assert len(read_reference(path, ["Boulder", "Crater"]).boxes) == 2


def test_images_without_label_file_are_ground_without_craters(tmp_path):
    write_label(tmp_path, TILE, ["0 0.5 0.5 0.1 0.1"], size=(100, 100))
    cv2.imwrite(str(tmp_path / "images/20.0,21.0,60.0,61.0.png"), np.zeros((9, 9), np.uint8))
    reference = read_reference(tmp_path)
    assert reference.tiles[:, 0].tolist() == [10.0, 20.0]
    assert reference.notes == ("1 images have no label file and are taken as background",)


def test_a_whole_dataset_names_the_labels_of_one_split(tmp_path):
    write_label(tmp_path / "train", TILE, [], size=(9, 9))
    with pytest.raises(CatalogueError, match=r"for example .*train/labels") as caught:
        read_reference(tmp_path)
    assert len(read_reference(str(caught.value).split("for example ")[1]).tiles) == 1


@pytest.mark.parametrize("heading", ["lon\tlat\tdiam_km", "some words\n\nlon lat diam_km"])
def test_a_table_in_a_txt_is_a_catalogue_not_labels(tmp_path, heading):
    (tmp_path / "a.txt").write_text(
        f"{heading}\n1 2 3\n".replace(" ", "\t" if "\t" in heading else " ")
    )
    reference = read_reference(tmp_path / "a.txt")
    assert reference.positions.tolist() == [[1.0, 2.0]]
    assert reference.tiles is None


def test_labels_in_a_txt_stay_labels(tmp_path):
    write_label(tmp_path, TILE, ["0 0.25 0.5 0.02 0.01"])
    assert read_reference(tmp_path / "labels" / f"{TILE}.txt").tiles is not None
    write_label(tmp_path, TILE, [])
    assert len(read_reference(tmp_path / "labels" / f"{TILE}.txt").diameters) == 0


@pytest.mark.parametrize("given", [".", "labels", f"labels/{TILE}.txt"])
def test_labels_of_the_class_ignored_are_neither_craters_nor_background(tmp_path, given):
    write_label(tmp_path, TILE, ["0 0.3 0.3 0.2 0.2", "1 0.7 0.7 0.1 0.1"], size=(100, 100))
    (tmp_path / "data.yaml").write_text("names: [crater, ignored]\n")
    reference = read_reference(tmp_path / given)
    assert reference.boxes[:, 1] == pytest.approx(np.array([0.2, 0.1]) * 1.3718808 * KM_PER_DEGREE)
    assert reference.clipped.tolist() == [False, True]


def test_labels_of_the_class_ignored_are_left_out_in_pixels_too(tmp_path):
    write_label(tmp_path, "site_a", ["0 0.3 0.3 0.2 0.2", "1 0.7 0.7 0.1 0.1"], size=(100, 100))
    (tmp_path / "data.yaml").write_text("names: [crater, ignored]\n")
    assert read_reference(tmp_path).clipped.tolist() == [False, True]


def test_other_texts_beside_images_are_no_labels(tmp_path):
    for name in (TILE, "20.0,21.0,60.0,61.0"):
        (tmp_path / f"{name}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((9, 9), np.uint8))
    (tmp_path / "README.txt").write_text("Labels of two tiles, by hand\n")
    assert len(read_reference(tmp_path).tiles) == 2
    (tmp_path / f"{TILE}.txt").write_text("crater 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DatasetError, match="line 1"):
        read_reference(tmp_path)
    write_label(tmp_path / "alone", TILE, ["crater 0.5 0.5 0.1 0.1"])
    with pytest.raises(DatasetError, match="line 1"):
        read_reference(tmp_path / "alone")
