"""Files that are records, and what is said of those that are none."""

from dataclasses import dataclass

import pytest

from lunarcraters.records import RecordError, read_record, to_json


@dataclass(frozen=True)
class Crater:
    name: str
    diameter_km: float


def test_a_record_comes_back(tmp_path):
    (tmp_path / "a.json").write_text(to_json(Crater("Tycho", 85.0)))
    assert read_record(Crater, tmp_path / "a.json") == Crater("Tycho", 85.0)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe{}", b'{"name": "Tycho"}', None])
def test_what_is_no_record_is_a_record_error(tmp_path, content):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(RecordError, match=r".") as caught:
        read_record(Crater, tmp_path / "a.json")
    assert "\n" not in str(caught.value)
