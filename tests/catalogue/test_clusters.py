import numpy as np
import pytest
import shapely

from benchmarks.strewn_craters import (
    GROUNDS,
    at_random,
    catalogue,
    find_members,
    in_clusters,
    spacing,
)
from lunarcraters.catalogue.clusters import find_cluster_members, leave_out
from lunarcraters.errors import CatalogueError
from lunarcraters.geometry import sphere


def find(craters, parts=None):
    return find_cluster_members(parts or [craters], craters.info)


@pytest.mark.slow
@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_hardly_any_random_crater_is_taken_for_a_member(ground):
    for number, repeats in ((15, 40), (120, 10), (1500, 1)):
        share = np.mean([
            find_members(at_random(ground, number, seed), ground).mean()
            for seed in range(repeats)
        ])  # fmt: skip
        assert share < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_members_of_clusters_are_found_and_random_craters_kept(ground):
    random = at_random(ground, 300, 1)
    sigma_deg = 0.1 * np.degrees(spacing(ground, 300))
    clusters = in_clusters(ground, 6, 20, sigma_deg, 7)
    members = find_members(np.concatenate([random, clusters]), ground)
    # Random craters that happen to lie within a cluster cannot be told from its members.
    away = np.arccos(np.clip(random @ clusters.T, -1.0, 1.0)).min(axis=1) > np.radians(
        3.0 * sigma_deg
    )
    assert members[300:].mean() > 0.9
    assert members[:300][away].mean() < 0.05
    assert away.sum() > 250


def test_a_cluster_in_one_bin_leaves_other_bins_alone():
    ground = GROUNDS["the equator"]
    random, cluster = at_random(ground, 200, 1), in_clusters(ground, 1, 15, 0.05, 3)
    vectors = np.concatenate([random, cluster, cluster[:2]])
    sizes = np.repeat([1.0, 1.0, 3.0], [200, len(cluster), 2])
    members = find_members(vectors, ground, sizes)
    assert members[200:-2].all()
    assert not members[-2:].any()


def test_ground_of_two_densities_is_no_cluster():
    mare, highland = shapely.box(-10, -5, 0, 5), shapely.box(0, -5, 10, 5)
    vectors = np.concatenate([at_random(mare, 150, 1), at_random(highland, 1500, 2)])
    members = find_members(vectors, shapely.union(mare, highland))
    assert members.mean() < 0.01


@pytest.mark.slow
def test_members_do_not_depend_on_how_the_catalogue_is_read():
    ground = GROUNDS["nodata"]
    vectors = np.concatenate([at_random(ground, 200, 1), in_clusters(ground, 4, 15, 0.05, 3)])
    craters = catalogue(vectors, ground)
    members = find(craters)
    parts = [craters.rows(slice(start, start + 37)) for start in range(0, len(craters), 37)]
    assert np.array_equal(find(craters, parts), members)
    kept = list(leave_out(parts, members))
    assert len(kept) == len(parts)
    ids = [one for part in kept for one in part.craters["crater_id"]]
    assert ids == craters.craters["crater_id"][~members].tolist()


def test_a_catalogue_without_craters_has_no_members():
    ground = GROUNDS["the equator"]
    craters = catalogue(at_random(ground, 5, 1), ground).rows(slice(0, 0))
    assert find(craters).shape == (0,)


def test_members_need_a_ground_and_degrees(three):
    with pytest.raises(CatalogueError, match="--area"):
        find(three)
    with pytest.raises(CatalogueError, match="--crs"):
        find_cluster_members([], three.with_info(crs=None).info)
    assert three.radius_m == sphere.RADIUS_M
