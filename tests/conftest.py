import os

import pandas as pd
import pytest

from lunarcraters import moon
from lunarcraters.catalogue.schema import Catalogue

# As `start_tensorflow` does, for tests that import it themselves.
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
    return Catalogue(craters, moon.geographic_crs(), thresholds={"balanced": 0.4, "pure": 0.8})
