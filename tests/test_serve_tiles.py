"""The script of docs/tiles.md."""

import importlib.util
import subprocess
import sys
import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import cv2
import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.table import Catalogue
from lunarcraters.detection.manifest import Manifest, write_manifest
from lunarcraters.detection.run import CRATERS, MASK, RunResult, write_result
from lunarcraters.geometry import sphere


@pytest.mark.slow
def test_without_rio_tiler_the_script_names_what_to_install(repository):
    code = (
        "import sys, runpy; sys.modules['morecantile'] = None; "
        f"runpy.run_path({str(repository / 'docs/examples/serve_tiles.py')!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "tiles need rio-tiler: pip install 'lunarcraters[tiles]'\n"


@pytest.fixture
def address(repository, scene, tmp_path):
    """The address of a server of a run over the scene, with one crater."""
    pytest.importorskip("rio_tiler")
    craters = {"lon": [28.7], "lat": [1.4], "diameter_km": [20.0], "score": [0.9]}
    Catalogue(pd.DataFrame(craters), sphere.geographic_crs()).to_file(tmp_path / CRATERS)
    (tmp_path / MASK).symlink_to(scene)
    write_result(RunResult(craters=1, tiles=1, unread_tiles={}, seconds=1.0), tmp_path)
    write_manifest(Manifest("a", str(scene), "b", "wac.keras", {}), tmp_path)
    path = repository / "docs/examples/serve_tiles.py"
    spec = importlib.util.spec_from_file_location("serve_tiles", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    server = script.make_server(tmp_path, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_mosaic_mask_and_craters_are_tiles_at_their_place(address):
    def tile(name):
        with urlopen(f"{address}/{name}.png") as answer:
            return cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_UNCHANGED)

    # Tile 148, 63 at zoom 7 runs from 28.125 to 29.53125 east and from the equator north.
    for layer in ("mosaic", "mask"):
        assert (tile(f"{layer}/7/148/63")[..., 3] == 255).all()
        assert not tile(f"{layer}/7/40/63")[..., 3].any()
    rows, columns = np.nonzero(tile("craters/7/148/63")[..., 3])
    degree, px = np.radians(1) * 1737.4, 256 / (180 / 128)
    assert columns.min() == pytest.approx((28.7 - 28.125 - 10 / degree) * px, abs=2)
    assert columns.max() == pytest.approx((28.7 - 28.125 + 10 / degree) * px, abs=2)
    assert rows.max() == pytest.approx(256 - (1.4 - 10 / degree) * px, abs=2)
    for name in ("other/7/148/63", "mosaic/7/148", "mosaic/a/b/c"):
        with pytest.raises(HTTPError, match="404"):
            tile(name)
