#!/usr/bin/env bash
# healpyxel counts basins as rings, and puts craters on several cells into the cell of the lowest number.
#
# healpyxel makes maps of equal-area cells (HEALPix) from outlines on planets, and names crater density as a use. By
# its documentation the mode `fuzzy` assigns an outline to every cell that it touches, and `strict` only outlines that
# are fully contained within a cell. We expected that. healpyxel 0.2.2 looks at the corners of an outline alone. With
# `fuzzy` a crater of 600 km belongs to 66 of the 413 cells that it touches: the rim is there, and 332 of the 365 cells
# whose centres lie within the crater are missing. With `strict` no outline is left out: a crater of 20 km on four cells
# belongs to the one with the lowest number, and one of 600 km to one cell on its rim. There is no warning.
#
# For us: nothing to change; we do not use it. Whoever makes densities of our craters with it should give it their
# centres (--lon-col and --lat-col), not their outlines.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet healpyxel==0.2.2 healpy==1.20.1 geopandas==1.2.0 pyproj==3.7.2 \
    pandas==3.1.1 dask-geopandas==0.5.0 dask==2026.8.0 pyarrow==26.0.1 antimeridian==0.4.9 numpy==2.4.6 2>/dev/null
cd "$folder"
venv/bin/python - <<'PYTHON'
import geopandas
import numpy
from pyproj import Geod
from shapely.geometry import Polygon

moon = Geod(a=1737400, b=1737400)
outlines = []
for lon, lat, kilometres in [(30, 20, 600), (10, 0, 20)]:
    azimuths = numpy.linspace(360, 0, 72, endpoint=False)
    radii = numpy.full(72, kilometres * 500.0)
    lons, lats, _ = moon.fwd(numpy.full(72, lon), numpy.full(72, lat), azimuths, radii)
    outlines.append(Polygon(numpy.c_[lons, lats]))
geopandas.GeoDataFrame({"id": [0, 1]}, geometry=outlines, crs="IAU_2015:30100").to_parquet("craters.parquet")
PYTHON
for mode in fuzzy strict; do
    venv/bin/healpyxel_sidecar --input craters.parquet --nside 64 --mode "$mode" --ncores 1 \
        --lon-convention minus_plus180 --output_dir "$mode" >"$mode.txt" 2>&1
    if grep -i "dropped\|skipp" "$mode.txt"; then exit 1; fi
done
venv/bin/python - <<'PYTHON'
from importlib.metadata import version
from pathlib import Path

import healpy
import pandas

print("healpyxel", version("healpyxel"))
cells = {}
for mode in ["fuzzy", "strict"]:
    table = pandas.read_parquet(next(Path(mode).glob("*.parquet")))
    cells[mode] = [set(table.healpix_id[table.source_id == crater].astype(int)) for crater in (0, 1)]
inside = []
for crater, (lon, lat, kilometres) in enumerate([(30, 20, 600), (10, 0, 20)]):
    centre, radius = healpy.ang2vec(lon, lat, lonlat=True), kilometres / 2 / 1737.4
    inside.append(set(healpy.query_disc(64, centre, radius, nest=True)))
    touched = set(healpy.query_disc(64, centre, radius, inclusive=True, fact=8, nest=True))
    fuzzy, strict = cells["fuzzy"][crater], cells["strict"][crater]
    print(f"{kilometres} km: touches {len(touched)} cells, fuzzy {len(fuzzy)}, strict {len(strict)};", end=" ")
    print(f"{len(inside[crater])} centres of cells within, of them missing with fuzzy {len(inside[crater] - fuzzy)}")
    assert strict == {min(fuzzy)} and len(touched) > 1, "the behaviour has changed"
assert len(inside[0] - cells["fuzzy"][0]) > 300, "the behaviour has changed"
PYTHON
