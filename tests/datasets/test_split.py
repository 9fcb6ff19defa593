import shutil
import warnings

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.datasets.images import read_image
from lunarcraters.datasets.layout import find_pairs, find_splits
from lunarcraters.datasets.split import deal_blocks, split_dataset
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.errors import CratersWarning, DatasetError, OptionError, OutputError

from .test_images import write_tiff

SHARES = {"train": 0.7, "valid": 0.15, "test": 0.15}


def add(dataset, folder, lon, lat, side=1.3718808):
    name = f"{lon:.7f},{lon + side:.7f},{lat:.7f},{lat + side:.7f}"
    for kind, suffix in (("images", "png"), ("labels", "txt")):
        (dataset / folder / kind).mkdir(parents=True, exist_ok=True)
        (dataset / folder / kind / f"{name}.{suffix}").write_text(f"{name} {kind}")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    directory = tmp_path_factory.mktemp("dataset")
    rng = np.random.default_rng(0)
    for lon, lat in rng.uniform((-180, -45), (178, 43), (300, 2)):
        add(directory, "valid" if rng.random() < 0.2 else "train", lon, lat)
    return directory


def block_of(path, side=15.0):
    lon, lat = TileName.parse(path).centre
    return int((lon + 180) % 360 // side), int((lat + 90) // side)


def test_no_block_is_in_two_splits_and_no_tile_is_lost(dataset, tmp_path):
    counts = split_dataset(dataset, tmp_path / "out", fractions=SHARES)
    found = {name: find_pairs(tmp_path / "out", name) for name in SHARES}
    assert {name: len(members) for name, members in found.items()} == counts
    assert sum(counts.values()) == 300
    blocks = [block for members in found.values() for block in {block_of(p.image) for p in members}]
    assert len(blocks) == len(set(blocks))


def test_shares_are_about_those_asked_for(dataset, tmp_path):
    counts = split_dataset(dataset, tmp_path / "out", fractions=SHARES)
    for name, share in SHARES.items():
        assert counts[name] / 300 == pytest.approx(share, abs=0.03)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_split_and_another_another(dataset, tmp_path):
    names = []
    for number, seed in enumerate((0, 0, 1)):
        out = tmp_path / str(number)
        split_dataset(dataset, out, fractions=SHARES, seed=seed)
        names.append([pair.image.name for pair in find_pairs(out, "test")])
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("link", [False, True])
def test_files_arrive_with_their_content_and_the_dataset_stays(dataset, tmp_path, link):
    split_dataset(dataset, tmp_path / "out", fractions={"train": 0.8, "valid": 0.2}, link=link)
    for pair in find_pairs(tmp_path / "out", "valid"):
        assert pair.image.read_text() == f"{pair.image.stem} images"
        assert pair.label.read_text() == f"{pair.label.stem} labels"
        assert (pair.image.stat().st_nlink > 1) == link
    assert len(find_pairs(dataset, "train")) + len(find_pairs(dataset, "valid")) == 300


def test_data_yaml_names_the_splits_and_one_without_share_is_not_made(dataset, tmp_path):
    split_dataset(dataset, tmp_path / "out", fractions={"train": 0.8, "valid": 0.2, "test": 0.0})
    assert list(find_splits(tmp_path / "out")) == ["train", "valid"]
    text = (tmp_path / "out/data.yaml").read_text()
    assert "train: train/images\nval: valid/images\nnc: 1\nnames: [crater]\n" in text


def test_longitudes_to_180_and_to_360_are_the_same_blocks(tmp_path):
    for lon in (-100.0, 260.0 + 2.0, 20.0):
        add(tmp_path / "in", "train", lon, 10.0)
    split_dataset(tmp_path / "in", tmp_path / "out", fractions={"train": 0.5, "valid": 0.5})
    sizes = sorted(len(find_pairs(tmp_path / "out", name)) for name in ("train", "valid"))
    assert sizes == [1, 2]


def test_an_existing_directory_is_not_touched(dataset, tmp_path):
    with pytest.raises(OutputError, match="exists already"):
        split_dataset(dataset, tmp_path, fractions=SHARES)


def test_what_a_killed_process_left_is_removed_by_the_next(dataset, tmp_path):
    (tmp_path / ".out.part" / "out" / "train").mkdir(parents=True)
    split_dataset(dataset, tmp_path / "out", fractions=SHARES)
    assert not list(tmp_path.glob(".*"))


def test_nothing_is_left_where_writing_fails(dataset, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        split_dataset(dataset, tmp_path / "file" / "out", fractions=SHARES)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_names_without_a_place_and_tiles_that_occur_twice_are_refused(tmp_path):
    add(tmp_path / "twice", "train", 10.0, 10.0)
    add(tmp_path / "twice", "valid", 10.0, 10.0)
    with pytest.raises(DatasetError, match="the same tile"):
        split_dataset(tmp_path / "twice", tmp_path / "out", fractions=SHARES)
    for kind, suffix in (("images", "png"), ("labels", "txt")):
        (tmp_path / "plain/train" / kind).mkdir(parents=True)
        (tmp_path / "plain/train" / kind / f"moon.{suffix}").write_text("")
    with pytest.raises(DatasetError, match=r"not named lonmin.* --random"):
        split_dataset(tmp_path / "plain", tmp_path / "out", fractions=SHARES)


@pytest.mark.parametrize(
    ("fractions", "words"),
    [
        ({"train": 0.5, "val": 0.5}, "has a split 'val': give"),
        ({"train": 1.5, "valid": -0.5}, "share of train is 1.5: give a number from 0 to 1"),
        ({"train": float("nan"), "valid": 0.5}, "share of train is nan"),
        ({"train": "0.5", "valid": 0.5}, "share of train is '0.5'"),
    ],
)
def test_shares_of_no_split_or_outside_their_range_are_refused(dataset, tmp_path, fractions, words):
    with pytest.raises(OptionError, match=words):
        split_dataset(dataset, tmp_path / "out", fractions=fractions)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", [{"block_deg": 0}, {"block_deg": -3}, {"seed": -1}], ids=str)
def test_blocks_without_a_side_and_seeds_below_0_are_refused(dataset, tmp_path, option):
    with pytest.raises(OptionError, match=r"give a (whole )?number"):
        split_dataset(dataset, tmp_path / "out", fractions=SHARES, **option)


def test_images_without_a_place_are_split_at_random_with_their_copies_together(tmp_path):
    for number in range(40):
        name = f"site{number // 2}_png.rf.{number:032x}"
        for kind, suffix in (("images", "jpg"), ("labels", "txt")):
            (tmp_path / "in" / kind).mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / kind / f"{name}.{suffix}").write_text("1 0.5 0.5 0.1 0.1")
    (tmp_path / "in/labels/site0_png.rf.00000000000000000000000000000000.txt").unlink()
    (tmp_path / "in/data.yaml").write_text("names: [boulder, crater]\n")
    with pytest.warns(CratersWarning, match="1 of 40 images have no label file"):
        counts = split_dataset(tmp_path / "in", tmp_path / "out", fractions=SHARES, block_deg=None)
    assert counts == {"train": 28, "valid": 6, "test": 6}
    found = {name: find_pairs(tmp_path / "out", name) for name in SHARES}
    sources = [{pair.image.name.split("_")[0] for pair in pairs} for pairs in found.values()]
    assert sum(map(len, sources)) == 20
    # The classes keep their names, so that craters are still craters.
    assert sum(len(pair.read_boxes()) for pairs in found.values() for pair in pairs) == 39
    assert "nc: 2\nnames: [boulder, crater]\n" in (tmp_path / "out/data.yaml").read_text()


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory):
    """Tiles of 3 degrees every 1.5 degrees, across the antimeridian."""
    directory = tmp_path_factory.mktemp("overlapping")
    for lon in np.arange(160.5, 199.0, 1.5):
        for lat in np.arange(-15.0, 13.0, 1.5):
            add(directory, "train", lon, lat, side=3.0)
    return directory


def ground_of(pairs):
    """Cells of half a degree that tiles cover, which are those that this grid is made of."""
    cells = set()
    for pair in pairs:
        tile = TileName.parse(pair.image)
        for x in np.arange(tile.lon_min, tile.lon_max, 0.5):
            cells |= {(x, y) for y in np.arange(tile.lat_min, tile.lat_max, 0.5)}
    return cells


def share_of(cells, others):
    """Share of the ground of cells that lies in others too."""
    areas = {
        cell: np.sin(np.radians(cell[1] + 0.5)) - np.sin(np.radians(cell[1])) for cell in cells
    }
    return sum(areas[cell] for cell in cells & others) / sum(areas.values())


@pytest.mark.parametrize("block_deg", [15.0, None])
def test_ground_that_splits_share_is_told(overlapping, tmp_path, block_deg):
    with pytest.warns(CratersWarning, match="tiles overlap") as caught:
        split_dataset(overlapping, tmp_path / "out", fractions=SHARES, block_deg=block_deg)
    (warning,) = caught
    ground = {name: ground_of(find_pairs(tmp_path / "out", name)) for name in SHARES}
    valid = share_of(ground["valid"], ground["train"] | ground["test"])
    test = share_of(ground["test"], ground["train"] | ground["valid"])
    assert test > 0.1
    assert f"({valid:.1%} of that of valid and {test:.1%} of that of test)" in str(warning.message)
    assert ("--disjoint" in str(warning.message)) == (block_deg is not None)


def test_disjoint_splits_share_no_ground_and_the_test_split_stays_whole(overlapping, tmp_path):
    with pytest.warns(CratersWarning, match="tiles overlap"):
        split_dataset(overlapping, tmp_path / "all", fractions=SHARES)
    with pytest.warns(CratersWarning, match="are left out") as caught:
        counts = split_dataset(overlapping, tmp_path / "out", fractions=SHARES, disjoint=True)
    (warning,) = caught
    assert f"{26 * 19 - sum(counts.values())} of {26 * 19} tiles" in str(warning.message)
    found = {name: find_pairs(tmp_path / "out", name) for name in SHARES}
    assert {name: len(pairs) for name, pairs in found.items()} == counts
    ground = {name: ground_of(pairs) for name, pairs in found.items()}
    assert sum(map(len, ground.values())) == len(set.union(*ground.values()))
    test = {pair.image.name for pair in find_pairs(tmp_path / "all", "test")}
    assert {pair.image.name for pair in found["test"]} == test


@pytest.mark.parametrize("disjoint", [False, True])
def test_tiles_that_touch_share_no_ground(tmp_path, disjoint):
    for lon in np.arange(-20, 20) * 1.3718808:
        add(tmp_path / "in", "train", lon, 10.0)
    with warnings.catch_warnings(action="error"):
        counts = split_dataset(
            tmp_path / "in", tmp_path / "out", fractions=SHARES, block_deg=5.0, disjoint=disjoint
        )
    assert sum(counts.values()) == 40


def test_tiles_a_turn_apart_are_on_the_same_ground(tmp_path):
    for lon in (179.5, -180.5):
        add(tmp_path / "in", "train", lon, 0.0)
    halves = {"train": 0.5, "valid": 0.5}
    with pytest.warns(CratersWarning, match=r"100\.0% of that of valid"):
        split_dataset(tmp_path / "in", tmp_path / "out", fractions=halves, block_deg=None)


def test_disjoint_splits_need_blocks_that_hold_whole_tiles(tmp_path):
    for lon in (0.0, 1.5):
        add(tmp_path / "in", "train", lon, 0.0, side=3.0)
    halves = {"train": 0.5, "valid": 0.5}
    for block_deg, message in ((1.5, "choose larger blocks"), (None, "leave out --disjoint or")):
        with pytest.raises(DatasetError, match=message):
            split_dataset(
                tmp_path / "in", tmp_path / "out", fractions=halves, block_deg=block_deg,
                disjoint=True,
            )  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_too_few_blocks_and_shares_that_do_not_add_up_are_refused(dataset, tmp_path):
    with pytest.raises(DatasetError, match="too few for 3 splits"):
        deal_blocks({(0, 0): 5, (0, 1): 5}, SHARES, 0)
    with pytest.raises(DatasetError, match="add up to 1"):
        split_dataset(dataset, tmp_path / "out", fractions={"train": 0.5})


@given(
    st.dictionaries(st.tuples(st.integers(0, 23), st.integers(0, 11)), st.integers(1, 90),
                    min_size=3),
    st.integers(0, 9),
)  # fmt: skip
def test_each_block_is_dealt_once_and_no_split_stays_empty(counts, seed):
    dealt = deal_blocks(counts, SHARES, seed)
    assert sorted(block for blocks in dealt.values() for block in blocks) == sorted(counts)
    assert all(dealt.values())


def add_plain(folder, names):
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.png").write_text(str(folder))
        (folder / f"{name}.txt").write_text("0 0.5 0.5 0.1 0.1\n")


def test_images_of_one_name_are_to_be_renamed_and_one_image_of_two_splits_is_one(tmp_path):
    halves = {"train": 0.5, "valid": 0.5}
    add_plain(tmp_path / "sites/a", "12")
    add_plain(tmp_path / "sites/b", "23")
    with pytest.raises(DatasetError, match=r"2\.png and .*2\.png have the same name: rename one"):
        split_dataset(tmp_path / "sites", tmp_path / "out", fractions=halves, block_deg=None)
    (tmp_path / "sites/data.yaml").write_text("train: a\nval: a\n")
    split_dataset(tmp_path / "sites", tmp_path / "out", fractions=halves, block_deg=None)
    assert len(list((tmp_path / "out").rglob("*.png"))) == 2


@pytest.mark.parametrize("link", [False, True])
def test_masks_of_images_go_with_them(tmp_path, link):
    add_plain(tmp_path / "in", "12")
    values = np.full((16, 16), 9, np.uint8)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False):
        for path in (tmp_path / "in").glob("*.png"):
            path.unlink()
            write_tiff(path.with_suffix(".tif"), values)
            with rasterio.open(path.with_suffix(".tif"), "r+") as raster:
                raster.write_mask(np.arange(256).reshape(16, 16) < 64)
    halves = {"train": 0.5, "valid": 0.5}
    split_dataset(tmp_path / "in", tmp_path / "out", fractions=halves, block_deg=None, link=link)
    images = list((tmp_path / "out").rglob("*.tif"))
    assert [int(read_image(path)[1].sum()) for path in images] == [64, 64]


def test_links_are_to_the_files_that_symbolic_links_name(tmp_path):
    add_plain(tmp_path / "pool", "12")
    (tmp_path / "in").mkdir()
    for path in (tmp_path / "pool").iterdir():
        (tmp_path / "in" / path.name).symlink_to(f"../pool/{path.name}")
    halves = {"train": 0.5, "valid": 0.5}
    split_dataset(tmp_path / "in", tmp_path / "out", fractions=halves, block_deg=None, link=True)
    images = list((tmp_path / "out").rglob("*.png"))
    assert [path.read_text() for path in images] == [str(tmp_path / "pool")] * 2
    assert not any(path.is_symlink() for path in images)


def test_a_listed_image_that_is_missing_is_named(tmp_path):
    add_plain(tmp_path / "in", "12")
    (tmp_path / "in/train.txt").write_text("1.png\n2.png\n3.png\n")
    (tmp_path / "in/data.yaml").write_text("train: train.txt\n")
    halves = {"train": 0.5, "valid": 0.5}
    with pytest.raises(DatasetError, match=r"3\.png is listed and is missing: put it there"):
        split_dataset(tmp_path / "in", tmp_path / "out", fractions=halves, block_deg=None)


def test_images_without_a_label_file_are_counted(dataset, tmp_path):
    shutil.copytree(dataset, tmp_path / "in")
    next((tmp_path / "in/train/labels").iterdir()).unlink()
    with pytest.warns(CratersWarning, match=r"1 of 300 images have no label file: .* background"):
        split_dataset(tmp_path / "in", tmp_path / "out", fractions=SHARES)
