import pytest

import lunarcraters as lc
from lunarcraters.errors import CratersWarning

OF_THE_PROGRAM = """
from contextlib import contextmanager
from lunarcraters.errors import warn

@contextmanager
def opened():
    warn("something is odd")
    yield

def use():
    with opened():
        pass
"""


def test_a_warning_names_the_line_of_the_user_that_called_the_program(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("lat,West Longitude,diameter_km\n1,30,2\n")
    with pytest.warns(CratersWarning, match="degrees to the west") as caught:
        lc.read_catalogue(path)
    assert caught[0].filename == __file__


def test_a_warning_within_a_context_of_the_program_names_the_line_of_the_user_too():
    module = {"__name__": "lunarcraters.some_module"}
    exec(OF_THE_PROGRAM, module)
    with pytest.warns(CratersWarning, match="odd") as caught:
        module["use"]()
    assert caught[0].filename == __file__
