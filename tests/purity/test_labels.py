"""Which detections are labelled, by their size, score and place."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import shapely

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import make_box_area
from lunarcraters.purity.labels import label_by_reference, label_by_review

GROUND = shapely.box(-5, -5, 5, 5)


def catalogue(lon, sizes, scores=0.9, lat=0.0):
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": sizes, "score": scores})
    return Catalogue(table, sphere.geographic_crs(), GROUND, sphere.area_km2(GROUND))


def review(run, limits=(None, None)):
    comparison = SimpleNamespace(craters=run.craters.assign(review="accepted"))
    return label_by_review(run, comparison, "a", None, limits)


def test_reviewed_detections_of_the_limits_are_labelled_and_none_without_a_score():
    run = catalogue([0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0], [0.9, 0.05, np.nan, 0.9])
    assert review(run).diameters.tolist() == [4.0, 2.0, 1.0]
    assert review(run, (2.0, 4.0)).diameters.tolist() == [4.0, 2.0]
    assert review(run, (None, 3.5)).diameters.tolist() == [2.0, 1.0]


def test_detections_of_the_limits_are_labelled_by_a_reference_from_a_score_of_a_tenth_on():
    lon, sizes = np.arange(-2.0, 3.0), np.array([1.0, 2.0, 3.0, 4.0, 4.0])
    run = catalogue(lon, sizes, [0.9, 0.9, 0.1, 0.9, 0.09])
    reference = from_catalogue(catalogue(lon[1:], sizes[1:]))
    labels = label_by_reference(run, reference, "a", None, (1.0, 4.0))
    assert labels.diameters.tolist() == [4.0, 3.0, 2.0, 1.0]
    assert labels.true.tolist() == [True, True, True, False]
    assert len(label_by_reference(run, reference, "a", None, (2.0, 3.0))) == 2


def test_the_sizes_that_a_reference_holds_are_those_on_its_ground():
    """On the ground it holds sizes from 2 km on, and elsewhere many smaller ones."""
    rows = np.linspace(-4.0, 4.0, 30)
    ours = catalogue(1.0, np.geomspace(1.5, 9.0, 30), lat=rows)
    run = Catalogue(ours.craters, ours.crs, GROUND, 1.0)
    sizes = ours.diameters
    far = pd.DataFrame({"lon": -3.0, "lat": rows, "diameter_km": 0.5, "score": 0.9})
    both = pd.concat([ours.craters[sizes > 2.0], far], ignore_index=True)
    reference = from_catalogue(Catalogue(both.drop(columns="crater_id"), ours.crs, GROUND, 1.0))
    east = make_box_area(0.0, -5.0, 5.0, 5.0)
    assert label_by_reference(run, reference, "a", east).diameters.min() >= 2.0
    assert label_by_reference(run, reference, "a").diameters.min() < 2.0
    assert label_by_reference(run, reference, "a", east).diameters.max() <= 9.0 / 2.0**0.5


def test_a_detection_of_a_crater_beyond_the_ground_of_the_run_is_not_labelled():
    run = catalogue([0.0, 4.99], 30.0)
    reference = from_catalogue(catalogue([0.0, 5.01], 30.0))
    larger = make_box_area(-6.0, -5.0, 6.0, 5.0)
    labels = label_by_reference(run, reference, "a", larger, (1.0, 50.0))
    assert labels.true.tolist() == [True]
