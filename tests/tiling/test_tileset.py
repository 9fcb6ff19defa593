import json
import pickle
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import geopandas
import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters.errors import MosaicError, OutputError, RunError, TileSetError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.source import MosaicTiles
from lunarcraters.tiling.tileset import is_tile_set, open_tiles, write_tiles

from ..rasters import write_raster

SIZES = {"max_size": 256, "halo": 24}


@pytest.fixture(scope="module")
def patchy(tmp_path_factory):
    """Waves with noise and holes: at 60 N, near the equator, and without coordinates."""
    folder = tmp_path_factory.mktemp("patchy")
    x, y = np.meshgrid(np.arange(700), np.arange(500))
    values = (120 + 80 * np.sin(x / 20) * np.cos(y / 15)).astype(np.uint8)
    values += np.random.default_rng(3).integers(0, 9, values.shape).astype(np.uint8)
    values[:, :330] = 0
    values[200:220] = 0
    stretched = Affine(1000, 0, -300e3, 0, -1000, 2000e3)
    picture = {"driver": "PNG", "crs": None, "affine": Affine.identity()}
    return {
        "local": write_raster(folder / "local.tif", values, affine=stretched, nodata=0),
        "native": write_raster(folder / "native.tif", values.astype(np.float32), nodata=0),
        "image": write_raster(folder / "image.png", values, nodata=0, **picture),
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "native", "image"])
@pytest.mark.parametrize("virtual", [False, True])
def test_written_tiles_give_what_the_mosaic_gives(patchy, tmp_path, kind, virtual):
    mosaic = open_mosaic(patchy[kind])
    written = write_tiles(mosaic, tmp_path / "tiles", virtual=virtual, **SIZES)
    direct = MosaicTiles.plan(mosaic, **SIZES)
    assert written.fingerprint() == direct.fingerprint()
    assert written.statistics == direct.statistics
    assert written.mosaic == mosaic
    planned = {tile.name: tile for tile in direct.tiles}
    for tile in written.tiles:
        assert planned.pop(tile.name) == tile
        for array, wanted in zip(written.read(tile), direct.read(tile), strict=True):
            assert array.dtype == wanted.dtype
            np.testing.assert_array_equal(array, wanted)
    # Those that were not written have nothing in them.
    assert not any(direct.read(tile)[1].any() for tile in planned.values())


@pytest.mark.parametrize("small_disk", [*range(8, 64, 8), 88, 136, 144], indirect=True)
def test_a_full_disk_leaves_whole_tiles_or_none(patchy, small_disk):
    place, _ = small_disk
    try:
        write_tiles(open_mosaic(patchy["native"]), place / "tiles", virtual=True, **SIZES)
    except OutputError:
        assert not list(place.iterdir())
    else:
        assert len(geopandas.read_file(place / "tiles" / "index.gpkg"))


@pytest.mark.slow
def test_tiles_outlive_their_mosaic(patchy, tmp_path):
    path = tmp_path / "gone.tif"
    path.write_bytes(patchy["local"].read_bytes())
    write_tiles(open_mosaic(path), tmp_path / "tiles", **SIZES)
    path.unlink()
    tiles = open_tiles(tmp_path / "tiles")
    assert all(tiles.read(tile)[1].any() for tile in tiles.tiles)
    assert pickle.loads(pickle.dumps(tiles)) == tiles
    (tmp_path / "tiles").rename(tmp_path / "moved")
    assert open_tiles(tmp_path / "moved").tiles == tiles.tiles


@pytest.mark.slow
def test_virtual_tiles_want_their_mosaic_as_it_was(patchy, tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(patchy["local"].read_bytes())
    write_tiles(open_mosaic(path), tmp_path / "tiles", virtual=True, **SIZES)
    path.write_bytes(patchy["native"].read_bytes())
    with pytest.raises(TileSetError, match=r"has changed .* or the tiles were written by an ear"):
        open_tiles(tmp_path / "tiles")
    path.unlink()
    with pytest.raises(MosaicError, match="cannot be read"):
        open_tiles(tmp_path / "tiles")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "native", "image"])
def test_virtual_tiles_look_like_their_pixels(patchy, tmp_path, kind):
    mosaic = open_mosaic(patchy[kind])
    tiles = write_tiles(mosaic, tmp_path / "tiles", virtual=True, **SIZES)
    for tile in tiles.tiles[::3]:
        values, valid = tiles.read(tile)
        with rasterio.open(tmp_path / "tiles" / "tiles" / f"{tile.name}.vrt") as raster:
            shown, shown_valid = raster.read(1), raster.read_masks(1) > 0
            assert raster.shape == (tile.size, tile.size)
            assert raster.crs is None if tile.frame.crs is None else raster.crs.is_projected
        assert (shown_valid == valid).mean() > 0.97
        if tile.level == 0 and valid.any():
            both = shown_valid & valid
            difference = np.abs(shown[both].astype(float) - values[both])
            assert difference.mean() <= (2.0 if kind == "local" else 0.0)


@pytest.mark.parametrize("name", ["out", "a&b <c>"])
def test_a_mosaic_of_many_rasters_has_virtual_tiles_too(tmp_path, noise, name):
    (tmp_path / "many").mkdir()
    write_raster(tmp_path / "many" / "a.tif", noise)
    write_raster(tmp_path / "many" / "b.tif", noise, affine=Affine(100, 0, 18_000, 0, -100, 10_000))
    mosaic = open_mosaic(tmp_path / "many")
    tiles = write_tiles(mosaic, tmp_path / name, virtual=True, max_size=128, halo=16)
    tile = tiles.tiles[0]
    with rasterio.open(tmp_path / name / "tiles" / f"{tile.name}.vrt") as raster:
        np.testing.assert_array_equal(raster.read(1), tiles.read(tile)[0])


def test_many_tiles_and_files_are_short_at_the_end_of_a_notebook_cell(tmp_path, noise):
    (tmp_path / "many").mkdir()
    for number in range(9):
        affine = Affine(100.0, 0.0, 0.0, 0.0, -100.0, -10_000.0 * number)
        write_raster(tmp_path / "many" / f"{number}.tif", noise[:100, :400], affine=affine)
    mosaic = open_mosaic(tmp_path / "many")
    tiles = write_tiles(mosaic, tmp_path / "out", virtual=True, max_size=128, halo=16)
    assert len(tiles.tiles) > 50
    assert len(repr(mosaic)) < len(repr(tiles)) < 2_000


def test_tiles_whose_record_is_no_text_are_damaged(tmp_path):
    (tmp_path / "tiles.json").write_bytes(b'{"format": "\xff"}')
    with pytest.raises(TileSetError, match="damaged"):
        open_tiles(tmp_path)


@pytest.mark.slow
def test_tiles_are_georeferenced_geotiffs(patchy, tmp_path):
    tiles = write_tiles(open_mosaic(patchy["local"]), tmp_path / "tiles", **SIZES)
    for tile in tiles.tiles[::3]:
        path = tmp_path / "tiles" / "tiles" / f"{tile.name}.tif"
        with rasterio.open(path) as raster:
            assert raster.transform.almost_equals(tile.frame.affine)
            assert raster.crs.is_projected
            assert raster.crs.to_dict()["R"] == 1737400
            assert raster.compression.value == "DEFLATE"
        assert not path.with_suffix(".tif.msk").exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "native", "image"])
def test_the_index_outlines_the_frames(patchy, tmp_path, kind):
    mosaic = open_mosaic(patchy[kind])
    tiles = write_tiles(mosaic, tmp_path / "tiles", **SIZES)
    index = geopandas.read_file(tmp_path / "tiles" / "index.gpkg", layer="tiles")
    assert list(index["name"]) == [tile.name for tile in tiles.tiles]
    assert {"level", "path", "size", "valid_fraction"} <= set(index)
    assert index["valid_fraction"].between(0, 1).all()
    assert all((tmp_path / "tiles" / path).is_file() for path in index["path"])
    assert index.geometry.is_valid.all()
    for tile, shape in zip(tiles.tiles, index.geometry, strict=True):
        x, y = tile.core[0] + tile.core[2] / 2, tile.core[1] + tile.core[3] / 2
        lon, lat = (x, -y) if not mosaic.has_crs else mosaic.grid.to_lonlat(x, y)
        assert shape.contains_properly(geopandas.points_from_xy([lon], [lat])[0])


@pytest.mark.slow
def test_frames_over_the_pole_and_the_antimeridian_have_sound_outlines(globe, cap, tmp_path):
    for number, path in enumerate((globe, cap)):
        tiles = write_tiles(open_mosaic(path), tmp_path / str(number), levels=1, **SIZES)
        index = geopandas.read_file(tmp_path / str(number) / "index.gpkg")
        assert len(index) == len(tiles.tiles)
        assert index.geometry.is_valid.all()
        west, south, east, north = index.total_bounds
        assert west == -180.0
        assert east == 180.0
        assert north == 90.0
        assert south >= -90.0
        # No outline goes the long way round the Moon.
        for shape in index.geometry:
            parts = getattr(shape, "geoms", [shape])
            polar = shape.bounds[3] == 90.0 or shape.bounds[1] == -90.0
            assert polar or all(part.bounds[2] - part.bounds[0] < 150.0 for part in parts)


def test_what_exists_is_replaced_only_when_asked_to(patchy, tmp_path):
    mosaic, out = open_mosaic(patchy["native"]), tmp_path / "tiles"
    out.mkdir()
    write_tiles(mosaic, out, levels=1, **SIZES)  # an empty directory is nothing
    with pytest.raises(OutputError, match="--overwrite"):
        write_tiles(mosaic, out, levels=1, **SIZES)
    write_tiles(mosaic, out, levels=2, overwrite=True, **SIZES)
    assert {tile.level for tile in open_tiles(out).tiles} == {0, 1}


def test_a_directory_of_something_else_is_never_replaced(patchy, tmp_path):
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(OutputError, match="not a directory of tiles"):
        write_tiles(open_mosaic(patchy["native"]), tmp_path, overwrite=True, **SIZES)
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize("record", ['{"tilejson": "3.0.0"}', '{"format": "pbf"}', "{"])
def test_a_directory_with_the_tiles_of_something_else_is_never_replaced(patchy, tmp_path, record):
    (tmp_path / "tiles.json").write_text(record)
    (tmp_path / "tiles").mkdir()
    with pytest.raises(OutputError, match="not a directory of tiles"):
        write_tiles(open_mosaic(patchy["native"]), tmp_path, overwrite=True, **SIZES)
    assert (tmp_path / "tiles.json").read_text() == record


@pytest.mark.parametrize("virtual", [False, True])
def test_what_else_is_in_a_directory_of_tiles_stays_when_they_are_replaced(
    tmp_path, noise, virtual
):
    raster, out = write_raster(tmp_path / "mosaic.tif", noise), tmp_path / "out"
    write_tiles(open_mosaic(raster), out, levels=1, virtual=True, **SIZES)
    (out / "run").mkdir()
    (out / "run" / "craters.parquet").write_text("three years")
    mosaic = open_mosaic(shutil.copy(raster, out / "mosaic.tif"))
    tiles = write_tiles(mosaic, out, levels=1, virtual=virtual, overwrite=True, **SIZES)
    assert tiles.read(tiles.tiles[0])[1].any()
    assert (out / "run" / "craters.parquet").read_text() == "three years"
    assert {path.suffix for path in (out / "tiles").iterdir()} == {".vrt" if virtual else ".tif"}


def test_tiles_are_not_replaced_by_tiles_of_themselves(tmp_path, noise):
    raster = write_raster(tmp_path / "mosaic.tif", noise)
    tiles = write_tiles(open_mosaic(raster), tmp_path / "out", levels=1, **SIZES)
    one = tmp_path / "out" / "tiles" / f"{tiles.tiles[0].name}.tif"
    with pytest.raises(OutputError, match=r"out/tiles, which --overwrite removes: give another"):
        write_tiles(open_mosaic(one), tmp_path / "out", overwrite=True, **SIZES)
    assert one.exists()


def test_a_failure_half_way_leaves_nothing(patchy, tmp_path):
    mosaic = open_mosaic(patchy["native"])

    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tiles(mosaic, tmp_path / "tiles", progress=stop, **SIZES)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.tileset import write_tiles

def die(done, total):
    if done == 3:
        os.kill(os.getpid(), signal.SIGKILL)

write_tiles(open_mosaic(sys.argv[1]), Path(sys.argv[2]), progress=die)
"""


def test_what_a_killed_process_left_is_removed_by_the_next(patchy, tmp_path):
    mosaic, out = open_mosaic(patchy["native"]), tmp_path / "tiles"
    command = [sys.executable, "-c", KILLED, str(patchy["native"]), str(out)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert out not in list(tmp_path.iterdir()) != []
    write_tiles(mosaic, out, **SIZES)
    assert list(tmp_path.iterdir()) == [out]
    assert {path.name for path in out.iterdir()} == {"tiles", "index.gpkg", "tiles.json"}


def test_a_process_does_not_disturb_another_one_that_writes_the_same(patchy, tmp_path):
    mosaic, out = open_mosaic(patchy["native"]), tmp_path / "tiles"

    def meddle(done, total):
        if done == 3:
            with pytest.raises(RunError, match="another process is at work"):
                write_tiles(mosaic, out, **SIZES)

    write_tiles(mosaic, out, progress=meddle, **SIZES)
    assert list(tmp_path.iterdir()) == [out]
    assert open_tiles(out).tiles


def test_a_mosaic_that_breaks_on_the_way_leaves_nothing(patchy, tmp_path):
    mosaic = open_mosaic(patchy["local"])
    plan = MosaicTiles.plan(mosaic, **SIZES)
    assert plan.tiles
    gone = replace(mosaic, uri=str(tmp_path / "gone.tif"))
    with pytest.raises(MosaicError, match="cannot be read"):
        write_tiles(gone, tmp_path / "tiles", **SIZES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("virtual", [False, True])
def test_a_mosaic_that_changes_while_it_is_cut_leaves_nothing(tmp_path, virtual):
    path, values = tmp_path / "a.tif", np.random.default_rng(0).integers(80, 160, (256, 256))
    write_raster(path, values.astype(np.uint8))

    def change(done, total):
        write_raster(tmp_path / "b.tif", values.T.astype(np.uint8)).replace(path)

    with pytest.raises(MosaicError, match=r"a\.tif has changed while it was cut: run"):
        write_tiles(open_mosaic(path), tmp_path / "out" / "tiles", virtual=virtual,
                    progress=change, **SIZES)  # fmt: skip
    assert not list((tmp_path / "out").glob("*"))


def test_an_unwritable_place_is_an_error(patchy, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_tiles(open_mosaic(patchy["native"]), tmp_path / "file" / "tiles", **SIZES)


def test_progress_is_told(patchy, tmp_path):
    told = []
    write_tiles(open_mosaic(patchy["native"]), tmp_path / "tiles", levels=1,
                progress=lambda done, total: told.append((done, total)), **SIZES)  # fmt: skip
    assert told == [(n, told[-1][1]) for n in range(1, told[-1][1] + 1)]


def damage_missing_tile(out):
    next((out / "tiles").iterdir()).unlink()


def damage_short_tile(out):
    tile = next((out / "tiles").iterdir())
    tile.write_bytes(tile.read_bytes()[:-10])


def damage_json(out):
    (out / "tiles.json").write_text((out / "tiles.json").read_text()[:-30])


def damage_field(out):
    text = json.loads((out / "tiles.json").read_text())
    del text["photometry"]
    (out / "tiles.json").write_text(json.dumps(text))


def damage_version(out):
    text = json.loads((out / "tiles.json").read_text())
    (out / "tiles.json").write_text(json.dumps({**text, "format": "craters tiles 99"}))


def damage_all(out):
    (out / "tiles.json").unlink()


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "message"), [
    (damage_missing_tile, "incomplete"), (damage_short_tile, "incomplete"),
    (damage_json, "damaged"), (damage_field, "damaged"), (damage_version, "another version"),
    (damage_all, "not a directory of tiles"),
])  # fmt: skip
def test_a_damaged_directory_is_refused(patchy, tmp_path, damage, message):
    out = tmp_path / "tiles"
    write_tiles(open_mosaic(patchy["native"]), out, levels=1, **SIZES)
    assert is_tile_set(out)
    damage(out)
    with pytest.raises(TileSetError, match=message):
        open_tiles(out)


def test_a_tile_that_is_lost_later_is_an_error(patchy, tmp_path):
    tiles = write_tiles(open_mosaic(patchy["native"]), tmp_path / "tiles", levels=1, **SIZES)
    damage_missing_tile(tmp_path / "tiles")
    left = {path.stem for path in (tmp_path / "tiles" / "tiles").iterdir()}
    lost = next(tile for tile in tiles.tiles if tile.name not in left)
    with pytest.raises(TileSetError, match="missing or damaged"):
        tiles.read(lost)


def test_a_tile_that_was_edited_is_an_error(patchy, tmp_path):
    """Its file may keep its size."""
    tiles = write_tiles(open_mosaic(patchy["native"]), tmp_path / "tiles", levels=1, **SIZES)
    edited = tiles.tiles[0]
    with rasterio.open(tmp_path / "tiles" / "tiles" / f"{edited.name}.tif", "r+") as raster:
        values = raster.read(1)
        values[100, 100] += 1
        raster.write(values, 1)
    with pytest.raises(TileSetError, match="not as it was written"):
        tiles.read(edited)


def test_other_settings_have_another_fingerprint(patchy):
    mosaic = open_mosaic(patchy["native"])
    first = MosaicTiles.plan(mosaic, **SIZES).fingerprint()
    assert MosaicTiles.plan(mosaic, **SIZES).fingerprint() == first
    assert MosaicTiles.plan(mosaic, max_size=256, halo=32).fingerprint() != first
    assert MosaicTiles.plan(mosaic, levels=1, **SIZES).fingerprint() != first


def test_the_type_of_a_number_changes_no_fingerprint(patchy):
    mosaic = open_mosaic(patchy["native"])
    first = MosaicTiles.plan(mosaic, max_size=256, halo=24, levels=1, smallest_px=4.0)
    for whole, real in ((int, int), (np.int64, np.float64), (np.int16, np.float32)):
        sizes = {"max_size": whole(256), "halo": whole(24), "levels": whole(1)}
        same = MosaicTiles.plan(mosaic, **sizes, smallest_px=real(4))
        assert same.fingerprint() == first.fingerprint()
        assert repr(same.settings) == repr(first.settings)
