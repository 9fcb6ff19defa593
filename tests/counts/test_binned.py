import numpy as np
import pytest

from lunarcraters.counts.binned import BinnedCount


def make(values, variances):
    n = len(values)
    return BinnedCount(2.0 ** np.arange(n + 1.0), np.array(values), np.diag(variances), np.ones(n))


@pytest.mark.parametrize(
    ("values", "variances", "events"),
    [
        ([3.0, 4.0], [3.0, 4.0], 7),
        ([1.5, 0.5], [0.75, 0.25], 4),  # halves
        ([3.1], [1.0], 10),  # 9.61
        ([0.2], [1.0], 1),
        ([0.0, 0.0], [1.0, 1.0], 0),
        ([2.0], [0.0], 0),
    ],
)
def test_events_are_craters_with_the_error_of_the_total(values, variances, events):
    assert make(values, variances).events == events


def test_bins_within_a_range_keep_their_covariance_and_outside_there_are_none():
    count = make([5.0, 6.0, 7.0], [1.0, 2.0, 3.0])
    some = count.within(2.0, 8.0)
    assert (some.edges.tolist(), some.values.tolist()) == ([2.0, 4.0, 8.0], [6.0, 7.0])
    assert np.diag(some.covariance).tolist() == [2.0, 3.0]
    none = count.within(16.0, 32.0)
    assert (none.total, none.events, none.covariance.shape) == (0.0, 0, (0, 0))
