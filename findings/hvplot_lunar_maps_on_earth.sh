#!/usr/bin/env bash
# hvplot puts what lies on lunar polar maps near to the pole, as if the metres were those of the Earth.
#
# geo=True with crs= draws data in a map's metres together with data in degrees, a polar mosaic with the craters of a
# catalogue. crs may be a code, a WKT or a CRS of pyproj. We expected the sphere of that system, or cartopy's error that
# both bodies cannot be mixed. hvplot 0.12.2 makes a system of cartopy from the PROJ string, and leaves out its +R=, so
# that the Earth's ellipsoid stays. A crater at 30 E, 80 N on the map of the lunar north pole (IAU_2015:30130) is
# drawn at 30 E, 87.28 N, 220 km from the same crater in degrees. A mosaic of 800 by 800 km ends at 84.9 N instead of
# 71.5 N. There is no warning. The lunar equirectangular map (IAU_2015:30110) is refused.
#
# For us: nothing to change; our catalogues are in degrees. Whoever draws our polar mosaics with hvplot should pass
# cartopy's NorthPolarStereo as crs and its PlateCarree as projection, both with a globe of 1,737,400 m.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hvplot==0.12.2 geoviews==1.15.1 holoviews==1.23.2 cartopy==0.25.0 \
  geopandas==1.2.0 xarray==2026.9.0 pyproj==3.7.2 scipy numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import cartopy.crs
import geopandas
import holoviews
import hvplot.pandas
import hvplot.xarray  # noqa: F401
import numpy as np
import pyproj
import xarray
from bokeh.models import ColumnDataSource
from hvplot.util import process_crs

print("hvplot", version("hvplot"))
holoviews.extension("bokeh")


def drawn(plot):
    """The first numbers that are drawn of a plot, in degrees, without a word of warning about the Moon."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        data = holoviews.render(plot).select_one({"type": ColumnDataSource}).data
    words = " ".join(str(warning.message) for warning in caught).lower()
    assert not any(word in words for word in ["moon", "radius", "ellips", "globe", "celestial"]), words
    return {name: float(np.ravel(values)[0]) for name, values in data.items()}


for system in ["IAU_2015:30130", pyproj.CRS("IAU_2015:30130").to_wkt(), pyproj.CRS("IAU_2015:30130")]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert "1737400" not in process_crs(system).to_wkt(), "the behaviour has changed"
degrees = geopandas.GeoDataFrame({"km": [10]}, geometry=geopandas.points_from_xy([30], [80]), crs="IAU_2015:30100")
craters = degrees.to_crs("IAU_2015:30130")
moon = cartopy.crs.Globe(semimajor_axis=1_737_400, semiminor_axis=1_737_400, ellipse=None)
plain = drawn(degrees.hvplot.points(geo=True, projection="PlateCarree"))
wrong = drawn(craters.hvplot.points(geo=True, crs=craters.crs, projection="PlateCarree"))
print("a crater at 30 E, 80 N in degrees:", plain)
print("and on the lunar polar map:", wrong)
metres = np.linspace(-390e3, 390e3, 40)
mosaic = xarray.DataArray(np.ones((40, 40)), coords={"y": metres[::-1], "x": metres}, dims=("y", "x"), name="light")
image = mosaic.hvplot.image(x="x", y="y", geo=True, crs=craters.crs, projection="PlateCarree", project=True)
south = drawn(image)["y"]
true = pyproj.Transformer.from_crs("IAU_2015:30130", "IAU_2015:30100", always_xy=True).transform(4e5, 4e5)[1]
print(f"a mosaic of 800 by 800 km is drawn down to {south:.1f} N, its corners lie at {true:.1f} N")
charts = {"crs": cartopy.crs.NorthPolarStereo(globe=moon), "projection": cartopy.crs.PlateCarree(globe=moon)}
right = drawn(craters.hvplot.points(geo=True, **charts))
print("with cartopy's systems of the Moon:", right)
longitude, latitude = wrong.values()
assert list(plain.values()) == [30, 80]
assert np.allclose(list(right.values()), [30, 80])
assert abs(longitude - 30) < 0.01 and abs(latitude - 87.279) < 0.01, "the behaviour has changed"
assert abs(south - 84.94) < 0.1 and abs(true - 71.51) < 0.1, "the behaviour has changed"
PYTHON
