"""The test for randomness, and the search for members of clusters, on craters that are strewn.

    python benchmarks/strewn_craters.py

Strews craters at random, and clusters of members that are normal around their centre (a Thomas
process), over grounds at the equator, at the pole, across the antimeridian, with nodata and on a
strip. Prints for random craters: how often the probability is below 0.05 and 0.0027, whether
probabilities are as likely everywhere between 0 and 1 (Kolmogorov-Smirnov), and the share of
craters that are taken for members of clusters. For clusters: how often the bin is clustered, the
share of members that is found, and the shares of random craters that are dropped, within three
standard deviations of a member and elsewhere.
"""

import click
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree
from scipy.stats import kstest

from lunarcraters.catalogue import randomness
from lunarcraters.catalogue.clusters import find_cluster_members
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere
from lunarcraters.geometry.random_points import RandomPoints

GROUNDS = {
    "the equator": shapely.box(-5, -5, 5, 5),
    "the pole": shapely.box(-180, 80, 180, 90),
    "the antimeridian": shapely.union_all(
        [shapely.box(176, -5, 180, 5), shapely.box(-180, -5, -174, 5)]
    ),
    "nodata": shapely.difference(
        shapely.box(-5, -5, 5, 5),
        shapely.union_all([shapely.box(-3, -3, 1, 4), shapely.Point(3, 0).buffer(1.5)]),
    ),
    "a strip": shapely.box(0, -5, 0.3, 5),
}
CLUSTERS = (250, 2, 8, 0.1), (250, 5, 20, 0.1), (250, 10, 10, 0.2), (250, 5, 20, 0.5)
"""Random craters, clusters, members of each, and their scatter in spacings of random craters."""

MOON = sphere.geographic_crs()


def catalogue(vectors, ground, diameter_km=0.1):
    """Craters of one diameter, or of several, at unit vectors, (n, 3).

    They are so small that hardly one would have erased another.
    """
    lon, lat = sphere.vectors_to_lonlat(np.asarray(vectors))
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": diameter_km})
    return Catalogue(craters, MOON, ground, sphere.area_km2(ground))


def at_random(ground, number, seed):
    """Unit vectors of random craters, (number, 3)."""
    return RandomPoints(ground).draw(number, np.random.default_rng(seed))


def in_clusters(ground, clusters, members, sigma_deg, seed):
    """Unit vectors of a Thomas process on the ground: members around random centres, (n, 3)."""
    random = np.random.default_rng(seed)
    centres = RandomPoints(ground).draw(clusters, random)
    around = np.repeat(centres, members, axis=0)
    moved = around + np.radians(sigma_deg) * random.standard_normal(around.shape)
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    lon, lat = sphere.vectors_to_lonlat(moved)
    return moved[shapely.contains_xy(ground, lon, lat)]


def find_members(vectors, ground, sizes=1.0):
    """Members of clusters, in the order of the vectors; a catalogue sorts its craters."""
    sizes = 1.2 * np.broadcast_to(sizes, len(vectors)) - 1e-6 * np.arange(len(vectors))
    craters = catalogue(vectors, ground, sizes)
    members = np.empty(len(vectors), bool)
    members[np.argsort(-sizes)] = find_cluster_members([craters], craters.info)
    return members


def spacing(ground, number):
    """Side of the square of a crater, where so many are on the ground, radians."""
    return np.sqrt(sphere.area_km2(ground) / number) / 1737.4


def assess(vectors, ground, seed):
    """Probability and verdict of craters, against random ones of their own."""
    randomness._SEED = seed
    (row,) = randomness.assess_randomness({"all": catalogue(vectors, ground)})
    return row.p_value, row.verdict


def measure_random(ground, number, repeats):
    """Probabilities of random craters, (repeats,), and the share taken for members."""
    vectors = [at_random(ground, number, seed) for seed in range(repeats)]
    values = [assess(one, ground, 10_000 + seed)[0] for seed, one in enumerate(vectors)]
    return np.array(values), np.mean([find_members(one, ground).mean() for one in vectors])


def measure_clusters(ground, number, clusters, members, width, repeats):
    """How often clusters are noticed, and shares found, dropped within clusters, and elsewhere."""
    sigma, verdicts, parts = width * spacing(ground, number), [], []
    for seed in range(repeats):
        random = at_random(ground, number, seed)
        tight = in_clusters(ground, clusters, members, np.degrees(sigma), 500 + seed)
        both = np.concatenate([random, tight])
        verdicts.append(assess(both, ground, 10_000 + seed)[1] == "clustered")
        found = find_members(both, ground)
        within = cKDTree(tight).query(random)[0] < 3.0 * sigma
        dropped = found[:number]
        parts.append((found[number:], dropped[within], dropped[~within]))
    return np.mean(verdicts), *(np.concatenate(some).mean() for some in zip(*parts, strict=True))


@click.command()
@click.option("--repeats", default=200, show_default=True)
@click.option("--trials", default=200, show_default=True, help="Of a bin, at most.")
def main(repeats, trials):
    """Measure on random craters, then on clusters."""
    randomness._TRIALS = 40, trials
    for name, ground in GROUNDS.items():
        for number in (10, 50, 250):
            values, dropped = measure_random(ground, number, repeats)
            click.echo(
                f"{name:>16}, {number:4} random craters: p below 0.05 in "
                f"{np.mean(values < 0.05):.1%}, below 0.0027 in {np.mean(values < 0.0027):.1%}, "
                f"even with p = {kstest(values, 'uniform').pvalue:.2f}; taken for members "
                f"{dropped:.3%}"
            )
    for name, ground in GROUNDS.items():
        for number, clusters, members, width in CLUSTERS:
            noticed, found, within, away = measure_clusters(
                ground, number, clusters, members, width, max(repeats // 10, 1)
            )
            click.echo(
                f"{name:>16}, {number} random and {clusters} x {members} within {width:g} "
                f"spacings: clustered {noticed:.0%}, members found {found:.0%}, random craters "
                f"dropped {within:.0%} within clusters, {away:.1%} elsewhere"
            )


if __name__ == "__main__":
    main()
