"""Programs of the field read what is written: `LUNARCRATERS_PEERS=DIRECTORY`, made by .ci/peers."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere

CRATERSTATS = """
import sys
from craterstats.Cratercount import Cratercount
count = Cratercount(sys.argv[1])
read = {"diameters": list(map(float, count.diam)), "area": float(count.area)}
"""
CONVERT = """
import os, sys
from pathlib import Path
from craterstats.Spatialcount import Spatialcount
path = Path(sys.argv[1])
count = Spatialcount(str(path))
os.chdir(path.parent)
if path.suffix == ".shp":
    count.writeSCCfile("converted.scc")
else:
    count.writeSHPfiles("converted.shp")
read = {"area": float(count.area), "diameters": list(map(float, count.diam))}
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


def needs_newest():
    """Skip where the programs are of releases that do not read Shapefiles."""
    folder = Path(os.environ.get("LUNARCRATERS_PEERS", "/nowhere"))
    if not list(folder.glob("lib/*/site-packages/craterstats/Spatialcount.py")):
        pytest.skip("needs LUNARCRATERS_PEERS with craterstats 3.6: see .ci/peers")


@pytest.fixture
def counted(lunar):
    """A count whose area is that of its outline, with holes and an edge at the antimeridian."""
    ground = shapely.MultiPolygon(
        [shapely.box(0, 0, 9, 9) - shapely.box(2, 2, 4, 4), shapely.box(175, -5, 180, 5)]
    )
    lon, lat = [1.0, 8.0, 179.9, 176.0], [1.0, 8.0, 0.0, -2.0]
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": [20.0, 10.0, 3.0, 1.0]})
    return Catalogue(table, lunar.crs, ground, sphere.area_km2(ground))


def test_craterstats_reads_a_pair_of_shapefiles_as_it_was_counted(counted, tmp_path):
    needs_newest()
    write_catalogue(counted, tmp_path / "unit_CRATER.shp")
    read = read_by(CRATERSTATS, tmp_path / "unit_CRATER.shp")
    assert sorted(read["diameters"]) == pytest.approx(sorted(counted.diameters), rel=1e-6)
    assert read["area"] == pytest.approx(counted.footprint_area_km2, rel=1e-5)


@pytest.mark.parametrize(("name", "converted"), [
    ("unit_CRATER.shp", "converted.scc"), ("unit.scc", "converted_CRATER.shp"),
])  # fmt: skip
def test_what_craterstats_converts_is_read(counted, tmp_path, name, converted):
    needs_newest()
    part = shapely.box(0, 0, 2, 2)
    one = counted.rows(slice(0, 1)).with_info(
        footprint=part, footprint_area_km2=sphere.area_km2(part)
    )
    write_catalogue(one, tmp_path / name)
    told = read_by(CONVERT, tmp_path / name)
    again = read_catalogue(tmp_path / converted)
    assert again.footprint_area_km2 == pytest.approx(told["area"], rel=1e-3)
    assert again.diameters == pytest.approx(one.diameters, rel=1e-4)
    assert np.allclose(again.positions, one.positions, atol=1e-6)


def test_craterpy_finds_every_crater_of_a_csv_at_its_place(lunar, tmp_path):
    write_catalogue(lunar, tmp_path / "a.csv")
    read = read_by(CRATERPY, tmp_path / "a.csv")
    assert np.allclose(read["lat"], lunar.positions[:, 1], atol=1e-6)
    assert np.allclose((np.array(read["lon"]) - lunar.positions[:, 0] + 180) % 360, 180, atol=1e-6)
    assert np.allclose(read["radii_m"], lunar.diameters * 500.0, atol=1e-3)
