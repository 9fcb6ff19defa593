import sys

import pytest

from lunarcraters.cli import progress


class Clock:
    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_lines_tell_how_fast_it_goes_without_what_was_done_before(clock, capsys):
    with progress.progress_bar("detecting", quiet=False) as show:
        show(40, 100)
        clock.now += 15.0
        show(70, 100)
        clock.now += 1.0
        show(72, 100)
        clock.now += 1.0
        show(100, 100)
    assert capsys.readouterr().err.splitlines() == [
        "detecting: 40 of 100 tiles",
        "detecting: 70 of 100 tiles, 2 a second, 0:00:15 left",
        "detecting: 100 of 100 tiles",
    ]


def test_a_high_rate_has_no_exponent(clock, capsys):
    with progress.progress_bar("measuring", quiet=False, unit="craters") as show:
        show(0, 40_000)
        clock.now += 15.0
        show(10_000, 40_000)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "measuring: 10000 of 40000 craters, 670 a second, 0:00:45 left"


def test_a_terminal_gets_a_bar_with_its_rate(clock, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress.progress_bar("tiling", quiet=False) as show:
        show(0, 4)
        clock.now += 2.0
        show(4, 4)
    err = capsys.readouterr().err
    assert "tiling" in err
    assert "4/4" in err
    assert "2/s" in err


def test_nothing_is_said_when_quiet(clock, capsys):
    with progress.progress_bar("tiling", quiet=True) as show:
        show(4, 4)
    assert capsys.readouterr().err == ""
