import sys

import pytest


@pytest.fixture(scope="session")
def craterstats():
    """craterstats, where Python allows."""
    if sys.version_info < (3, 12):
        pytest.skip("craterstats needs Python 3.12")
    return pytest.importorskip("craterstats", reason="needs lunarcraters[dating]")
