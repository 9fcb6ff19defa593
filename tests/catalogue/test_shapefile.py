"""Shapefiles that the disk has no room for: GDAL is silent when it cannot write their ends."""

import os

import pyogrio
import pytest
import shapely

from lunarcraters.catalogue.formats import shapefile, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import OutputError


@pytest.fixture
def many(lunar):
    """A few hundred craters."""
    return Catalogue.from_table(lunar.craters.sample(400, replace=True, random_state=1), lunar.info)


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf", ".prj", ".cpg"])
def test_a_file_that_is_cut_off_is_noticed(lunar, tmp_path, suffix):
    path = tmp_path / "a.shp"
    write_catalogue(lunar, path)
    shapefile.check_whole(path)
    file = path.with_suffix(suffix)
    whole = file.stat().st_size
    for size in (0, 20, 100, whole - 8):
        if size < whole and (suffix not in (".prj", ".cpg") or not size):
            os.truncate(file, size)
            with pytest.raises(OutputError, match="is the disk full"):
                shapefile.check_whole(path)
    file.unlink()
    with pytest.raises(OutputError, match="is the disk full"):
        shapefile.check_whole(path)


@pytest.mark.parametrize("name", ["a.shp", "a_CRATER.shp"])
@pytest.mark.parametrize(
    "small_disk", [16, *range(796, 816, 4), *range(964, 988, 4)], indirect=True
)
def test_a_full_disk_leaves_a_whole_shapefile_or_none(many, small_disk, tmp_path, name):
    place, _ = small_disk
    whole = tmp_path / "whole"
    whole.mkdir()
    write_catalogue(many, whole / name)
    try:
        write_catalogue(many, place / name)
    except OutputError:
        assert not list(place.iterdir())
    else:
        for file in whole.iterdir():
            assert (place / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.mark.parametrize(
    ("name", "other"),
    [("a.shp", "a.dbf"), ("a.shp", "a.prj"), ("a_CRATER.shp", "a_AREA.shx"), ("a.shp", "a.cpg")],
)
def test_a_file_of_another_that_is_there_is_not_replaced(lunar, tmp_path, name, other):
    (tmp_path / other).write_text("mine")
    with pytest.raises(OutputError, match=f"{other} exists: .*--overwrite"):
        write_catalogue(lunar, tmp_path / name)
    assert (tmp_path / other).read_text() == "mine"
    write_catalogue(lunar, tmp_path / name, overwrite=True)


@pytest.mark.parametrize("stems", [["a"], ["a_CRATER", "a_AREA"]])
def test_a_shapefile_that_is_replaced_loses_the_indexes_of_the_former_one(many, tmp_path, stems):
    path = tmp_path / f"{stems[0]}.shp"
    pyogrio.write_dataframe(many.geodataframe.head(40), path, SPATIAL_INDEX="YES")
    assert path.with_suffix(".qix").is_file()
    for stem in stems:
        for suffix in (".sbn", ".sbx", ".idm", ".ind"):
            (tmp_path / f"{stem}{suffix}").write_bytes(b"of a former file")
    write_catalogue(many, path, overwrite=True)
    parts = (".shp", ".shx", ".dbf", ".prj", ".cpg")
    names = {f"{stem}{suffix}" for stem in stems for suffix in parts}
    assert {file.name for file in tmp_path.iterdir()} == names
    inside = pyogrio.read_dataframe(path, bbox=(-30, -30, 30, 30))
    whole = pyogrio.read_dataframe(path)
    assert len(inside) == whole.geometry.intersects(shapely.box(-30, -30, 30, 30)).sum()
