import numpy as np
import pytest

from lunarcraters.datasets.classes import choose_classes
from lunarcraters.datasets.layout import find_pairs, open_dataset
from lunarcraters.errors import DatasetError


def test_classes_that_are_not_craters_are_left_out_and_named():
    choice = choose_classes({0: "Boulder", 1: "Crater"}, {0: 12, 1: 30})
    assert choice.numbers == {1}
    assert choice.notes == ("left out, because they are no craters: Boulder (12 labels)",)


def test_one_class_may_be_given_without_a_list():
    assert choose_classes({0: "Boulder", 1: "Rim"}, {0: 12, 1: 30}, "rim").numbers == {1}


@pytest.mark.parametrize("wanted", [1, np.int64(1), (np.int64(1),)])
def test_a_class_may_be_given_by_its_number(wanted):
    assert choose_classes({0: "Boulder", 1: "Rim"}, {0: 12, 1: 30}, wanted).numbers == {1}


def test_several_classes_of_craters_are_all_taken_and_named():
    choice = choose_classes({0: "crater", 1: "small-crater"}, {0: 1, 1: 2})
    assert choice.numbers == {0, 1}
    assert choice.notes == ("taken as craters: crater, small-crater",)


@pytest.mark.parametrize("name", ["Kleine Krater", "cratère", "撞击坑", "crater_2", "mooncrater"])
def test_craters_are_known_by_their_name(name):
    assert choose_classes({0: name, 1: "x"}, {0: 1, 1: 1}).numbers == {0}


@pytest.mark.parametrize("name", ["non-crater", "not_crater", "no crater", "Fake crater"])
def test_what_is_called_no_crater_is_none(name):
    assert choose_classes({0: name, 1: "crater"}, {0: 1, 1: 1}).numbers == {1}


@pytest.mark.parametrize("names", [{}, {0: "crater"}, {0: "0"}, {0: "crater", 1: "boulder"}])
def test_one_class_of_craters_needs_no_word(names):
    choice = choose_classes(names, {0: 5})
    assert (choice.numbers or {0}, choice.notes) == ({0}, ())


def test_one_class_of_another_name_is_taken_and_named():
    choice = choose_classes({0: "object"}, {0: 5})
    assert (choice.numbers, choice.notes) == (
        None,
        ("the only class, object, is taken as craters",),
    )


def test_classes_without_names_are_all_taken_and_numbered():
    choice = choose_classes({}, {0: 5, 2: 1})
    assert choice.numbers is None
    assert choice.notes[0].startswith("classes 0, 2 have no names and are all taken as craters")
    assert choose_classes({}, {0: 5, 2: 1}, ["2"]).numbers == {2}


def test_names_that_do_not_tell_are_refused_and_can_be_chosen():
    names, used = {0: "Rille", 1: "Fresh", 2: "Ghost"}, {0: 1, 1: 1, 2: 1}
    with pytest.raises(DatasetError, match=r"\(Rille, Fresh, Ghost\): .* --classes NAME"):
        choose_classes(names, used)
    choice = choose_classes(names, used, ["fresh", "2"])
    assert choice.numbers == {1, 2}
    assert len(choice.notes) == 2
    with pytest.raises(DatasetError, match="no class 'dome': choose among Rille, Fresh, Ghost"):
        choose_classes(names, used, ["dome"])


def add(root, split, text):
    for kind, suffix in (("images", "png"), ("labels", "txt")):
        (root / split / kind).mkdir(parents=True, exist_ok=True)
        (root / split / kind / f"a.{suffix}").write_text(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data.yaml", "names: [Boulder, Crater]\n"),
        ("data.yaml", "names:\n  0: Boulder\n  1: Crater\n"),
        ("moon.yaml", "names: ['Boulder', 'Crater']\n"),
        ("classes.txt", "Boulder\nCrater\n"),
        ("train/labels/classes.txt", "Boulder\nCrater\n"),
    ],
)
def test_names_of_classes_are_found_where_tools_write_them(tmp_path, name, text):
    add(tmp_path, "train", "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.2 0.2\n")
    (tmp_path / name).write_text(text)
    (pair,) = find_pairs(tmp_path, "train")
    assert pair.read_boxes().tolist() == [[0.5, 0.5, 0.2, 0.2]]
    assert open_dataset(tmp_path).classes.notes[0].startswith("left out")
    (pair,) = find_pairs(tmp_path, "train", ["boulder"])
    assert pair.read_boxes().tolist() == [[0.5, 0.5, 0.1, 0.1]]


def test_the_choice_of_classes_is_one_for_all_splits(tmp_path):
    add(tmp_path, "train", "1 0.5 0.5 0.1 0.1\n")
    add(tmp_path, "valid", "0 0.5 0.5 0.1 0.1\n")
    (tmp_path / "data.yaml").write_text("names: [Boulder, Crater]\n")
    assert len(find_pairs(tmp_path, "valid")[0].read_boxes()) == 0


def test_a_named_class_of_craters_need_not_be_used():
    choice = choose_classes({0: "crater", 1: "ignored"}, {1: 5})
    assert (choice.numbers, choice.ignored, choice.notes) == ({0}, {1}, ())


def test_directories_that_number_the_classes_differently_are_refused(tmp_path):
    for site in ("a", "b"):
        add(tmp_path, site, "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.2 0.2\n")
        (tmp_path / site / "labels" / "classes.txt").write_text("Crater\nBoulder\n")
    assert open_dataset(tmp_path).classes.numbers == {0}
    (tmp_path / "b" / "labels" / "classes.txt").write_text("Boulder\nCrater\n")
    with pytest.raises(DatasetError, match=r"class 0 is 'Crater' in .*a/labels and 'Boulder' in"):
        open_dataset(tmp_path)


def test_data_yaml_names_the_classes_before_lists_in_directories_below(tmp_path):
    for split in ("train", "valid"):
        add(tmp_path, split, "0 0.5 0.5 0.1 0.1\n")
    (tmp_path / "train" / "labels" / "classes.txt").write_text("dog\ncrater\n")
    (tmp_path / "data.yaml").write_text("names: [crater]\n")
    for path in (tmp_path, tmp_path / "data.yaml"):
        assert open_dataset(path).classes.numbers == {0}


def test_a_dataset_further_down_names_its_own_classes(tmp_path):
    (tmp_path / "data.yaml").write_text("names: [crater]\n")
    for split in ("train", "valid"):
        add(tmp_path / "inner", split, "0 0.5 0.5 0.1 0.1\n1 0.5 0.5 0.1 0.1\n")
    (tmp_path / "inner" / "data.yaml").write_text("names: [boulder, crater]\n")
    assert open_dataset(tmp_path).classes.numbers == {1}
