"""Members of clusters: craters with improbably many craters of their size around them.

Secondary craters come in clusters and chains, which a random flux of impactors does not make
(Michael et al. 2012, Icarus 218, 169). A crater is a member of a cluster where a disc around it, in
which 0.3, 1, 3 or 10 other craters of its bin are expected, holds so many that the probability is

- below 0.001 by the density on all the ground (Poisson),
- below 0.001 by the density within three times the radius (binomial), so that ground of two
  densities is no cluster,
- and below 0.1 within half the radius, so that a crater beside a cluster is not one of it.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import binom, poisson

from lunarcraters.catalogue.columns import FRACTION
from lunarcraters.catalogue.csfd import bin_by_size
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.randomness import NO_GROUND
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, OptionError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area

if TYPE_CHECKING:
    from lunarcraters.catalogue.formats.parquet import StoredCatalogue

_EXPECTED = 0.3, 1.0, 3.0, 10.0  # craters in a disc
_IMPROBABLE = 1e-3
_CROWDED = 0.1  # probability of the craters in the inner disc
_WIDER, _INNER = 3.0, 0.5  # radii of the discs of the local density and of the neighbours, in radii
_LARGEST = 1.0 / 20.0  # disc, as a share of the ground
_LEAST_SHARE = 0.05  # of a disc around a crater that is on the ground

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]


def refuse_fractions(catalogue: "StoredCatalogue | Catalogue") -> None:
    """Refuse to find clusters among craters whose centre may lie off the ground.

    Args:
        catalogue: Catalogue, whose clusters are wanted on the ground that it has.

    Raises:
        OptionError: It has parts of craters.
    """
    if isinstance(catalogue, Catalogue) and FRACTION in catalogue.craters:  # a run has none
        raise OptionError(
            "the catalogue has parts of craters, and clusters are found by craters whose centre "
            "lies on the ground: give its area too (--area), which takes these as a whole"
        )


def find_cluster_members(parts: Iterable[Catalogue], info: CatalogueInfo) -> Bool:
    """Find the craters that are members of clusters, (n,), in bins a factor of sqrt(2) wide.

    Args:
        parts: Craters, part by part, in degrees.
        info: Description of the catalogue, with the ground that the craters were counted on.

    Raises:
        CatalogueError: The craters are in pixels, or it is not known where they or the ground are.
    """
    if not info.has_crs:
        raise CatalogueError(
            "craters in pixels have no clusters: give the image a coordinate system and detect "
            "them again (craters detect --crs), or leave out --without-clusters"
        )
    info.require_positions()
    if info.footprint is None:
        raise CatalogueError(NO_GROUND)
    held = [(part.positions, part.diameters) for part in parts]
    positions = np.concatenate([one for one, _ in held] or [np.empty((0, 2))])
    diameters = np.concatenate([one for _, one in held] or [np.empty(0)])
    ground = Area(info.footprint, info.crs)
    area = info.footprint_area_km2 or sphere.area_km2(info.footprint, info.radius_m or 0.0)
    area /= ((info.radius_m or sphere.RADIUS_M) / 1000.0) ** 2
    members = np.zeros(len(diameters), np.bool_)
    edges, bins = bin_by_size(diameters)
    for number in range(len(edges) - 1):
        (rows,) = np.nonzero(bins == number)
        for expected in _EXPECTED:
            if expected <= _LARGEST * len(rows):
                crowded = _find_crowded(positions[rows], ground, area, expected)
                members[rows[crowded]] = True
    return members


def leave_out(parts: Iterable[Catalogue], members: Bool) -> Iterator[Catalogue]:
    """Leave craters out of the parts of a catalogue.

    Args:
        parts: Craters, part by part.
        members: True for each crater to leave out, in the order of the parts, (n,).
    """
    first = 0
    for part in parts:
        yield part.rows(~members[first : first + len(part)])
        first += len(part)


def _find_crowded(positions: Float, ground: Area, area: float, expected: float) -> Bool:
    """Find the craters of a bin with improbably many others in a disc around them, (n,).

    Args:
        positions: Centres, degrees, (n, 2).
        ground: Ground that the craters were counted on.
        area: Area of the ground on the unit sphere.
        expected: Number of craters in a disc that lies on the ground as a whole.
    """
    disc = expected * area / len(positions)
    vectors = sphere.unit_vectors(*positions.T)
    tree = cKDTree(vectors)

    def share(rows: Index, part: float) -> Float:
        return _share_of_discs(positions[rows], ground, part**2 * disc)

    def count(rows: Index, part: float) -> Index:
        return _count_others(tree, vectors[rows], part**2 * disc)

    near = count(np.arange(len(positions)), 1.0)
    # The part of a disc that is on the ground is measured only where it matters.
    (rows,) = np.nonzero(poisson.sf(near - 1, _LEAST_SHARE * expected) < _IMPROBABLE)
    others = expected * (len(positions) - 1) / len(positions)
    rows = rows[poisson.sf(near[rows] - 1, share(rows, 1.0) * others) < _IMPROBABLE]
    inner = others * _INNER**2 * share(rows, _INNER)
    rows = rows[poisson.sf(count(rows, _INNER) - 1, inner) < _CROWDED]
    part = np.minimum(share(rows, 1.0) / (_WIDER**2 * share(rows, _WIDER)), 1.0)
    rows = rows[binom.sf(near[rows] - 1, count(rows, _WIDER), part) < _IMPROBABLE]
    crowded = np.zeros(len(positions), np.bool_)
    crowded[rows] = True
    return crowded


def _arc(disc: float) -> float:
    """Arc from the centre to the rim of a disc of an area on the unit sphere, radians."""
    return float(np.arccos(1.0 - disc / (2.0 * np.pi)))


def _count_others(tree: cKDTree, vectors: Float, disc: float) -> Index:
    """Count the other craters in a disc around each, (n,)."""
    chord = 2.0 * np.sin(_arc(disc) / 2.0)
    return np.asarray(tree.query_ball_point(vectors, chord, return_length=True), np.int64) - 1


def _share_of_discs(positions: Float, ground: Area, disc: float) -> Float:
    """Measure the part of a disc around each crater that is on the ground, (n,)."""
    assert ground.crs is not None
    diameter_km = 2.0 * _arc(disc) * sphere.radius_m(ground.crs) / 1000.0
    shares = ground.compute_shares(positions, np.full(len(positions), diameter_km))
    return np.maximum(shares, _LEAST_SHARE)
