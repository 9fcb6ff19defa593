import numpy as np
import pytest
import rasterio
from affine import Affine

from lunarcraters.errors import OutputError
from lunarcraters.mask.cog import NODATA
from lunarcraters.mask.stitching import stitch
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.tiling.source import MosaicTiles

from ..rasters import write_raster

SIZES = {"max_size": 256, "halo": 24}


def as_mask(values, valid, source):
    scaled = (values.astype(float) - source.statistics.low) * 250.0
    scaled /= source.statistics.high - source.statistics.low
    return np.where(valid, np.clip(np.rint(scaled), 0, 254), NODATA).astype(np.uint8)


def stitched(source, read_mask, path):
    stitch(source.mosaic, source.tiles, read_mask, path)
    with rasterio.open(path) as raster:
        return raster.read(1)


@pytest.mark.slow
@pytest.mark.parametrize("raster", ["globe", "cap", "midlatitude"])
def test_every_pixel_of_a_mask_lies_where_it_belongs(request, raster, tmp_path):
    mosaic = open_mosaic(request.getfixturevalue(raster))
    source = MosaicTiles.plan(mosaic, levels=1, **SIZES)
    mask = stitched(source, lambda tile: as_mask(*source.read(tile), source), tmp_path / "m.tif")
    wanted = as_mask(*mosaic.read((0, 0, mosaic.width, mosaic.height)), source)
    assert (mask != NODATA).mean() > 0.995
    difference = np.abs(mask.astype(int) - wanted)[mask != NODATA]
    assert np.percentile(difference, 99) <= 1
    # Were it but a pixel off, it would show.
    moved = np.abs(np.roll(mask, 2, axis=0).astype(int) - wanted)[mask != NODATA]
    assert difference.mean() < 0.35 * moved.mean()


def test_native_masks_are_put_in_place_to_the_pixel(tmp_path, noise):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    source = MosaicTiles.plan(mosaic, levels=1, max_size=128, halo=16)
    mask = stitched(source, lambda tile: source.read(tile)[0], tmp_path / "m.tif")
    np.testing.assert_array_equal(mask, noise)


def test_a_pixel_is_the_largest_that_any_level_gives(tmp_path, noise):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    source = MosaicTiles.plan(mosaic, max_size=128, halo=16)
    assert max(tile.level for tile in source.tiles) == 1

    def read_mask(tile):
        value = 40 if tile.level == 0 else 90
        return np.full((tile.size, tile.size), value, np.uint8)

    assert (stitched(source, read_mask, tmp_path / "m.tif") == 90).all()


@pytest.mark.slow
@pytest.mark.parametrize("frames", ["native", "local"])
@pytest.mark.parametrize("smallest_px", [4.0, 2.75])
def test_levels_finer_than_the_mosaic_lie_where_its_pixels_do(tmp_path, frames, smallest_px):
    values = np.full((300, 280), 1, np.uint8)
    values[100:140, 60:120] = 201
    values[:50, :50] = 0
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values, nodata=0))
    source = MosaicTiles.plan(mosaic, max_size=128, halo=16, frames=frames, smallest_px=smallest_px)
    finest = source.settings.finest
    assert finest == (-1 if smallest_px == 4.0 else -2)

    def fine(tile):
        values_of_tile, valid = source.read(tile)
        mask = values_of_tile if tile.level == finest else np.zeros_like(values_of_tile)
        return np.where(valid, mask, NODATA).astype(np.uint8)

    mask = stitched(source, fine, tmp_path / "m.tif").astype(float)
    inner = values.copy()
    edge = np.zeros(values.shape, bool)
    for axis in (0, 1):
        for step in (1, -1):
            edge |= np.roll(inner, step, axis) != inner
    away = ~edge & (values > 0)
    assert np.abs(mask - values)[away].max() <= 12  # a cubic overshoots beside an edge
    assert (mask[:48, :48] == NODATA).all()
    y, x = np.nonzero((mask > 100) & (mask != NODATA))
    assert (x.min(), x.max(), y.min(), y.max()) == (60, 119, 100, 139)


def test_coarse_levels_lie_where_fine_ones_do(tmp_path):
    values = np.zeros((300, 280), np.uint8) + 1
    values[100:140, 60:120] = 201
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    source = MosaicTiles.plan(mosaic, max_size=128, halo=16)

    def coarse(tile):
        grey = source.read(tile)[0]
        return grey if tile.level == 1 else np.zeros_like(grey)

    mask = stitched(source, coarse, tmp_path / "m.tif").astype(float)
    y, x = np.nonzero(mask > 100)
    assert (x.min(), x.max(), y.min(), y.max()) == (60, 119, 100, 139)


def test_what_the_finest_level_did_not_search_is_nodata(tmp_path, noise):
    noise[:, :100] = 0
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise, nodata=0))
    source = MosaicTiles.plan(mosaic, max_size=128, halo=16)
    skipped = {tile.name for tile in source.tiles if tile.level == 0 and tile.core[1] == 0}

    def read_mask(tile):
        valid = source.read(tile)[1]
        if tile.name in skipped or not valid.any():
            return None
        return np.where(valid, 7, NODATA).astype(np.uint8)

    mask = stitched(source, read_mask, tmp_path / "m.tif")
    first = max(t.core[1] + t.core[3] for t in source.tiles if t.name in skipped)
    assert (mask[:first] == NODATA).all()
    assert (mask[:, :100] == NODATA).all()
    assert (mask[first:, 100:] == 7).all()


@pytest.mark.slow
def test_each_mask_is_read_a_few_times_at_most(globe, tmp_path):
    source = MosaicTiles.plan(open_mosaic(globe), levels=1, **SIZES)
    reads = []

    def read_mask(tile):
        reads.append(tile.name)
        return np.full((tile.size, tile.size), 9, np.uint8)

    stitched(source, read_mask, tmp_path / "m.tif")
    assert len(reads) <= 2 * len(source.tiles)


@pytest.mark.parametrize("has_crs", [True, False])
def test_the_file_is_a_cog_on_the_mosaics_grid(tmp_path, has_crs):
    values = np.random.default_rng(0).integers(1, 200, (700, 600)).astype(np.uint8)
    picture = {} if has_crs else {"crs": None, "affine": Affine.identity(), "driver": "PNG"}
    mosaic = open_mosaic(
        write_raster(tmp_path / f"a.{'tif' if has_crs else 'png'}", values, **picture)
    )
    source = MosaicTiles.plan(mosaic, levels=1, **SIZES)
    stitch(mosaic, source.tiles, lambda tile: source.read(tile)[0], tmp_path / "m.tif")
    with rasterio.open(tmp_path / "m.tif") as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.overviews(1) == [2]
        assert raster.nodata == NODATA
        assert raster.scales[0] == pytest.approx(1 / 254)
        assert raster.descriptions == ("crater probability",)
        assert (raster.width, raster.height) == (600, 700)
        assert raster.transform == mosaic.grid.affine
        assert (raster.crs is not None) == has_crs
        np.testing.assert_array_equal(raster.read(1), values)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["m.tif", f"a.{'tif' if has_crs else 'png'}"]
    )


def test_blocks_in_which_nothing_was_searched_are_left_out(tmp_path):
    values = np.zeros((1100, 1100), np.uint8)
    values[:400, :400] = 9
    values[:200, :200] = 11
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values, nodata=0))
    source = MosaicTiles.plan(mosaic, levels=1, **SIZES)

    def read_mask(tile):
        pixels, valid = source.read(tile)
        return np.where(valid, pixels, NODATA).astype(np.uint8)

    mask = stitched(source, read_mask, tmp_path / "m.tif")
    np.testing.assert_array_equal(mask == NODATA, values == 0)
    with rasterio.open(tmp_path / "m.tif") as raster:
        places = [f"BLOCK_OFFSET_{x}_{y}" for y in range(3) for x in range(3)]
        stored = [raster.get_tag_item(place, "TIFF", bidx=1) is not None for place in places]
    assert stored == [True, *[False] * 8]


def test_a_mosaic_larger_than_a_block_has_no_seam(tmp_path):
    values = np.random.default_rng(0).integers(1, 200, (300, 2500)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", values))
    source = MosaicTiles.plan(mosaic, levels=1, max_size=512, halo=16)
    mask = stitched(source, lambda tile: source.read(tile)[0], tmp_path / "m.tif")
    np.testing.assert_array_equal(mask, values)


def test_no_directory_is_an_output_error(tmp_path, noise):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    with pytest.raises(OutputError, match="cannot be written"):
        stitch(mosaic, [], lambda tile: None, tmp_path / "missing" / "m.tif")
