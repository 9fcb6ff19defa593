import numpy as np
import pytest

from lunarcraters.completeness.record import write_completeness
from lunarcraters.detection.run import CRATERS, RunResult, write_result
from tests.counts.surfaces import plant, surface


@pytest.fixture
def run(tmp_path):
    """A finished run whose completeness was measured."""
    path = tmp_path / "run"
    path.mkdir()
    random = np.random.default_rng(7)
    craters = surface(random, 5000)
    craters.to_file(path / CRATERS)
    write_result(RunResult(craters=len(craters), tiles=1, unread_tiles={}, seconds=1.0), path)
    write_completeness(plant(random, 300), path)
    return path
