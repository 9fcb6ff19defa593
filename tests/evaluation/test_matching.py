import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CratersWarning
from lunarcraters.evaluation.matching import match_craters, pool_matches
from lunarcraters.evaluation.reference import Reference, from_catalogue
from lunarcraters.evaluation.rules import RULES, OverlapRule
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.geometry import sphere
from tests.evaluation.conftest import lunar_catalogue, pixel_catalogue

CIRCLE = OverlapRule("circle")


def labels(rows, tiles=((0, 100, 0, 100),), clipped=None):
    """Pixel labels of rows x, y, diameter."""
    x, y, d = np.array(rows, float).reshape(-1, 3).T
    return Reference(
        positions=np.column_stack([x, y]),
        diameters=d,
        boxes=np.column_stack([d, d]),
        clipped=np.zeros(len(d), bool) if clipped is None else np.array(clipped),
        radius_m=None,
        tiles=np.array(tiles, float),
        pixel=1.0,
    )


def test_the_higher_score_takes_the_reference_and_the_other_is_false():
    detections = pixel_catalogue([(50, 50, 20, 0.5), (51, 50, 20, 0.9)])
    found = match_craters(detections, labels([(50, 50, 20)]), CIRCLE)
    by_score = dict(zip(found.score, found.reference_of, strict=True))
    assert by_score == {0.5: -1, 0.9: 0}
    assert found.counted.all()
    assert found.true.sum() == 1


def test_a_detection_takes_its_best_free_reference():
    references = labels([(50, 50, 20), (54, 50, 20)])
    detections = pixel_catalogue([(53, 50, 20, 0.9), (52.5, 50, 20, 0.8)])
    found = match_craters(detections, references, CIRCLE)
    # The catalogue orders craters of one size by x.
    assert found.reference_of.tolist() == [0, 1]
    assert found.offset.tolist() == [[2.5, 0.0], [-1.0, 0.0]]


def test_a_crater_that_was_confirmed_takes_its_reference_before_others():
    rows = pixel_catalogue([(50, 50, 20, 0.2), (51, 50, 19, 0.9)]).craters
    detections = Catalogue(rows.assign(review=["accepted", "unseen"]), None)
    found = match_craters(detections, labels([(51, 50, 19)]), CIRCLE)
    assert found.reference_of.tolist() == [0, -1]


def test_craters_of_the_least_and_the_largest_diameter_count():
    rows = [(20, 20, 10), (50, 50, 20), (80, 80, 30)]
    found = match_craters(
        pixel_catalogue([(*row, 0.9) for row in rows]), labels(rows), CIRCLE,
        min_diameter=10.0, max_diameter=30.0,
    )  # fmt: skip
    assert found.reference_counted.all()
    assert found.counted.all()


@pytest.mark.parametrize("circle", [(55, 50, 30), (57.5, 50, 20)])
def test_a_pair_at_the_limits_of_a_rule_matches(circle):
    size = 20 if circle[2] == 30 else 30
    found = match_craters(
        pixel_catalogue([(*circle, 0.9)]), labels([(50, 50, size)]), RULES["offset"]
    )
    assert found.true.tolist() == [True]


def test_craters_that_were_confirmed_by_eye_count_whatever_their_scores():
    rows = [(0, 0, 5, 0.1), (10, 0, 6, 0.2), (20, 0, 7, 0.3), (30, 0, 8, 0.9)]
    reviews = ["accepted", "unseen", "added", "accepted"]
    table = lunar_catalogue(rows).craters.sort_values("lon").assign(review=reviews)
    detections = Catalogue(table, sphere.geographic_crs())
    matches = match_craters(detections, from_catalogue(lunar_catalogue(rows)), CIRCLE)
    chosen = compute_scores(matches, 0.5).chosen
    assert (chosen.true, chosen.false, chosen.missed) == (3, 0, 1)
    assert chosen.true == len(detections.above_score(0.5))


def test_a_match_to_a_clipped_reference_is_neither_true_nor_false():
    found = match_craters(
        pixel_catalogue([(50, 50, 20, 0.9)]), labels([(50, 50, 20)], clipped=[True]), CIRCLE
    )
    assert found.reference_of.tolist() == [0]
    assert not found.counted.any()
    assert not found.reference_counted.any()


def test_a_counted_reference_goes_before_an_ignored_one():
    references = labels([(50, 50, 20), (52, 50, 20)], clipped=[True, False])
    found = match_craters(pixel_catalogue([(50, 50, 20, 0.9)]), references, CIRCLE)
    assert found.reference_of.tolist() == [1]
    assert found.true.tolist() == [True]


def test_unmatched_detections_at_the_edge_or_off_the_tiles_are_ignored():
    detections = pixel_catalogue(
        [(50, 50, 20, 0.9), (95, 50, 11, 0.8), (95, 50, 10, 0.7), (150, 50, 5, 0.6)]
    )
    found = match_craters(detections, labels([]), CIRCLE)
    assert dict(zip(found.score, found.counted, strict=True)) == {
        0.9: True,
        0.8: False,
        0.7: True,
        0.6: False,
    }


def test_a_crater_whole_in_one_of_two_overlapping_tiles_counts():
    tiles = [(0, 100, 0, 100), (80, 180, 0, 100), (180, 280, 0, 100)]
    detections = pixel_catalogue([(95, 50, 20, 0.9), (178, 50, 20, 0.8)])
    found = match_craters(detections, labels([], tiles=tiles), CIRCLE)
    assert found.counted.tolist() == [True, False]


def test_craters_of_other_sizes_are_ignored_unless_they_match_one_that_counts():
    references = labels([(20, 20, 9), (50, 50, 11), (80, 80, 30)])
    detections = pixel_catalogue(
        [(20, 20, 11, 0.9), (50, 50, 9.5, 0.8), (20, 80, 9, 0.7), (50, 20, 12, 0.6)]
    )
    found = match_craters(detections, references, CIRCLE, min_diameter=10, max_diameter=25)
    outcome = {s: (c, t) for s, c, t in zip(found.score, found.counted, found.true, strict=True)}
    assert outcome == {
        0.9: (False, False),
        0.8: (True, True),
        0.7: (False, False),
        0.6: (True, False),
    }
    assert found.reference_counted.tolist() == [False, True, False]


def test_references_off_the_ground_searched_are_ignored():
    detections = lunar_catalogue([(1, 1, 30, 0.9)], footprint=shapely.box(0, 0, 5, 5))
    reference = from_catalogue(lunar_catalogue([(1, 1, 30, np.nan), (6, 1, 30, np.nan)]))
    found = match_craters(detections, reference, CIRCLE)
    assert sorted(found.reference_counted.tolist()) == [False, True]


def test_detections_off_the_ground_of_the_reference_are_ignored():
    reference = from_catalogue(
        lunar_catalogue([(1, 1, 30, np.nan)], footprint=shapely.box(0, 0, 5, 5))
    )
    found = match_craters(lunar_catalogue([(2, 4, 30, 0.9), (6, 1, 31, 0.9)]), reference, CIRCLE)
    assert found.counted.tolist() == [False, True]


def test_craters_off_the_ground_of_their_own_catalogue_are_ignored():
    # As craters that touch an area from outside, of which a count has the parts inside.
    detected = [(1, 1, 30, 0.9), (5.3, 1, 30, 0.9), (5.3, 3, 30, 0.9)]
    listed = [(1, 1, 30, np.nan), (5.3, 1, 30, np.nan), (5.3, 4, 30, np.nan)]
    box = shapely.box(0, 0, 5, 5)
    for grounds in ({"footprint": box}, {}), ({}, {"footprint": box}):
        reference = from_catalogue(lunar_catalogue(listed, **grounds[1]))
        found = match_craters(lunar_catalogue(detected, **grounds[0]), reference, CIRCLE)
        assert (found.counted.sum(), found.true.sum(), found.reference_counted.sum()) == (1, 1, 1)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
@pytest.mark.parametrize(("lon", "lat"), [(180.0, 0.0), (10.0, 60.0), (0.0, 89.999), (-180, -90)])
def test_the_same_crater_matches_anywhere_on_the_moon(rule, lon, lat):
    km_per_degree = np.radians(1) * sphere.RADIUS_M / 1000
    step = 0.05 * 20 / km_per_degree
    reference = from_catalogue(lunar_catalogue([(lon, lat, 20, np.nan)]))
    detected_lat = lat - step if lat > 0 else lat + step
    found = match_craters(lunar_catalogue([(lon, detected_lat, 20, 0.9)]), reference, rule)
    assert found.true.tolist() == [True]
    assert np.linalg.norm(found.offset[0]) == pytest.approx(1.0, rel=1e-6)


def test_offsets_are_east_and_north():
    reference = from_catalogue(lunar_catalogue([(179.99, 60, 20, np.nan)]))
    found = match_craters(lunar_catalogue([(-179.99, 60.01, 20, 0.9)]), reference, CIRCLE)
    km_per_degree = np.radians(1) * sphere.RADIUS_M / 1000
    assert found.offset[0] == pytest.approx(
        [0.02 * km_per_degree * 0.5, 0.01 * km_per_degree], rel=1e-3
    )


def test_offsets_of_basins_are_distances_along_the_sphere():
    reference = from_catalogue(lunar_catalogue([(20, 0, 2500, np.nan)]))
    found = match_craters(lunar_catalogue([(20, 12, 2500, 0.9)]), reference, CIRCLE)
    km_per_degree = np.radians(1) * sphere.RADIUS_M / 1000
    assert found.offset[0] == pytest.approx([0.0, 12 * km_per_degree])


def test_pixels_and_degrees_do_not_mix():
    with pytest.raises(CatalogueError, match="in pixels"):
        match_craters(pixel_catalogue([]), from_catalogue(lunar_catalogue([])), CIRCLE)


def brute_force(detections, references, clipped, rule):
    """The rule of the documentation, pair by pair."""
    free, pairs = set(range(len(references))), {}
    for i in sorted(range(len(detections)), key=lambda i: -detections[i][3]):
        x, y, d, _ = detections[i]
        best = None
        for j in free:
            rx, ry, rd = references[j]
            quality = rule.quality(
                np.array([[x - rx, y - ry]]), np.array([d]), np.array([rd]), np.array([[rd, rd]])
            )[0]
            if np.isnan(quality):
                continue
            key = (not clipped[j], quality, -j)
            best = max(best, (key, j)) if best else (key, j)
        if best:
            pairs[i] = best[1]
            free.remove(best[1])
    return pairs


@pytest.mark.slow
@given(
    seed=st.integers(0, 100_000), rule=st.sampled_from([*RULES.values(), OverlapRule("box", 0.2)])
)
def test_matching_is_the_plain_greedy_rule(seed, rule):
    random = np.random.default_rng(seed)
    n, m = random.integers(0, 40, 2)
    references = np.column_stack([random.uniform(0, 60, (m, 2)), np.exp(random.uniform(1, 3.5, m))])
    near = references[random.integers(0, m, n)] if m else np.full((n, 3), 5.0)
    detections = np.column_stack(
        [near * random.normal(1, 0.1, (n, 3)).clip(0.5, 2), random.permutation(n) / max(n, 1)]
    )
    clipped = random.random(m) < 0.2
    # The catalogue orders by size: brute force is asked in that order.
    catalogue = pixel_catalogue(detections)
    ordered = np.column_stack([catalogue.positions, catalogue.diameters, catalogue.scores])
    found = match_craters(catalogue, labels(references, clipped=clipped), rule)
    expected = brute_force(ordered.tolist(), references.tolist(), clipped, rule)
    assert {i: j for i, j in enumerate(found.reference_of.tolist()) if j >= 0} == expected
    for i, j in expected.items():
        assert found.counted[i] == (not clipped[j])


def test_pooled_images_keep_their_matches_apart():
    detections = pixel_catalogue([(50, 50, 20, 0.9), (80, 80, 8, 0.4)])
    one = match_craters(detections, labels([(50, 50, 20), (9, 9, 5)]), CIRCLE)
    both = pool_matches([one, one])
    assert both.reference_of.tolist() == [0, -1, 2, -1]
    assert both.true.sum() == 2
    assert len(both.reference) == 4


@pytest.mark.slow
def test_three_hundred_thousand_craters_are_matched():
    random = np.random.default_rng(3)
    n = 300_000
    lon, lat = random.uniform(-180, 180, n), np.degrees(np.arcsin(random.uniform(-1, 1, n)))
    diameters = np.minimum(random.pareto(2.0, n) + 1, 500.0)
    rows = np.column_stack([lon, lat, diameters, random.uniform(0, 1, n)])
    catalogue = lunar_catalogue(rows)
    found = match_craters(catalogue, from_catalogue(catalogue), CIRCLE)
    # A few lie so near that another, of a higher score, took their place.
    assert found.true.mean() > 0.99


def test_labels_of_another_image_than_the_one_searched_are_told_of():
    reference = replace(labels([(50, 50, 20)]), image=Path("labelled/a.png"))
    rows = pixel_catalogue([(50, 50, 20, 0.9)])

    def match(name, side):
        info = {"properties": {"input": name}, "footprint": shapely.box(0, 0, side, side)}
        return match_craters(rows.with_info(**info), reference, CIRCLE)

    with warnings.catch_warnings():
        warnings.simplefilter("error", CratersWarning)
        match("searched/a.jpg", 100)
        match("searched/a.jpg", 90)  # the rest of it has no data
        match_craters(rows, reference, CIRCLE)
    with pytest.warns(CratersWarning, match=r"are of .*a\.png, and b\.png was searched"):
        match("b.png", 100)
    for name in ("a.png", "b.png"):
        with pytest.raises(
            CatalogueError, match=r"are of .*a\.png, 100 x 100 pixels, and the image"
        ):
            match(name, 101)
