"""Programs of the field read what is written: `LUNARCRATERS_PEERS=DIRECTORY`, made by .ci/peers."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from lunarcraters.catalogue.formats import write_catalogue

CRATERSTATS = """
import sys
from craterstats.Cratercount import Cratercount
count = Cratercount(sys.argv[1])
read = {"diameters": list(map(float, count.diam)), "area": float(count.area)}
"""
CRATERPY = """
import sys
from craterpy import CraterDatabase
craters = CraterDatabase(sys.argv[1], "Moon", units="km")
read = {"lat": list(craters.lat), "lon": list(craters.lon), "radii_m": list(craters.rad)}
"""


def read_by(program, path):
    """What a few lines of Python find in a file, in the environment of the programs."""
    folder = os.environ.get("LUNARCRATERS_PEERS")
    if folder is None:
        pytest.skip("LUNARCRATERS_PEERS is not set: see .ci/peers")
    code = f"{program}\nimport json\nprint(json.dumps(read))"
    command = [str(Path(folder) / "bin" / "python"), "-c", code, str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(told.stdout.splitlines()[-1])


@pytest.mark.parametrize("suffix", [".scc", ".diam"])
def test_craterstats_counts_the_same_craters_on_the_same_ground(lunar, tmp_path, suffix):
    write_catalogue(lunar, tmp_path / f"a{suffix}")
    read = read_by(CRATERSTATS, tmp_path / f"a{suffix}")
    assert np.allclose(sorted(read["diameters"]), sorted(lunar.diameters), atol=1e-6)
    assert read["area"] == pytest.approx(lunar.footprint_area_km2, rel=1e-3)


def test_craterpy_finds_every_crater_of_a_csv_at_its_place(lunar, tmp_path):
    write_catalogue(lunar, tmp_path / "a.csv")
    read = read_by(CRATERPY, tmp_path / "a.csv")
    assert np.allclose(read["lat"], lunar.positions[:, 1], atol=1e-6)
    assert np.allclose((np.array(read["lon"]) - lunar.positions[:, 0] + 180) % 360, 180, atol=1e-6)
    assert np.allclose(read["radii_m"], lunar.diameters * 500.0, atol=1e-3)
