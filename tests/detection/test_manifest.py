from dataclasses import replace

import pytest

from lunarcraters.detection.manifest import Manifest, read_manifest, write_manifest
from lunarcraters.detection.run import read_result
from lunarcraters.errors import OutputError, RunError

MANIFEST = Manifest("a" * 64, "moon.tif", "b" * 64, "wac.keras", {"tiles": 3})


def test_a_manifest_comes_back(tmp_path):
    write_manifest(MANIFEST, tmp_path / "run")
    assert read_manifest(tmp_path / "run") == MANIFEST


def test_differences_are_told_in_words_and_names_do_not_matter():
    assert MANIFEST.differences(replace(MANIFEST, input_name="elsewhere/moon.tif")) == []
    other = replace(MANIFEST, input="c", model="d", settings={"tiles": 4})
    assert MANIFEST.differences(other) == [
        "mosaic or tiling (--size, --halo, --levels, --crs, --nodata)",
        "model",
        "tiles",
    ]


def test_of_another_format_the_version_alone_is_told():
    other = replace(MANIFEST, input="c", model="d", settings={"tiles": 4}, format=1)
    assert MANIFEST.differences(other) == ["version of the program"]


def test_files_that_changed_are_told_from_another_mosaic_or_tiling():
    begun = replace(MANIFEST, tiling="t")
    changed = replace(begun, input="c")
    assert begun.has_changed_input(changed)
    for other in ({"tiling": "u"}, {"input_name": "sun.tif"}, {"model": "d"}, {"input": "a" * 64}):
        assert not begun.has_changed_input(replace(changed, **other))
    assert not MANIFEST.has_changed_input(replace(MANIFEST, input="c"))


def test_what_is_no_run_is_named(tmp_path):
    with pytest.raises(RunError, match="is not a run"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(RunError, match="damaged"):
        read_manifest(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be made"):
        write_manifest(MANIFEST, tmp_path / "file" / "run")


def test_a_result_that_is_no_text_is_damaged(tmp_path):
    (tmp_path / "run.json").write_bytes(b'{"craters": "\xff"}')
    with pytest.raises(RunError, match="is missing or damaged"):
        read_result(tmp_path)
