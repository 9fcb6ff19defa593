"""Pages that are kept in a directory are given as they were read, or are read anew."""

import ast

import numpy as np
import pytest

from lunarcraters.geometry.box import Box
from lunarcraters.mosaic.remote.pages import Pages

LIMITS = Box(0, 0, 70, 45)


@pytest.fixture(params=["uint8", "int16", "float64"])
def picture(request):
    """Values and validity."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 100, (LIMITS.height, LIMITS.width)).astype(request.param)
    return values, rng.random(values.shape) < 0.7


def pages_of(folder, picture, reads):
    def read(box):
        reads.append(box)
        return tuple(plane[box.slices] for plane in picture)

    return Pages(folder, (32, 16), LIMITS, picture[0].dtype, read)


def assert_same(pages, picture, box=LIMITS):
    for plane, expected in zip(pages.read_box(box), picture, strict=True):
        assert plane.dtype == expected.dtype
        np.testing.assert_array_equal(plane, expected[box.slices])


def test_pages_are_read_once(tmp_path, picture):
    reads = []
    for box in (Box(3, 5, 40, 20), Box(60, 40, 10, 5), LIMITS):
        assert_same(pages_of(tmp_path, picture, reads), picture, box)
    before = len(reads)
    assert_same(pages_of(tmp_path, picture, reads), picture)
    assert len(reads) == before


def test_kept_pages_are_read_without_pythons_parser(tmp_path, picture, monkeypatch):
    pages = pages_of(tmp_path, picture, [])
    pages.read_box(LIMITS)

    def parse(*args, **options):
        raise SystemError("AST constructor recursion depth mismatch")

    monkeypatch.setattr(ast, "parse", parse)
    assert_same(pages, picture)


DAMAGES = [
    lambda content: content[:-9],
    lambda content: b"",
    lambda content: bytes(len(content)),
    lambda content: content + b"more",
    lambda content: content[:9] + b"?" + content[10:],
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_page_is_read_anew(tmp_path, picture, damage):
    reads = []
    pages = pages_of(tmp_path, picture, reads)
    pages.read_box(LIMITS)
    for file in tmp_path.glob("*.page"):
        file.write_bytes(damage(file.read_bytes()))
    before = len(reads)
    assert_same(pages, picture)
    assert len(reads) == before + 9
