import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.datasets.layout import find_pairs, find_splits
from lunarcraters.datasets.split import deal_blocks, split_dataset
from lunarcraters.datasets.yolo_labels import TileName
from lunarcraters.errors import DatasetError, OutputError

SHARES = {"train": 0.7, "valid": 0.15, "test": 0.15}


def add(dataset, folder, lon, lat):
    name = f"{lon:.7f},{lon + 1.3718808:.7f},{lat:.7f},{lat + 1.3718808:.7f}"
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


def test_images_without_a_place_are_split_at_random_with_their_copies_together(tmp_path):
    for number in range(40):
        name = f"site{number // 2}_png.rf.{number:032x}"
        for kind, suffix in (("images", "jpg"), ("labels", "txt")):
            (tmp_path / "in" / kind).mkdir(parents=True, exist_ok=True)
            (tmp_path / "in" / kind / f"{name}.{suffix}").write_text("1 0.5 0.5 0.1 0.1")
    (tmp_path / "in/labels/site0_png.rf.00000000000000000000000000000000.txt").unlink()
    (tmp_path / "in/data.yaml").write_text("names: [boulder, crater]\n")
    counts = split_dataset(tmp_path / "in", tmp_path / "out", fractions=SHARES, block_deg=None)
    assert counts == {"train": 28, "valid": 6, "test": 6}
    found = {name: find_pairs(tmp_path / "out", name) for name in SHARES}
    sources = [{pair.image.name.split("_")[0] for pair in pairs} for pairs in found.values()]
    assert sum(map(len, sources)) == 20
    # The classes keep their names, so that craters are still craters.
    assert sum(len(pair.read_boxes()) for pairs in found.values() for pair in pairs) == 39
    assert "nc: 2\nnames: [boulder, crater]\n" in (tmp_path / "out/data.yaml").read_text()


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
