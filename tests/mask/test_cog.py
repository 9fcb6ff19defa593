"""The mask as a file: overviews are means of what was searched, empty blocks take no room."""

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from lunarcraters.geometry.box import Box
from lunarcraters.mask import cog
from lunarcraters.mask.cog import NODATA, UNIT_PX, write_mask
from lunarcraters.mosaic.mosaic import open_mosaic

from ..rasters import write_raster


def blocks_of(mask):
    for row in range(0, mask.shape[0], UNIT_PX):
        for column in range(0, mask.shape[1], UNIT_PX):
            part = mask[row : row + UNIT_PX, column : column + UNIT_PX]
            if (part != NODATA).any():
                yield Box(column, row, part.shape[1], part.shape[0]), part


def means(mask, side):
    """Means over squares of pixels that were searched, NaN where none was."""
    valid = np.where(mask == NODATA, np.nan, mask)
    padding = [(0, -length % side) for length in mask.shape]
    valid = np.pad(valid, padding, constant_values=np.nan)
    rows, columns = (length // side for length in valid.shape)
    squares = valid.reshape(rows, side, columns, side)
    searched = np.isfinite(squares).any(axis=(1, 3))
    return np.where(searched, np.nan_to_num(squares).sum((1, 3)), np.nan) / np.maximum(
        np.isfinite(squares).sum((1, 3)), 1
    )


def test_the_file_is_the_same_while_another_thread_reads_from_a_server(tmp_path):
    mask = np.random.default_rng(1).integers(0, 255, (600, 700)).astype(np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", np.ones(mask.shape, np.uint8)))

    def count_overviews(path):
        with rasterio.open(path) as raster:
            return len(raster.overviews(1))

    counts = [write_mask(mosaic, blocks_of(mask), tmp_path / "alone.tif", count_overviews)]
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        counts.append(write_mask(mosaic, blocks_of(mask), tmp_path / "beside.tif", count_overviews))
    assert counts == [1, 1]
    assert (tmp_path / "beside.tif").read_bytes() == (tmp_path / "alone.tif").read_bytes()


def test_no_more_threads_compress_than_the_program_may_use(tmp_path, monkeypatch):
    mask = np.ones((600, 700), np.uint8)
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", mask))
    asked = []

    def note(function):
        def call(*arguments, **options):
            asked.extend(value for key, value in options.items() if key.lower() == "num_threads")
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(cog, "cpu_count", lambda: 3)
    monkeypatch.setattr(rasterio, "open", note(rasterio.open))
    monkeypatch.setattr(rasterio.shutil, "copy", note(rasterio.shutil.copy))
    write_mask(mosaic, blocks_of(mask), tmp_path / "mask.tif", lambda _: None)
    assert len(asked) > 1
    assert set(asked) == {"3"}


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(512, 512), (513, 300), (700, 601), (544, 9024)])
@pytest.mark.parametrize("searched", ["all", "right", "here and there"])
def test_overviews_are_means_of_what_was_searched(tmp_path, shape, searched):
    rng = np.random.default_rng(1)
    coarse = rng.integers(0, 255, [-(-side // 50) for side in shape])
    mask = np.kron(coarse, np.ones((50, 50)))[: shape[0], : shape[1]].astype(np.uint8)
    if searched == "right":
        mask[:, : shape[1] // 2 + 3] = NODATA
    if searched == "here and there":
        mask[rng.random(shape) < 0.3] = NODATA
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", np.ones(shape, np.uint8)))
    write_mask(mosaic, blocks_of(mask), tmp_path / "m.tif")
    with rasterio.open(tmp_path / "m.tif") as raster:
        np.testing.assert_array_equal(raster.read(1), mask)
        factors = raster.overviews(1)
    wanted = [2**times for times in range(1, 9) if max(shape) > UNIT_PX * 2 ** (times - 1)]
    assert factors == wanted
    for number, side in enumerate(factors):
        with rasterio.open(tmp_path / "m.tif", overview_level=number) as overview:
            reduced = overview.read(1).astype(float)
        reduced[reduced == NODATA] = np.nan
        truth = means(mask, side)
        np.testing.assert_array_equal(np.isnan(reduced), np.isnan(truth))
        if searched != "here and there":  # there a mean of means weighs pixels otherwise
            inner = reduced[:-1, :-1] - truth[:-1, :-1]
            assert np.nanmax(np.abs(inner)) <= 3
        assert abs(np.nanmean(reduced) - np.nanmean(truth)) < 1.5


@pytest.mark.filterwarnings("error::PendingDeprecationWarning")
def test_a_mask_is_written_without_warnings(tmp_path):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", np.ones((600, 600), np.uint8)))
    write_mask(mosaic, blocks_of(np.ones((600, 600), np.uint8)), tmp_path / "m.tif")


def test_what_was_not_searched_takes_no_room(tmp_path):
    shape = (5000, 6000)
    mask = np.full(shape, NODATA, np.uint8)
    mask[4096:4500, 5120:5400] = 7
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", np.ones(shape, np.uint8)))
    write_mask(mosaic, blocks_of(mask), tmp_path / "m.tif")
    for number in (None, 0, 1, 2):
        level = {} if number is None else {"overview_level": number}
        with rasterio.open(tmp_path / "m.tif", **level) as raster:
            assert ((raster.read(1) == 7) == (raster.read(1) != NODATA)).all()
            units = [-(-side // UNIT_PX) for side in raster.shape]
            stored = [
                raster.get_tag_item(f"BLOCK_OFFSET_{x}_{y}", "TIFF", bidx=1) is not None
                for y in range(units[0])
                for x in range(units[1])
            ]
        assert sum(stored) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "m.tif"]
