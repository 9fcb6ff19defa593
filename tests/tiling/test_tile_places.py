"""Where tiles are written, and of which mosaics virtual ones can be made."""

import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters.errors import OutputError, TileSetError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.tileset import open_tiles, write_tiles

from ..rasters import HALF_TURN_M, write_raster
from ..servers import serve

SIZES = {"max_size": 128, "halo": 16, "levels": 1}


@pytest.fixture
def mosaic(tmp_path, noise):
    (tmp_path / "source").mkdir()
    return open_mosaic(write_raster(tmp_path / "source" / "a.tif", noise))


@pytest.mark.parametrize("virtual", [False, True])
def test_an_empty_directory_behind_a_link_is_filled(mosaic, tmp_path, virtual):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    written = write_tiles(mosaic, tmp_path / "link", virtual=virtual, **SIZES)
    assert (tmp_path / "link").is_symlink()
    for place in ("there", "link"):
        tiles = open_tiles(tmp_path / place)
        assert tiles.tiles == written.tiles
        assert tiles.read(tiles.tiles[0])[1].any()
    assert {path.name for path in tmp_path.iterdir()} == {"source", "there", "link"}


def test_the_current_directory_is_filled_and_stays(mosaic, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for levels in (1, 2):
        write_tiles(mosaic, here.relative_to(here), overwrite=True, **{**SIZES, "levels": levels})
        assert here.samefile(".")
        assert open_tiles(here).settings.levels == levels
        assert {path.name for path in here.iterdir()} == {"tiles", "index.gpkg", "tiles.json"}
        named = {tile.name for tile in open_tiles(here).tiles}
        assert {path.stem for path in (here / "tiles").iterdir()} == named


@pytest.mark.parametrize("small_disk", [4096], indirect=True)
def test_a_mount_point_is_refused_before_any_work(mosaic, small_disk):
    place, _ = small_disk
    with pytest.raises(OutputError, match="is a mount point: give a directory inside it"):
        write_tiles(mosaic, place, **SIZES)
    write_tiles(mosaic, place / "tiles", **SIZES)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_mosaic_with_an_alpha_band_has_virtual_tiles_in_local_frames(tmp_path, dtype):
    values = np.random.default_rng(0).integers(1, 255, (180, 360)).astype(dtype)
    alpha = np.full(values.shape, np.iinfo(dtype).max, dtype)
    alpha[:30] = 0
    affine = Affine(HALF_TURN_M / 180, 0, -HALF_TURN_M, 0, -HALF_TURN_M / 180, HALF_TURN_M / 2)
    path = write_raster(tmp_path / "a.tif", [values, alpha], affine=affine, alpha="YES")
    tiles = write_tiles(open_mosaic(path), tmp_path / "tiles", virtual=True, **SIZES)
    assert any(tile.window is None for tile in tiles.tiles)
    for tile in tiles.tiles:
        with rasterio.open(tmp_path / "tiles" / "tiles" / f"{tile.name}.vrt") as raster:
            shown = raster.read_masks(1) > 0
        assert (shown == tiles.read(tile)[1]).mean() > 0.97


def test_virtual_tiles_of_a_file_that_is_given_only_whole_are_refused(tmp_path):
    # GDAL takes a small file whole by itself.
    values = np.random.default_rng(0).integers(1, 255, (300, 4000)).astype(np.uint8)
    write_raster(tmp_path / "a.tif", values)
    with serve(tmp_path, ranges=False) as server:
        there = open_mosaic(f"{server.url}/a.tif")
        with pytest.raises(TileSetError, match=r"http.*/a.tif, .*only the whole file: download it"):
            write_tiles(there, tmp_path / "tiles", virtual=True, **SIZES)
        assert write_tiles(there, tmp_path / "tiles", **SIZES).tiles
