from pathlib import Path

import pytest

from lunarcraters.cli.detect import _print
from lunarcraters.cli.info import _costs, _table
from lunarcraters.cli.wording import diameter_range, duration, length, square_km
from lunarcraters.detection.cost import Cost
from lunarcraters.detection.estimate import Level
from lunarcraters.detection.summary import RunCounts, RunSummary


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "1 second"),
        (2, "2 seconds"),
        (47, "50 seconds"),
        (119, "2 minutes"),
        (11_100, "3 h 5 min"),
    ],
)
def test_times_are_round(seconds, said):
    assert duration(seconds) == said


def test_lengths_are_in_the_unit_that_people_use():
    assert length(0.4, has_crs=True) == "400 m"
    assert length(1.234, has_crs=True) == "1.23 km"
    assert length(2.75, has_crs=False) == "2.75 px"
    assert length(1024.0, has_crs=True) == "1020 km"
    assert length(2048.0, has_crs=False) == "2050 px"


def test_bins_and_areas_have_no_exponents():
    assert diameter_range(1.0, 2.0**0.5) == "1 - 1.41"
    assert diameter_range(724.077, 1024.0) == "724 - 1020"
    assert diameter_range(2048.0, None) == "2050 - "
    assert square_km(37932400.4) == "37932400"
    assert square_km(0.0123456789) == "0.0123457"


def test_an_estimate_of_a_large_mosaic_has_no_exponents():
    level = Level(4, 60_646.0, (485.0, 4367.0), 20, 600_000)
    assert "485 - 4370" in _table((level,))
    assert "disk       about 120 GB" in _costs(Cost(1, 0.0, 20, 1e6, 6e5, 8e8, 1.23e11))


def test_detect_tells_the_threshold_that_export_tells(capsys):
    counts = RunCounts("run", 1870, 186, 47363.0, 0)
    _print(RunSummary(counts, 3, 0.226, True, None, 1.0, False), Path("run"))
    assert "186 above 0.226 (balanced) in run" in capsys.readouterr().out
