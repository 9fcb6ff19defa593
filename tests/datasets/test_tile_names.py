import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.datasets.tile_names import TileName

NAME = "-0.8277454,0.5441354,-32.9251402,-31.5532593"


@pytest.mark.parametrize("ending", ["", ".png", ".PNG", ".txt", ".jpg"])
def test_a_tile_name_tells_the_edges_with_or_without_a_suffix(ending):
    tile = TileName.parse(NAME + ending)
    assert tile == TileName(-0.8277454, 0.5441354, -32.9251402, -31.5532593)
    assert tile.centre == pytest.approx((-0.141805, -32.23919975))


def test_a_tile_name_may_come_with_its_folder(tmp_path):
    assert TileName.parse(tmp_path / f"{NAME}.png") is not None


@pytest.mark.parametrize(
    "name", ["moon.png", "1,2,3.png", "2,1,0,1.png", "0,1,89,91.png", "nan,1,2,3", "1,2,3,4,5", ""]
)
def test_other_names_tell_no_place(name):
    assert TileName.parse(name) is None


@given(st.floats(-180, 359), st.floats(-90, 88), st.floats(0.01, 1))
def test_any_tile_name_is_read_back_as_written(lon, lat, size):
    edges = [float(f"{value:.7f}") for value in (lon, lon + size, lat, lat + size)]
    tile = TileName.parse(",".join(f"{edge:.7f}" for edge in edges) + ".png")
    assert [tile.lon_min, tile.lon_max, tile.lat_min, tile.lat_max] == edges
