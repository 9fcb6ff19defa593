"""The fingerprint of a mosaic tells it from others, wherever it lies and however it is named."""

import shutil
from dataclasses import replace

import rasterio
from pyproj import CRS
from rasterio.shutil import copy

from lunarcraters.mosaic.mosaic import open_mosaic

from .. import archives
from ..rasters import write_raster


def test_a_vrt_counts_what_it_names_in_its_fingerprint(noise, tmp_path):
    source = write_raster(tmp_path / "a.tif", noise)
    with rasterio.open(source) as raster:
        copy(raster, str(tmp_path / "a.vrt"), driver="VRT")
    before = open_mosaic(tmp_path / "a.vrt").fingerprint()
    write_raster(source, noise + 1)
    assert open_mosaic(tmp_path / "a.vrt").fingerprint() != before


def test_a_fingerprint_knows_content_and_not_places(noise, tmp_path):
    first = write_raster(tmp_path / "a.tif", noise)
    (tmp_path / "elsewhere").mkdir()
    second = shutil.copy(first, tmp_path / "elsewhere" / "b.tif")
    fingerprint = open_mosaic(first).fingerprint()
    assert open_mosaic(second).fingerprint() == fingerprint
    assert open_mosaic(first, nodata=3).fingerprint() != fingerprint
    assert (
        open_mosaic(first, nodata=3).fingerprint() == open_mosaic(first, nodata=3.0).fingerprint()
    )
    noise[150, 150] ^= 1
    write_raster(second, noise)
    assert open_mosaic(second).fingerprint() != fingerprint


def test_the_words_of_a_coordinate_system_change_no_fingerprint(noise, tmp_path):
    mosaic = open_mosaic(write_raster(tmp_path / "a.tif", noise))
    old = CRS.from_wkt(mosaic.grid.crs_wkt).to_wkt("WKT1_GDAL")
    other = CRS.from_user_input("IAU_2015:30115").to_wkt()
    assert old != mosaic.grid.crs_wkt
    for wkt, same in ((old, True), (other, False)):
        again = replace(mosaic, grid=replace(mosaic.grid, crs_wkt=wkt))
        assert (again.fingerprint() == mosaic.fingerprint()) == same


def test_statistics_left_by_a_viewer_change_no_fingerprint(noise, tmp_path):
    path = write_raster(tmp_path / "a.tif", noise)
    before = open_mosaic(path).fingerprint()
    (tmp_path / "a.tif.aux.xml").write_text("<PAMDataset/>")
    assert open_mosaic(path).fingerprint() == before


def test_statistics_with_what_a_label_says_of_values_change_no_fingerprint(tmp_path):
    """GDAL's driver of PDS3 repeats scale, offset and nodata of the label beside them."""
    image = ("SCALING_FACTOR = 0.5", "OFFSET = 1737400.", "MISSING_CONSTANT = 3")
    map_ = archives.map_projection(
        MAP_SCALE="1.0 <KM/PIXEL>", MAP_RESOLUTION=f"{archives.KM_RESOLUTION} <PIX/DEG>",
        LINE_PROJECTION_OFFSET="199.5", SAMPLE_PROJECTION_OFFSET="99.5",
    )  # fmt: skip
    values = archives.ramp("u1")
    path = archives.write_pds3(tmp_path / "a.img", values, "UNSIGNED_INTEGER", map_, image)
    before = open_mosaic(path).fingerprint()
    with rasterio.open(path) as raster:
        raster.statistics(1, approx=False, clear_cache=False)
    assert "<Scale>" in (tmp_path / "a.img.aux.xml").read_text()
    assert open_mosaic(path).fingerprint() == before


def test_a_nodata_value_beside_a_file_is_a_part_of_its_fingerprint(noise, tmp_path):
    """GDAL writes it there where a format has no place for it."""
    path = write_raster(tmp_path / "a.tif", noise)
    before = open_mosaic(path).fingerprint()
    band = "<PAMRasterBand band='1'><NoDataValue>90</NoDataValue></PAMRasterBand>"
    (tmp_path / "a.tif.aux.xml").write_text(f"<PAMDataset>{band}</PAMDataset>")
    assert open_mosaic(path).rasters[0].declared_nodata == 90
    assert open_mosaic(path).fingerprint() != before


def test_a_unit_beside_a_file_is_a_part_of_its_fingerprint(noise, tmp_path):
    """By it heights are scaled, so that a run with another is another run."""
    path = write_raster(tmp_path / "a.tif", noise)
    fingerprints = {open_mosaic(path).fingerprint()}
    for unit in ("m", "km"):
        band = f"<PAMRasterBand band='1'><UnitType>{unit}</UnitType></PAMRasterBand>"
        (tmp_path / "a.tif.aux.xml").write_text(f"<PAMDataset>{band}</PAMDataset>")
        assert open_mosaic(path).rasters[0].unit == unit
        fingerprints.add(open_mosaic(path).fingerprint())
    assert len(fingerprints) == 3


def test_the_order_of_files_on_the_same_ground_is_a_part_of_their_fingerprint(noise, tmp_path):
    """The later ones lie on top."""
    first = write_raster(tmp_path / "a.tif", noise)
    second = write_raster(tmp_path / "b.tif", noise[::-1])
    both = open_mosaic([first, second]).fingerprint()
    assert open_mosaic([second, first]).fingerprint() != both
    (tmp_path / "c").mkdir()
    moved = [shutil.copy(path, tmp_path / "c") for path in (first, second)]
    assert open_mosaic(moved).fingerprint() == both
