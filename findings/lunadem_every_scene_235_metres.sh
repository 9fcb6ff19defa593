#!/usr/bin/env bash
# lunadem gives every image of the Moon 235 m of relief, and craters that are lit from the west the shape of hills.
#
# lunadem makes an elevation model "in metres" of one image (shape from shading), and slopes and safe landing sites of
# that. By its readme all defaults are physically calibrated. We expected that a plain comes out flatter than a crater,
# and that a crater is one wherever the Sun stands; or else arguments for the Sun and the size of a pixel. lunadem
# 1.0.1 stretches whatever it finds to 0..235 m, at 4.7 m per pixel. A plain with waves of 6 cm has a relief of 235 m
# and a mean slope of 59 degrees, and none of it is safe for a rover. Of the true heights its own analysis gives slopes
# of 0.03 degrees, and calls all of it safe. The Sun stands at an azimuth of 101.55 degrees in every image. There is no
# argument for it, and the azimuth that describe() estimates is not used. By method="sfs" and "multiscale" a crater lit
# from there is a crater, and one lit from the opposite side is a hill. There is no warning, and the documentation of
# generate_dem says none of this.
#
# For us: nothing to change; heights and slopes are taken from elevation models alone. Those of lunadem cannot be
# compared with ours.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet lunadem==1.0.1 numpy==2.4.6 scipy==1.17.1 imageio==2.38.1 tifffile==2026.3.3 \
    matplotlib==3.11.2
cd "$folder"
venv/bin/python -W error - <<'PYTHON'
from importlib.metadata import version

import imageio.v3 as imageio
import lunadem
import numpy as np

print("lunadem", version("lunadem"))
size, metres = 128, 4.7
y, x = (np.mgrid[:size, :size] - (size - 1) / 2) * metres
distance = np.hypot(x, y)
floor, ground = distance < 50, (distance > 180) & (distance < 240)


def render(heights, azimuth):
    """Return a 16-bit image of matte ground, with the Sun 34.8 degrees high at an azimuth clockwise from north."""
    south, east = np.gradient(heights, metres)
    azimuth, elevation = np.radians([azimuth, 34.8])
    light = np.cos(elevation) * (south * np.cos(azimuth) - east * np.sin(azimuth)) + np.sin(elevation)
    light = np.clip(light / np.sqrt(1 + east**2 + south**2), 0, None)
    imageio.imwrite("moon.tif", (light * 60000).astype("uint16"))
    return lunadem.load("moon.tif")


def analyze(heights, image):
    """Return the mean slope in degrees, and the share that is safe for a rover, of these heights by lunadem."""
    dem = lunadem.DEM(elevation=heights.astype("float32"), method="sfs", pixel_scale_m=metres, width=size,
                      height=size, source_image=image, metadata=None)
    safe = lunadem.safety_score(rover="pragyan", dem=dem, metadata=lunadem.load_metadata(image)).safe_fraction
    return lunadem.analyze(dem).statistics["slope_mean_deg"], safe


plain = 0.03 * np.sin(x / 40) * np.sin(y / 50)
crater = np.where(distance < 150, 60 * ((distance / 150) ** 2 - 1), 0)
image = render(plain, 101.55)
dem = lunadem.generate_dem(image, method="sfs")
slope, safe = analyze(dem.elevation, image)
true_slope, true_safe = analyze(plain, image)
print(f"plain with {np.ptp(plain):.2f} m of relief: {np.ptp(dem.elevation):.1f} m by lunadem; mean slope {slope:.1f}"
      f" degrees (of the true heights {true_slope:.2f}), safe share {safe:.2f} (of the true heights {true_safe:.2f})")
assert slope > 40 and true_slope < 0.1 and safe < 0.01 and true_safe > 0.99, "the behaviour has changed"
for method in ("sfs", "multiscale", "ml", "hybrid"):
    depths = {}
    for azimuth in (101.55, 281.55):
        for name, heights in (("plain", plain), ("crater", crater)):
            dem = lunadem.generate_dem(render(heights, azimuth), method=method)
            assert abs(np.ptp(dem.elevation) - 235) < 0.01 and dem.pixel_scale_m == 4.7, "the behaviour has changed"
        depths[azimuth] = dem.elevation[ground].mean() - dem.elevation[floor].mean()
    print(f"{method}: a crater with a floor {-crater[floor].mean():.0f} m deep has one {depths[101.55]:.0f} m deep with"
          f" the Sun at 101.55 degrees, and {depths[281.55]:.0f} m with the Sun at 281.55")
    if method in ("sfs", "multiscale"):
        assert depths[101.55] > 20 and depths[281.55] < -20, "the behaviour has changed"
PYTHON
