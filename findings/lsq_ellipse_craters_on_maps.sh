#!/usr/bin/env bash
# lsq-ellipse gives wrong sizes to craters whose rims are in the metres of a map.
#
# Rims that were digitised on a polar map or an equirectangular one have coordinates of up to millions of metres. An
# ellipse should have the same axes wherever it lies. We expected that of lsq-ellipse, whose method is that of a paper
# on numerically stable fits. lsq-ellipse 2.2.1 neither centres nor scales the points. At 100 to 200 km from the
# origin of a map the centre that it gives is right to a centimetre, so that a crater of 1,000 by 600 m lies where it
# should. The axes are not right. Of 300 such craters about 220 come back with axes, and at most 4 of these are right
# to 1 percent. The long axis is 7 to 12 percent too long in the median. Some axes are complex numbers, and the other 80
# craters end in IndexError. How many there are of each depends a little on the processor. There is no warning, and the
# readme does not ask for centred points. With the mean taken off the points, all are right.
#
# For us: nothing to change; outlines are fitted about their own centres. Whoever measures rims with lsq-ellipse has to
# take their mean off first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet lsq-ellipse==2.2.1 numpy==2.4.6
cd "$folder"
venv/bin/python -W error - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from ellipse import LsqEllipse

print("lsq-ellipse", version("lsq-ellipse"))


def fit(points):
    """Return the centre and the full axes that lsq-ellipse gives, or None if that is an error or a warning."""
    try:
        center, *axes, _ = LsqEllipse().fit(points).as_parameters()
    except (IndexError, RuntimeWarning):
        return None
    return np.array(center), np.array(axes) * 2


def are_right(axes, size):
    return not np.iscomplexobj(axes) and np.allclose(np.sort(axes)[::-1], size, rtol=0.01)


angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
generator = np.random.default_rng(1)
size = (1000, 600)
for nearest in (0, 100e3):
    right, centred, longest, silent, offsets = 0, 0, [], 0, []
    for _ in range(300):
        # A crater at any azimuth on the map, turned by any angle, with 72 points on its rim, to a decimetre.
        way, turn = generator.uniform(0, 2 * np.pi, 2)
        place = generator.uniform(nearest, 2 * nearest) * np.array([np.cos(way), np.sin(way)])
        x, y = size[0] / 2 * np.cos(angles), size[1] / 2 * np.sin(angles)
        rim = place + np.column_stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
        rim = rim.round(1)
        result = fit(rim)
        if result is not None:
            silent += 1
            right += are_right(result[1], size)
            if not np.iscomplexobj(result[1]):
                longest.append(max(result[1]) / size[0])
                offsets.append(np.hypot(*(result[0] - place)))
        centred += are_right(fit(rim - rim.mean(0))[1], size)
    print(f"{size[0]} by {size[1]} m, {nearest / 1000:.0f} to {nearest / 500:.0f} km from the origin: {silent} of 300"
          f" have axes, {right} right ones; the long axis is {np.median(longest):.2f} of its length in the median;"
          f" the centre is off by {np.median(offsets):.2g} m in the median")
    assert centred == 300
    if nearest == 0:
        assert silent == right == 300
    else:
        assert silent > 150 and right < 20 and np.median(longest) > 1.03, "the behaviour has changed"
PYTHON
