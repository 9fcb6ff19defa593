#!/usr/bin/env bash
# movingpandas measures the traverse of a lunar rover, and its speed, on the Earth.
#
# movingpandas analyses tracks. By its documentation lengths are in the units of the coordinate system, and in metres if
# that is geographic. We expected metres on the body of the system, or a refusal. By movingpandas 0.23.0 a traverse of
# 0.4 degrees along the lunar equator (IAU_2015:30100) is 44.5 km long instead of 12.1 km, and the speed is 3.09 m/s
# instead of 0.84 m/s. The detection of stops takes metres, and has the same factor of 3.67: a rover that goes to and
# fro within 30 m for five hours makes no stop with max_diameter=100. There is no warning, and no argument for a
# radius. The same tracks in the metres of IAU_2015:30110 are right.
#
# For us: nothing to change; we have no tracks. Whoever lays traverses round our craters with it should take a map in
# metres.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet movingpandas==0.23.0 geopandas==1.2.0 shapely==2.1.2 geopy==2.5.0 pandas==3.1.1 \
    numpy==2.4.6 pyproj==3.7.2
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import geopandas
import numpy as np
import pandas

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of optional packages
    import movingpandas
warnings.simplefilter("error", UserWarning)
print("movingpandas", version("movingpandas"))
times = pandas.date_range("2027-01-01", periods=5, freq="h", name="time")
degrees = geopandas.GeoDataFrame(
    {"rover": 1}, index=times, geometry=geopandas.points_from_xy(np.linspace(0, 0.4, 5), np.zeros(5)),
    crs="IAU_2015:30100")
true = np.radians(0.4) * 1_737_400
lengths = {}
for frame in (degrees, degrees.to_crs("IAU_2015:30110")):
    track = movingpandas.Trajectory(frame, 1)
    track.add_speed()
    lengths[frame.crs.to_string()] = track.get_length()
    print(f"{frame.crs.to_string()}: {track.get_length():.0f} m, {track.df['speed'].iloc[-1]:.2f} m/s;",
          f"on the Moon {true:.0f} m, {true / 4 / 3600:.2f} m/s")
assert abs(lengths["IAU_2015:30110"] - true) < 1
assert abs(lengths["IAU_2015:30100"] / true - 6371 / 1737.4) < 0.01, "the behaviour has changed"
# A rover that goes to and fro within 30 m for five hours, and then drives on.
metres = np.concatenate([np.tile([0, 30], 10), 30 + 500 * np.arange(1, 6)])
times = pandas.date_range("2027-01-01", periods=len(metres), freq="15min", name="time")
track = geopandas.GeoDataFrame(
    {"rover": 1}, index=times, geometry=geopandas.points_from_xy(np.degrees(metres / 1_737_400), np.zeros(len(metres))),
    crs="IAU_2015:30100")
for frame, expected in ((track, 0), (track.to_crs("IAU_2015:30110"), 1)):
    detector = movingpandas.TrajectoryStopDetector(movingpandas.Trajectory(frame, 1))
    stops = detector.get_stop_time_ranges(max_diameter=100, min_duration=pandas.Timedelta("2h"))
    print(f"{frame.crs.to_string()}: {len(stops)} stops within 100 m")
    assert len(stops) == expected, "the behaviour has changed"
PYTHON
