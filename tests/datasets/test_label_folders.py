from pathlib import Path

from lunarcraters.datasets.label_folders import find_labels
from lunarcraters.datasets.layout import find_pairs


def test_images_and_labels_are_found_from_inside_their_directories(tmp_path, monkeypatch):
    images, labels = tmp_path / "test/images", tmp_path / "test/labels"
    for folder, suffix in ((images, "png"), (labels, "txt")):
        folder.mkdir(parents=True)
        for name in "ab":
            (folder / f"{name}.{suffix}").touch()
    monkeypatch.chdir(images)
    assert [p.label for p in find_pairs(Path(), "all")] == [labels / "a.txt", labels / "b.txt"]
    assert [p.image.is_file() for p in find_labels(Path()).pairs] == [True, True]
    monkeypatch.chdir(labels)
    for path in (Path(), Path("a.txt")):
        assert find_labels(path).pairs[0].image == images / "a.png"
