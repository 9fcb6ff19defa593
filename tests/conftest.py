import os

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


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
