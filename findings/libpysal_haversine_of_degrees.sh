#!/usr/bin/env bash
# libpysal takes degrees for radians, and longitudes for latitudes, in kernels by great-circle distance.
#
# Graph.build_kernel weights neighbours by distance, to find clusters of craters (secondaries). metric="haversine" is
# its distance on a sphere, and refuses what is outside of -180..180 and -90..90, so it is made for degrees. We expected
# great-circle distances for points in degrees, with k and without. libpysal 4.14.1 has them with k. Without k, which
# is the default, it passes longitude and latitude in degrees to scikit-learn, which takes latitude and longitude
# in radians. Craters 15 km apart get a distance of 1,737 km, and two that are 4,226 km apart one of 1,092 km. None of
# 200 craters has its true nearest neighbour. There is no warning. Version 4.15.1 has the same lines.
#
# For us: nothing to change; `craters randomness` measures on the sphere itself. Whoever makes such kernels of our
# catalogues should pass a matrix of distances with metric="precomputed".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet libpysal==4.14.1 geopandas==1.2.0 scikit-learn==1.9.1 pyproj==3.7.2 \
    scipy==1.17.1 numpy==2.4.6 2>/dev/null
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import geopandas
import numpy
from libpysal.graph import Graph
from pyproj import Geod

warnings.simplefilter("error", UserWarning)
print("libpysal", version("libpysal"))
moon = Geod(a=1737.4, b=1737.4)


def distances(lons, lats, **options):
    """Returns the distances of libpysal and those on the Moon in kilometres, as matrices."""
    points = geopandas.GeoSeries(geopandas.points_from_xy(lons, lats), crs="IAU_2015:30100")
    graph = Graph.build_kernel(points, kernel="identity", metric="haversine", taper=False, **options)
    first, second = numpy.meshgrid(numpy.arange(len(lons)), numpy.arange(len(lons)), indexing="ij")
    true = moon.inv(lons[first], lats[first], lons[second], lats[second])[2]
    return graph.sparse.toarray() * 1737.4, true


lons, lats = numpy.array([0.0, 1, 0, 171]), numpy.array([60.0, 60, 61, -20])
kernel, true = distances(lons, lats)
nearest, _ = distances(lons, lats, k=1)
for first, second in [(0, 1), (1, 3)]:
    print(f"true {true[first, second]:.0f} km, without k {kernel[first, second]:.0f} km", end=", ")
    print(f"with k {nearest[first, second]:.0f} km" if nearest[first, second] else "with k no neighbour")
random = numpy.random.default_rng(1)
lons, lats = random.uniform(-180, 180, 200), numpy.degrees(numpy.arcsin(random.uniform(-1, 1, 200)))
many, many_true = distances(lons, lats)
for matrix in many, many_true:
    numpy.fill_diagonal(matrix, numpy.inf)
right = (many.argmin(axis=1) == many_true.argmin(axis=1)).sum()
print(f"of 200 craters {right} have the right nearest one without k")
assert abs(nearest[0, 1] - true[0, 1]) < 0.1 and abs(true[0, 1] - 15.2) < 0.1
assert abs(kernel[0, 1] - 1737.4) < 0.1 and right < 20, "the behaviour has changed"
PYTHON
