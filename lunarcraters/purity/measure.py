"""The measurement of a run's purity: a fit to the detections that are labelled."""

from itertools import pairwise

import numpy as np

from lunarcraters.catalogue.csfd import bin_by_size
from lunarcraters.errors import CatalogueError
from lunarcraters.purity.fit import fit_probability, make_terms
from lunarcraters.purity.labels import Labels
from lunarcraters.purity.record import Purity, PurityBin
from lunarcraters.redaction import redact

LEAST_LABELLED = 30
"""Number of labelled detections below which a purity is not measured."""


def measure_purity(labels: Labels, *, unit: str = "km", catalogue: str = "") -> Purity:
    """Fit the probability that a detection is a crater, by its score and diameter.

    Args:
        labels: Labelled detections.
        unit: Unit of their diameters, `km` or `px`.
        catalogue: SHA-256 of the run's catalogue.

    Raises:
        CatalogueError: There are too few labels.
    """
    if len(labels) < LEAST_LABELLED:
        remedy = (
            "review more of them, of all sizes and scores"
            if labels.kind == "review"
            else "give a larger area, or other limits with --min-diameter and --max-diameter"
        )
        raise CatalogueError(
            f"{labels.name} tells of {len(labels)} detections of the run whether they are craters, "
            f"and a purity needs {LEAST_LABELLED} or more: {remedy}"
        )
    sizes = labels.diameters
    middle = float(np.exp(np.log(sizes).mean()))
    terms = make_terms(labels.scores, np.log2(sizes / middle))
    coefficients, covariance = fit_probability(terms, labels.true)
    return Purity(
        labels=redact(labels.name),
        kind=labels.kind,
        labelled=len(labels),
        craters=int(labels.true.sum()),
        mean_score=float(labels.scores.mean()),
        min_score=float(labels.scores.min()),
        min_km=float(sizes.min()),
        max_km=float(sizes.max()),
        middle_km=middle,
        coefficients=tuple(coefficients.tolist()),
        covariance=tuple(map(tuple, covariance.tolist())),
        bins=_bin(labels),
        unit=unit,
        catalogue=catalogue,
    )


def _bin(labels: Labels) -> tuple[PurityBin, ...]:
    """Count the labelled detections by diameter."""
    edges, bins = bin_by_size(labels.diameters)
    count = len(edges) - 1
    labelled = np.bincount(bins, minlength=count)
    craters = np.bincount(bins, labels.true, minlength=count)
    scores = np.bincount(bins, labels.scores, minlength=count) / np.maximum(labelled, 1)
    rows = zip(pairwise(edges.tolist()), labelled, craters, scores, strict=True)
    return tuple(
        PurityBin(low, high, int(number), int(true), float(score))
        for (low, high), number, true, score in rows
    )
