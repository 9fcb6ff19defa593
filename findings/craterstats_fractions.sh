#!/usr/bin/env bash
# craterstats reads the fractions of a .scc in one of its two readers, and ignores them in the other.
#
# A .scc has a column `fraction`, the part of each crater that counts. Expected: both classes of
# craterstats that read the file give the fractions that it holds. Found: Cratercount does, while
# Spatialcount (used for conversions and tests of randomness) gives 1 for every crater. It looks for
# the name among the structures of the file instead of among the columns of the table.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for python in "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3.14 python3.13 python3.12 python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
done
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check craterstats==3.6.11
cat > "$work/count.scc" <<'SCC'
a_axis_radius = 1737.4 <km>
Total_area = 919.5 <km^2>
unit_boundary = {vertex, sub_area, tag, lon, lat
1	1	ext	10	0
2	1	ext	11	0
3	1	ext	11	1
4	1	ext	10	1
5	1	ext	10	0
}
crater = {diam, fraction, lon, lat
2.0	0.25	10	0
1.0	0.5	10	0.5
}
SCC
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from craterstats.Cratercount import Cratercount
from craterstats.Spatialcount import Spatialcount

counted = list(map(float, Cratercount("count.scc").fraction))
spatial = list(map(float, Spatialcount("count.scc").fraction))
print("craterstats", version("craterstats"))
print("the file: 0.25, 0.5; Cratercount:", sorted(counted), "Spatialcount:", spatial)
assert sorted(counted) == [0.25, 0.5]
assert spatial == [1.0, 1.0], "the behaviour has changed"
PYTHON
