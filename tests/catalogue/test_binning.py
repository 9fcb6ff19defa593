import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.catalogue.binning import (
    BINNINGS,
    check_binning,
    edges_between,
    lower_edges,
    number_bins,
)
from lunarcraters.errors import OptionError


def test_bins_begin_where_the_field_has_them():
    root = 2.0**0.5
    assert edges_between(1.0, 2.0) == pytest.approx([1.0, root, 2.0, 2.0 * root])
    assert edges_between(1.0, 1.2, "10-per-decade") == pytest.approx([1.0, 10**0.1])
    decade = [1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.7, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10]
    assert edges_between(1.0, 9.5, "pseudo-log") == pytest.approx(decade)
    assert edges_between(0.9, 1.15, "pseudo-log") == pytest.approx([0.9, 1.0, 1.1, 1.2])
    assert edges_between(7.0, 12.0, "pseudo-log") == pytest.approx([7, 8, 9, 10, 11, 12, 13])


@pytest.mark.parametrize("binning", BINNINGS)
def test_an_edge_belongs_to_the_bin_above_it(binning):
    numbers = np.arange(-60, 60)
    edges = lower_edges(numbers, binning)
    for rounding in (0.0, 1e-11, -1e-11):
        assert number_bins(edges * (1.0 + rounding), binning).tolist() == numbers.tolist()


@given(st.sampled_from(BINNINGS), st.floats(0.001, 1000.0), st.floats(1.0, 100.0))
def test_bins_hold_all_diameters_and_no_bin_is_idle(binning, smallest, ratio):
    edges = edges_between(smallest, smallest * ratio, binning)
    assert (np.diff(edges) > 0).all()
    assert edges[0] <= smallest * (1 + 1e-8) < edges[1] * (1 + 1e-8)
    assert edges[-2] <= smallest * ratio * (1 + 1e-8) < edges[-1] * (1 + 1e-8)


def test_other_bins_are_refused():
    with pytest.raises(OptionError, match="give one of sqrt2, 10-per-decade, pseudo-log"):
        check_binning("root-2")
