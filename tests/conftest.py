import os
import shutil
import subprocess
import sys

# Each core has a process that runs tests: NumPy's further threads would wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pytest
from affine import Affine
from hypothesis import settings

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere

from .rasters import HALF_TURN_M, SIMPLE_CYLINDRICAL, write_sphere

# The first example pays for loading libraries; a busy machine pays at any.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

# As `start_keras` does, for tests that import it themselves.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


@pytest.fixture(scope="session")
def repository(request):
    """The root of the repository."""
    return request.config.rootpath


@pytest.fixture(scope="session")
def scene(repository):
    """The rendered sample scene, whose every crater is known."""
    return repository / "sample_tiles" / "rendered_scene.tif"


@pytest.fixture(scope="session")
def shared(repository):
    """Real lunar data, where it is at hand."""
    path = repository.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("needs ../shared/data, which is not here")
    return path


@pytest.fixture(scope="session")
def craterstats():
    """craterstats, where Python allows."""
    if sys.version_info < (3, 12):
        pytest.skip("craterstats needs Python 3.12")
    return pytest.importorskip("craterstats", reason="needs lunarcraters[dating]")


@pytest.fixture
def small_disk(tmp_path, request):
    """A file system of so many KiB, and a function that makes it larger."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small file system needs root and the command mount")
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={request.param}k", "tmpfs", place],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"no small file system here: {mounted.stderr.strip()}")
    yield place, lambda: subprocess.run(["mount", "-o", "remount,size=64m", place], check=True)
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def three():
    """Three craters at the equator, one above each operating point and one below."""
    craters = pd.DataFrame(
        {
            "lon": [1.0, 2.0, 3.0],
            "lat": [0.0, 0.0, 0.0],
            "diameter_km": [3.0, 2.0, 1.0],
            "score": [0.9, 0.5, 0.1],
        }
    )
    return Catalogue(craters, sphere.geographic_crs(), thresholds={"balanced": 0.4, "pure": 0.8})


@pytest.fixture
def noise():
    """Values 20..199, shape (300, 280), uint8."""
    return np.random.default_rng(1).integers(20, 200, (300, 280)).astype(np.uint8)


@pytest.fixture(scope="session")
def globe(tmp_path_factory):
    """The whole Moon in simple cylindrical, 1500 x 750."""
    side = 2.0 * HALF_TURN_M / 1500
    affine = Affine(side, 0, -HALF_TURN_M, 0, -side, HALF_TURN_M / 2.0)
    path = tmp_path_factory.mktemp("globe") / "globe.tif"
    return write_sphere(path, SIMPLE_CYLINDRICAL, affine, 1500, 750)


@pytest.fixture(scope="session")
def cap(tmp_path_factory):
    """The north pole in polar stereographic, 700 x 700."""
    path = tmp_path_factory.mktemp("cap") / "cap.tif"
    return write_sphere(path, "IAU_2015:30130", Affine(1000, 0, -350e3, 0, -1000, 350e3), 700, 700)


@pytest.fixture(scope="session")
def midlatitude(tmp_path_factory):
    """60 N, stretched about twofold, 700 x 500."""
    affine = Affine(1000, 0, -300e3, 0, -1000, 2000e3)
    path = tmp_path_factory.mktemp("midlatitude") / "midlatitude.tif"
    return write_sphere(path, SIMPLE_CYLINDRICAL, affine, 700, 500)
