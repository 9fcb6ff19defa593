import numpy as np
import pytest
import rasterio
from affine import Affine
from click.testing import CliRunner

from lunarcraters.cli.tile import command
from lunarcraters.errors import CoordinateSystemError, OutputError
from lunarcraters.tiling.tileset import open_tiles

from ..rasters import write_raster


@pytest.fixture
def mosaic(tmp_path):
    values = np.random.default_rng(0).integers(1, 200, (300, 280)).astype(np.uint8)
    affine = Affine(100, 0, 0, 0, -100, 0)
    return write_raster(tmp_path / "mosaic.tif", values, affine=affine)


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_help_has_an_example():
    result = run("--help")
    assert result.exit_code == 0
    assert "craters tile mosaic.tif -o tiles" in result.output
    for option in ("--size", "--halo", "--levels", "--virtual", "--crs", "--nodata", "--overwrite"):
        assert option in result.output


def test_a_mosaic_is_cut(mosaic, tmp_path):
    out = tmp_path / "tiles"
    result = run(mosaic, "-o", out, "--size", 128, "--halo", 16, "--levels", 1)
    assert result.exit_code == 0, result.output
    tiles = open_tiles(out).tiles
    assert {tile.level for tile in tiles} == {0}
    assert f"{len(tiles)} tiles" in result.output
    assert "craters detect" in result.output
    assert (out / "index.gpkg").is_file()


def test_octaves_are_limited(mosaic, tmp_path):
    refused = run(mosaic, "-o", tmp_path / "tiles", "--levels", 23)
    assert refused.exit_code == 2
    assert "23 is not in the range 1<=x<=16" in refused.output
    assert not (tmp_path / "tiles").exists()


def test_quiet_says_nothing(mosaic, tmp_path):
    result = run(mosaic, "-o", tmp_path / "tiles", "--virtual", "-q")
    assert result.exit_code == 0
    assert result.output == ""
    assert open_tiles(tmp_path / "tiles").virtual


def test_several_rasters_make_one_mosaic(mosaic, tmp_path):
    with rasterio.open(mosaic) as first:
        profile = {**first.profile, "transform": Affine(100, 0, 28_000, 0, -100, 0)}
        with rasterio.open(tmp_path / "east.tif", "w", **profile) as second:
            second.write(first.read())
    assert run(mosaic, tmp_path / "east.tif", "-o", tmp_path / "tiles", "-q").exit_code == 0
    assert open_tiles(tmp_path / "tiles").mosaic.width == 560


def test_nodata_and_crs_are_passed_on(mosaic, tmp_path):
    run(mosaic, "-o", tmp_path / "tiles", "--nodata", 7, "--crs", "IAU_2015:30115", "-q")
    found = open_tiles(tmp_path / "tiles").mosaic
    assert found.nodata == 7.0
    assert found.crs.name.endswith("clon = 180")


def test_what_exists_is_kept_unless_told_otherwise(mosaic, tmp_path):
    arguments = (mosaic, "-o", tmp_path / "tiles", "-q")
    assert run(*arguments).exit_code == 0
    again = run(*arguments)
    assert again.exit_code == 1
    assert isinstance(again.exception, OutputError)
    assert run(*arguments, "--overwrite").exit_code == 0


def test_our_errors_exit_with_1_and_usage_with_2(mosaic, tmp_path):
    result = run(mosaic, "-o", tmp_path / "tiles", "--crs", "EPSG:4326")
    assert result.exit_code == 1
    assert isinstance(result.exception, CoordinateSystemError)
    assert run(mosaic).exit_code == 2
    assert run(mosaic, "-o", tmp_path / "tiles", "--size", "many").exit_code == 2


def test_several_nodata_values_are_named_with_commas(mosaic, tmp_path):
    out = tmp_path / "tiles"
    result = run(mosaic, "-o", out, "--size", 128, "--halo", 16, "--nodata", "-9999,0")
    assert result.exit_code == 0, result.output
    assert open_tiles(out).mosaic.nodata == (-9999.0, 0.0)
    assert "with commas" in run(mosaic, "-o", tmp_path / "other", "--nodata", "1;2").output
