import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lunarcraters as lc
from lunarcraters.catalogue.csfd import (
    SizeFrequency,
    count_by_size,
    relative_errors,
    require_craters,
)
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere
from lunarcraters.plots.csfd import csfd_figure, draw_csfd


def catalogue(diameters, area=1000.0, **columns):
    zeros = np.zeros(len(diameters))
    craters = pd.DataFrame({"lon": zeros, "lat": zeros, "diameter_km": diameters, **columns})
    return Catalogue(craters, sphere.geographic_crs(), footprint_area_km2=area)


def count_sizes(diameters, **columns):
    return count_by_size(catalogue(diameters, **columns), 1000.0)


def test_three_bins_by_hand():
    root = 2.0**0.5
    found = count_sizes([1.0, 1.2, 1.3, root, 1.9, 2.0])
    assert found.edges == pytest.approx([1.0, root, 2.0, 2.0 * root])
    assert found.counts.tolist() == [3.0, 2.0, 1.0]
    assert found.diameters == pytest.approx([2.0**0.25, 2.0**0.75, 2.0**1.25])
    assert found.cumulative == pytest.approx([6e-3, 3e-3, 1e-3])
    # Crater Analysis Techniques Working Group 1979: R = D^3 n / (A (Db - Da)).
    assert found.differential[0] == pytest.approx(3 / (1000 * (root - 1)))
    assert found.relative[0] == pytest.approx(2.0**0.75 * 3 / (1000 * (root - 1)))
    assert found.complete_from_km == pytest.approx(root)
    assert relative_errors(np.array([4.0, 0.0]))[0] == 0.5


def test_without_craters_the_message_names_all_that_may_help():
    with pytest.raises(CatalogueError, match=r"lower --min-score, or give a catalogue and ground"):
        require_craters(0)


def test_craters_partly_inside_count_for_that_part():
    found = count_sizes([1.1, 1.2, 4.1], fraction=[1.0, 0.5, 0.25])
    assert found.counts.tolist() == [1.5, 0.0, 0.0, 0.0, 0.25]


def test_parts_of_craters_have_the_error_of_their_sum():
    found = count_sizes([1.1, 1.2, 4.1], fraction=[1.0, 0.5, 0.25])
    assert relative_errors(found.events)[0] == pytest.approx(1.25**0.5 / 1.5)
    assert relative_errors(found.events_at_least)[0] == pytest.approx(
        (1.25 + 0.25**2) ** 0.5 / 1.75
    )
    assert found.events[1:].tolist() == [0.0, 0.0, 0.0, 1.0]
    whole = count_sizes(np.geomspace(1.0, 9.0, 500))
    assert whole.events.tolist() == whole.counts.tolist()
    assert whole.events_at_least.tolist() == whole.at_least.tolist()


def test_bins_of_a_span_hold_craters_where_they_belong():
    found = count_by_size(catalogue([4.1]), 1000.0, span=(1.0, 9.0))
    assert found.edges[[0, -1]] == pytest.approx([1.0, 2.0**3.5])
    assert found.counts.tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]


def test_densities_of_buffered_counts_are_on_the_ground_of_each_bin():
    edges, counts = np.array([1.0, 2.0, 4.0]), np.array([6.0, 3.0])
    found = SizeFrequency(edges, counts, 100.0, bin_areas_km2=np.array([120.0, 150.0]))
    assert found.cumulative == pytest.approx([6 / 120 + 3 / 150, 3 / 150])
    assert found.differential == pytest.approx([6 / 120, 3 / 150 / 2])
    assert found.relative == pytest.approx([2.0**1.5 * 6 / 120, 8.0**1.5 * 3 / 150 / 2])


def test_the_fullest_bin_is_that_with_most_craters_for_its_width():
    counts = np.array([4.0, 5.0, 1.0])
    found = SizeFrequency(np.array([1.0, 1.1, 1.4, 2.0]), counts, 100.0)
    assert found.complete_from_km == 1.1


def test_the_error_bars_of_parts_of_craters_are_those_of_their_sum():
    found = count_sizes([1.1] * 8, fraction=[0.5] * 8)
    for axes in csfd_figure(found).axes:
        drawn = [points.lines for points in axes.containers]
        ((_, value),) = (point for line, *_ in drawn for point in line.get_xydata())
        (bar,) = (bar for *_, (bars,) in drawn for bar in bars.get_segments())
        assert (bar[:, 1] / value).tolist() == pytest.approx([1 - 8**-0.5, 1 + 8**-0.5])


@pytest.mark.slow
@given(st.lists(st.floats(0.001, 1000.0), min_size=1, max_size=50))
def test_every_crater_is_counted_once(diameters):
    found = count_sizes(diameters)
    assert found.counts.sum() == len(diameters)
    assert found.at_least[0] == len(diameters)
    assert (np.diff(found.cumulative) <= 0).all()
    assert found.edges[0] <= min(diameters) * (1 + 1e-8)
    assert max(diameters) < found.edges[-1]


def test_an_exponential_law_has_its_slope():
    # N(>= D) ~ D^-2: R is flat for a differential slope of -3.
    diameters = 1.0 / np.sqrt(np.linspace(1e-4, 1.0, 100_000))
    found = count_sizes(diameters)
    assert np.ptp(found.relative[:8]) < 0.02 * found.relative[0]


@pytest.mark.parametrize("bad", [catalogue([]), catalogue([1.0], area=None)])
def test_without_craters_or_an_area_there_is_no_count(bad):
    with pytest.raises(CatalogueError):
        lc.csfd(bad)


@pytest.mark.slow
def test_the_plots_are_drawn(tmp_path):
    draw_csfd(count_sizes([1.1, 1.2, 1.6, 5.0]), tmp_path / "csfd.png")
    assert cv2.imread(str(tmp_path / "csfd.png")).shape[1] == 2100
