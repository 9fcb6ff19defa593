"""Surfaces with known craters, the detections and planted craters on them, and labels."""

from itertools import pairwise

import numpy as np
import pandas as pd
import shapely

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.completeness.record import (
    Completeness,
    CompletenessBin,
    Sun,
)
from lunarcraters.completeness.summary import MIN_SCORES
from lunarcraters.counts.areas import count_on_areas
from lunarcraters.counts.estimate import estimate_count
from lunarcraters.geometry import sphere
from lunarcraters.purity.labels import Labels
from lunarcraters.purity.measure import measure_purity

GROUND = shapely.box(-5, -5, 5, 5)
EDGES = np.exp2(0.5 * np.arange(-1, 9))  # from 0.71 km
SLOPE = -2.0  # of the cumulative number
BIAS, SCATTER = 0.06, 0.09


def catalogue(diameters, scores):
    n = len(diameters)
    table = {"lon": np.zeros(n), "lat": np.zeros(n), "diameter_km": diameters, "score": scores}
    area_km2 = sphere.area_km2(GROUND)
    return Catalogue(pd.DataFrame(table), sphere.geographic_crs(), GROUND, area_km2)


def detect(random, sizes, camera=1.0):
    """Detected diameters, and scores, 0 for those missed, on a camera with low scores."""
    found = random.random(len(sizes)) < camera * np.clip(0.75 + 0.1 * np.log(sizes), 0, 0.97)
    scores = found * random.beta(1.6, 1.4, len(sizes))
    return sizes * np.exp(random.normal(BIAS, SCATTER, len(sizes))), scores


def plant(random, number):
    """The record of planted craters, those of a bin as frequent as on the surface."""
    rows = []
    for low, high in pairwise(EDGES):
        part = random.random(number) * (1.0 - (high / low) ** SLOPE)
        sizes = low * (1.0 - part) ** (1.0 / SLOPE)
        measured, scores = detect(random, sizes)
        above = [(scores > max(score, 1e-9)).mean() for score in MIN_SCORES]
        recall = above[0]
        ratio = np.log(measured / sizes)[scores > 0.0]
        error = np.sqrt(recall * (1.0 - recall) / number)
        rows.append(
            CompletenessBin(
                low, high, number, len(ratio), recall, error, tuple(above), ratio.mean(),
                ratio.std(), 0.05,
            )
        )  # fmt: skip
    sun = Sun(280.0, 25.0, "image")
    return Completeness(tuple(rows), (), MIN_SCORES, sun, number * len(rows), 0.2, 0)


def surface(random, number, false_share=0.3, camera=1.0):
    """A catalogue of a surface with an expected number of craters above 0.5 km."""
    sizes = 0.5 * random.random(random.poisson(number)) ** (1.0 / SLOPE)
    measured, scores = detect(random, sizes, camera)
    false = 0.5 * random.random(random.poisson(false_share * number)) ** (1.0 / SLOPE)
    measured = np.append(measured, false)
    scores = np.append(scores, random.beta(1.0, 15.0, len(false)))
    return catalogue(measured[scores > 0.0], scores[scores > 0.0])


def estimate(craters, completeness, min_score=0.26):
    return estimate_count(count_on_areas(craters)[0], completeness, min_score)


def measured(random, craters, sure, number=400):
    """A purity by labels on some detections, of no edge of the simulated sizes."""
    seen = random.permutation(np.flatnonzero(craters.diameters > 0.7))[:number]
    true = random.random(len(seen)) < sure[seen]
    scores, diameters = craters.scores[seen], craters.diameters[seen]
    return measure_purity(Labels("labels", "review", scores, diameters, true))


def crowded(random, number, false=1.5):
    """A surface with false detections of high scores, and the probability of each detection."""
    craters = surface(random, number, false_share=0.0)
    others = 0.5 * random.random(random.poisson(false * number)) ** (1.0 / SLOPE)
    scores = np.append(craters.scores, random.beta(1.6, 2.4, len(others)))
    mixed = catalogue(np.append(craters.diameters, others), scores)
    true = np.zeros(len(mixed))
    true[np.isin(mixed.diameters, craters.diameters)] = 1.0
    return mixed, true


def expected(edges, number):
    """The expected numbers of craters in bins of a surface of so many."""
    return -np.diff(number * (edges / 0.5) ** SLOPE)


def inner(result):
    """The bins of the planted craters with some craters each."""
    edges = result.raw.edges
    return (edges[:-1] > 0.9) & (edges[1:] < 6.0)
