"""Size distributions, and what errors of diameters make of them."""

import numpy as np
import pytest

from lunarcraters.catalogue.binning import lower_edges
from lunarcraters.completeness.record import Completeness, CompletenessBin, Sun
from lunarcraters.counts.migration import Migration, Spectrum

EDGES = 2.0 ** (0.5 * np.arange(7.0))


def measure(recalls, scatter, bias=0.0):
    bins = tuple(
        CompletenessBin(low, high, 100, 90, recall, 0.03, (recall, recall), bias, scatter, 0.05)
        for low, high, recall in zip(EDGES[:-1], EDGES[1:], recalls, strict=True)
    )
    return Completeness(bins, (), (0.0, 0.95), Sun(280.0, 25.0, "image"), 600, 0.2, 0)


@pytest.mark.parametrize("binning", ["sqrt2", "pseudo-log"])
def test_a_power_law_is_found_in_bins_of_any_width(binning):
    edges = lower_edges(np.arange(12), binning)
    numbers = -np.diff(1000.0 * edges**-2.0)
    logs = np.log(np.array([0.5, 1.2, 2.0, 9.0]))
    found = Spectrum.fit(edges, numbers, numbers).density(logs)
    assert found == pytest.approx(2000.0 * np.exp(-2.0 * logs), rel=0.05)


def test_bins_to_leave_out_tell_nothing_and_few_bins_no_curvature():
    numbers = -np.diff(1000.0 * EDGES**-2.0)
    strange, weights = numbers.copy(), numbers.copy()
    strange[0], weights[0] = 1.0, 0.0
    found = Spectrum.fit(EDGES, strange, weights)
    assert found.coefficients == pytest.approx(Spectrum.fit(EDGES, numbers, weights).coefficients)
    weights[0] = 1e-6
    found = Spectrum.fit(EDGES, strange, weights).density(np.log(EDGES[1:]))
    assert found == pytest.approx(2000.0 * EDGES[1:] ** -2.0, rel=0.05), "one crater tells little"
    three = np.where(np.arange(6) < 3, numbers * [1, 2, 1, 1, 1, 1], 0.0)
    assert len(Spectrum.fit(EDGES, three, three).coefficients) == 2
    one = Spectrum.fit(EDGES, numbers, np.eye(6)[2])
    assert one.density(np.log([1.0, 2.0])) == pytest.approx([1.0, 1.0 / 8.0]), "the usual slope"


def test_a_curved_distribution_goes_on_straight_beyond_its_bins():
    middles = (np.log(EDGES[1:]) + np.log(EDGES[:-1])) / 2.0
    numbers = 1000.0 * np.exp(-2.0 * middles - 0.5 * middles**2)
    spectrum = Spectrum.fit(EDGES, numbers, numbers)
    inside = np.log(spectrum.density(np.linspace(middles[0], middles[-1], 5)))
    assert (np.diff(inside, 2) < -0.01).all()
    for start, step in ((middles[-1], 1.0), (middles[0], -1.0)):
        beyond = np.log(spectrum.density(start + step * np.arange(4.0)))
        assert np.diff(beyond, 2) == pytest.approx(0.0, abs=1e-9)


def test_without_errors_of_diameters_a_count_is_divided_by_its_recall():
    spectrum = Spectrum(np.array([-2.0, 5.0]), 0.0, 2.0)
    whole = Migration(measure([1.0] * 6, 0.0), EDGES).factors(spectrum, np.zeros(6))
    assert whole == pytest.approx(1.0, abs=0.05)
    half = Migration(measure([0.5] * 6, 0.0), EDGES).factors(spectrum, np.zeros(6))
    assert half == pytest.approx(2.0 * whole)


def test_the_curve_of_recall_stays_between_0_and_1():
    uneven = Migration(measure([1.0, 0.1, 1.0, 0.1, 1.0, 0.0], 0.1), EDGES)
    recall = uneven._recall.at(np.linspace(-1.0, 4.0, 99), 0.0)
    assert (recall.min(), recall.max()) == (0.0, 1.0)
