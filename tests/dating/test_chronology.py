import sys

import numpy as np
import pytest

from lunarcraters.dating.chronology import load_system
from lunarcraters.errors import OptionError


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (None, "Moon, Neukum et al. (2001)"),
        ("neukum 1983", "Moon, Neukum (1983)"),
        ("YUE", "Moon, Yue et al. (2022)"),
        ("hartmann moon", "Moon, Hartmann 2010 iteration"),
        ("Mars, Neukum-Ivanov (2001)", "Mars, Neukum-Ivanov (2001)"),
        ("mars, ivanov (2001)", "Mars, Ivanov (2001)"),
    ],
)
def test_a_system_is_named_by_words_of_it(craterstats, words, name):
    assert load_system(words).name == name


@pytest.mark.parametrize("words", ["neukum", "moon", "earth"])
def test_a_system_that_is_not_clear_is_refused_with_those_there_are(craterstats, words):
    with pytest.raises(OptionError, match=r"give one of Moon, Neukum \(1983\)"):
        load_system(words)


def test_the_isochron_of_3_5_ga_is_that_of_the_literature(craterstats):
    # Neukum et al. (2001): N(1) = 5.44e-14 (exp(6.93 t) - 1) + 8.38e-4 t.
    expected = 5.44e-14 * (np.exp(6.93 * 3.5) - 1.0) + 8.38e-4 * 3.5
    assert load_system().cumulative(np.ones(1), 3.5)[0] == pytest.approx(expected, rel=1e-4)
    assert load_system().differential(np.ones(1), 3.5)[0] == pytest.approx(
        -np.diff(load_system().cumulative(np.array([0.999, 1.001]), 3.5))[0] / 0.002, rel=1e-4
    )


def test_more_craters_are_an_older_and_surer_age(craterstats):
    few, many = (load_system().date(n, 1e4, 1.0, 300.0) for n in (10, 100))
    assert few.low_ga < few.age_ga < few.high_ga < many.age_ga
    assert few.high_ga / few.low_ga > many.high_ga / many.low_ga


def test_no_ground_has_more_craters_than_the_oldest(craterstats):
    assert load_system().date(100_000, 1.0, 1.0, 300.0) is None


def test_without_craterstats_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "craterstats", None)
    with pytest.raises(OptionError, match=r"pip install 'lunarcraters\[dating\]'"):
        load_system()


def test_python_3_11_is_told_that_it_is_too_old(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 11, 9))
    with pytest.raises(OptionError, match=r"Python 3.12 or later \(this is 3.11\)"):
        load_system()


def test_an_old_craterstats_is_refused(monkeypatch):
    class Old:
        __version__ = "3.2.1"

    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    monkeypatch.setitem(sys.modules, "craterstats", Old())
    with pytest.raises(OptionError, match=r"craterstats 3\.2\.1 is too old"):
        load_system()
