import zipfile

import numpy as np
import pandas as pd
import pytest

from lunarcraters.detection.search import batch_result
from lunarcraters.errors import OutputError

CRATERS = pd.DataFrame(
    {"lon": [1.0, 2.0], "score": [0.5, np.nan], "level": [0, 1], "tile": ["z0_r0_c0", "z0_r0_c1"]}
)
PART = batch_result.BatchResult(
    CRATERS,
    {"z0_r0_c0": np.arange(16, dtype=np.uint8).reshape(4, 4)},
    {"z0_r0_c2": "block 7 is damaged"},
)


def test_a_part_comes_back(tmp_path):
    path = tmp_path / "000001.part"
    batch_result.write_batch_result(PART, path)
    assert batch_result.is_whole(path)
    pd.testing.assert_frame_equal(batch_result.read_craters(path), CRATERS, check_dtype=False)
    assert batch_result.read_unread(path) == PART.unread
    assert batch_result.read_batch_mask(path, "z0_r0_c1") is None
    np.testing.assert_array_equal(
        batch_result.read_batch_mask(path, "z0_r0_c0"), PART.masks["z0_r0_c0"]
    )
    assert [p.name for p in tmp_path.iterdir()] == ["000001.part"]


def test_a_part_without_craters_comes_back(tmp_path):
    path = tmp_path / "000001.part"
    batch_result.write_batch_result(batch_result.BatchResult(CRATERS.iloc[:0], {}), path)
    assert batch_result.read_craters(path).empty
    assert list(batch_result.read_craters(path)) == list(CRATERS)
    assert batch_result.read_unread(path) == {}


@pytest.mark.parametrize("harm", ["cut", "flip", "flag", "version", "empty", "missing"])
def test_a_damaged_part_is_not_whole(tmp_path, harm):
    path = tmp_path / "000001.part"
    batch_result.write_batch_result(PART, path)
    content = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif harm == "flip":
        place = content.index(b"craters.feather") + 60
        content[place] ^= 0xFF
        path.write_bytes(content)
    elif harm in ("flag", "version"):  # of the directory at the end
        content[content.index(b"PK\x01\x02") + {"flag": 8, "version": 6}[harm]] ^= 0x41
        path.write_bytes(content)
    elif harm == "empty":
        zipfile.ZipFile(path, "w").close()
    else:
        path.unlink()
    assert not batch_result.is_whole(path)


def test_an_unwritable_place_is_named(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        batch_result.write_batch_result(PART, tmp_path / "missing" / "000001.part")
