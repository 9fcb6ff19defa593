import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from lunarcraters.catalogue.csfd import count_by_size
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.evaluation.rules import RULES
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.plots.csfd import draw_csfd
from lunarcraters.plots.gallery import write_gallery
from lunarcraters.plots.maps import draw_map
from lunarcraters.plots.panels import draw_panels
from lunarcraters.plots.scores import write_figures
from lunarcraters.plots.training import draw_curves
from lunarcraters.plots.training import draw_panels as draw_training_panels
from tests.evaluation.conftest import lunar_catalogue


@pytest.fixture
def mosaic(scene):
    return open_mosaic(scene)


@pytest.fixture
def craters(mosaic):
    lon, lat = mosaic.grid.to_lonlat(np.array([200.0, 500.0]), np.array([300.0, 600.0]))
    rows = [(x, y, 3.0, 0.9) for x, y in zip(lon, lat, strict=True)]
    return lunar_catalogue(rows, footprint_area_km2=1000.0)


@pytest.fixture
def evaluation(craters):
    reference = from_catalogue(craters)
    matches = match_craters(craters, reference, RULES["circle"])
    return reference, matches, compute_scores(matches)


class _Info:
    heads = ("mask",)
    diameters_px = (8.0, 64.0)


def _training_panels(path):
    images = np.zeros((2, 64, 64, 1), np.float32)
    images[:, 40:] = 0.1
    draw_training_panels(images, images, images, _Info(), path)


DRAWINGS = {
    "map": lambda c, m, e, out: draw_map(c, m, out / "a.png"),
    "csfd": lambda c, m, e, out: draw_csfd(count_by_size(c, c.footprint_area_km2), out / "a.png"),
    "panels": lambda c, m, e, out: draw_panels(c, m, None, e[0], out / "a.png"),
    "gallery": lambda c, m, e, out: write_gallery(c, *e, m, out),
    "scores": lambda c, m, e, out: write_figures(e[1], e[2], "circle", "km", out),
    "curves": lambda c, m, e, out: draw_curves([{"epoch": 1, "loss": 2.0}], out / "a.png"),
    "training panels": lambda c, m, e, out: _training_panels(out / "a.png"),
}


@pytest.mark.slow
@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_drawing_leaves_the_backend_and_the_figures_of_a_notebook(
    craters, mosaic, evaluation, tmp_path, monkeypatch, draw
):
    backend = matplotlib.get_backend()
    monkeypatch.setattr(matplotlib, "use", lambda *_, **__: pytest.fail("matplotlib.use"))
    before = pyplot.get_fignums()
    draw(craters, mosaic, evaluation, tmp_path)
    assert list(tmp_path.glob("*.png"))
    assert matplotlib.get_backend() == backend
    assert pyplot.get_fignums() == before


@pytest.mark.parametrize("name", ["map", "panels", "gallery", "training panels"])
def test_a_mosaic_stays_the_right_way_up_where_matplotlib_draws_others_upside_down(
    craters, mosaic, evaluation, tmp_path, name
):
    """Astronomers have `image.origin: lower` in their settings."""
    pictures = []
    for origin in ("upper", "lower"):
        (out := tmp_path / origin).mkdir()
        with pyplot.rc_context({"image.origin": origin}):
            DRAWINGS[name](craters, mosaic, evaluation, out)
        pictures.append({file.name: file.read_bytes() for file in out.iterdir()})
    assert pictures[0] == pictures[1]
