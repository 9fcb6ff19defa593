from dataclasses import replace

import cv2
import numpy as np
import pytest
from affine import Affine

import lunarcraters as lc
from lunarcraters.errors import CatalogueError, MosaicError, OutputError
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.reference import from_catalogue
from lunarcraters.evaluation.rules import RULES
from lunarcraters.evaluation.scores import compute_scores
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.plots.gallery import write_gallery
from tests.evaluation.conftest import lunar_catalogue
from tests.rasters import write_raster


@pytest.fixture
def mosaic(tmp_path):
    """400 x 300 pixels of a degree / 100, from 0 E, 62 N: twice too wide."""
    noise = np.random.default_rng(0).integers(80, 120, (300, 400), np.uint8)
    affine = Affine(0.01, 0, 0, 0, -0.01, 62)
    return open_mosaic(write_raster(tmp_path / "mosaic.tif", noise, "IAU_2015:30100", affine))


def gallery(found, known, mosaic, folder):
    reference = from_catalogue(lunar_catalogue(known))
    matches = match_craters(lunar_catalogue(found), reference, RULES["circle"])
    scores = compute_scores(matches, 0.5)
    return write_gallery(lunar_catalogue(found), reference, matches, scores, mosaic, folder)


def coloured(path, channel):
    """Pixels in which a channel (blue 0, red 2) stands out."""
    picture = cv2.imread(str(path)).astype(int)
    return int((picture[..., channel] - picture[..., 2 - channel] > 100).sum())


@pytest.mark.slow
def test_each_error_is_on_its_sheet(mosaic, tmp_path):
    found = [[1.0, 61.0, 10.0, 0.9], [3.0, 61.0, 10.0, 0.8]]
    known = [[1.0, 61.0, 11.0, np.nan], [2.0, 60.0, 12.0, np.nan]]
    paths = {path.name: path for path in gallery(found, known, mosaic, tmp_path / "gallery")}
    assert set(paths) == {"false.png", "missed.png", "sizes.png", "random_false.png"}
    # The false one is found only, the missed one known only, the match is both.
    assert coloured(paths["false.png"], 2) > 100
    assert coloured(paths["false.png"], 0) == 0
    assert coloured(paths["missed.png"], 0) > 100
    assert coloured(paths["missed.png"], 2) == 0
    assert min(coloured(paths["sizes.png"], channel) for channel in (0, 2)) > 100


@pytest.mark.slow
def test_a_crater_at_the_edge_of_the_mosaic_and_nothing_at_all(mosaic, tmp_path):
    known = [[1.0, 61.0, 10.0, np.nan]]
    assert gallery([[0.0, 62.0, 30.0, 0.9]], known, mosaic, tmp_path / "edge")
    assert gallery([[1.0, 61.0, 10.0, 0.9]], known, mosaic, tmp_path / "perfect")


@pytest.mark.slow
@pytest.mark.usefixtures("mosaic")
def test_a_catalogue_has_a_gallery_on_a_mosaic_that_is_given(tmp_path):
    catalogue = lunar_catalogue([[1.0, 61.0, 10.0, 0.9]])
    reference = lunar_catalogue([[1.0, 61.0, 11.0, np.nan]])
    folders = {"figures": tmp_path / "figures", "gallery": tmp_path / "gallery"}
    with pytest.raises(CatalogueError, match="give mosaic"):
        lc.evaluate(catalogue, reference, **folders)
    with pytest.raises(MosaicError, match=r"none\.tif"):
        lc.evaluate(catalogue, reference, mosaic=tmp_path / "none.tif", **folders)
    assert not any(folder.exists() for folder in folders.values())
    lc.evaluate(catalogue, reference, mosaic=tmp_path / "mosaic.tif", **folders)
    assert (tmp_path / "gallery" / "sizes.png").is_file()


def test_a_directory_that_cannot_be_made_is_named(mosaic, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        gallery([[1.0, 61.0, 10.0, 0.9]], [[1.0, 61.0, 10.0, np.nan]], mosaic, tmp_path / "file")


@pytest.mark.parametrize("is_elevation", [True, False])
def test_heights_are_shaded(mosaic, tmp_path, is_elevation):
    x = np.arange(400, dtype=np.float32)
    heights = np.tile(4.0 * x + 20.0 * np.sin(x / 3.0), (300, 1))
    path = write_raster(tmp_path / "dem.tif", heights, mosaic.grid.crs_wkt, mosaic.grid.affine)
    ground = replace(open_mosaic(path), elevation=is_elevation)
    paths = gallery([], [[2.0, 60.5, 20.0, np.nan]], ground, tmp_path / "gallery")
    (missed,) = (path for path in paths if path.name == "missed.png")
    picture = cv2.imread(str(missed)).astype(int)
    drawn = np.ptp(picture, axis=2) > 100  # the outline is blue
    rows, columns = (np.unique(places) for places in np.nonzero(drawn))
    inside = picture[rows[0] : rows[-1], columns[0] : columns[-1], 0]
    likeness = np.corrcoef(inside.mean(axis=0), np.arange(inside.shape[1]))[0, 1]
    assert (likeness > 0.9) == (not is_elevation)
