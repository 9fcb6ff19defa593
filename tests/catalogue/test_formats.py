import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lunarcraters.catalogue.format_names import FORMAT_NAMES
from lunarcraters.catalogue.formats import (
    _FORMATS,
    check_output,
    read_catalogue,
    write_catalogue,
    write_catalogue_parts,
)
from lunarcraters.catalogue.formats.parquet import open_stored
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CoordinateSystemError, OptionError, OutputError
from lunarcraters.geometry import sphere

from .conftest import is_lunar

# Grounds and areas of these tests are made up, each by itself.
pytestmark = pytest.mark.filterwarnings("ignore:.*outline encloses")

WHOLE = [".gpkg", ".geojson", ".fgb", ".parquet"]
COUNTS = [".scc", ".diam"]
TEXT = [".csv", ".csv.gz", *COUNTS]
ALL = [*WHOLE, *TEXT, ".shp"]


def assert_same(left, right):
    pd.testing.assert_frame_equal(left.craters, right.craters, check_exact=True)
    assert left.header() == right.header()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", WHOLE)
def test_a_catalogue_comes_back_whole(lunar, pixels, tmp_path, suffix):
    for name, catalogue in {"lunar": lunar, "pixels": pixels}.items():
        path = tmp_path / f"{name}{suffix}"
        write_catalogue(catalogue, path)
        assert_same(read_catalogue(path), catalogue)
        assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("suffix", ALL)
def test_an_empty_catalogue_is_a_catalogue(lunar, tmp_path, suffix):
    empty = lunar.filter(min_diameter=1e6)
    if suffix not in COUNTS:
        empty = empty.with_info(footprint=None, footprint_area_km2=None)
    write_catalogue(empty, tmp_path / f"a{suffix}")
    again = read_catalogue(tmp_path / f"a{suffix}")
    assert len(again) == 0
    assert again.columns == empty.columns


@pytest.mark.parametrize("suffix", [".fgb", ".parquet"])
def test_text_without_rows_is_text_in_pandas_2_too(lunar, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    with pd.option_context("future.infer_string", False):
        table = lunar.filter(min_diameter=1e6).craters.astype({"crater_id": object, "tile": object})
        empty = Catalogue.from_table(table, lunar.info)
        assert empty.table["tile"].dtype == object
        write_catalogue(empty, path)
    if suffix == ".parquet":
        types = pq.read_schema(path)
        assert not any(pa.types.is_null(one.type) for one in types)
    assert len(read_catalogue(path)) == 0


@pytest.mark.parametrize("suffix", ALL)
def test_the_part_of_a_crater_inside_an_area_is_kept(lunar, tmp_path, suffix):
    fraction = np.linspace(0.25, 1.0, len(lunar))
    catalogue = Catalogue.from_table(lunar.craters.assign(fraction=fraction), lunar.info)
    write_catalogue(catalogue, tmp_path / f"a{suffix}")
    again = read_catalogue(tmp_path / f"a{suffix}")
    assert again.craters["fraction"].to_numpy() == pytest.approx(fraction, abs=1e-6)


@pytest.mark.parametrize("suffix", WHOLE)
def test_another_lunar_sphere_is_kept(lunar, tmp_path, suffix):
    catalogue = lunar.with_info(crs=sphere.geographic_crs(1_738_000.0))
    write_catalogue(catalogue, tmp_path / f"a{suffix}")
    assert read_catalogue(tmp_path / f"a{suffix}").radius_m == 1_738_000.0


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    rows=st.lists(
        st.tuples(st.floats(-180, 360), st.floats(-90, 90), st.floats(1e-3, 2000), st.floats(0, 1)),
        min_size=1,
        max_size=5,
    ),
    suffix=st.sampled_from(ALL),
)
def test_any_craters_survive_any_format(tmp_path, rows, suffix):
    craters = pd.DataFrame(rows, columns=["lon", "lat", "diameter_km", "score"])
    catalogue = Catalogue(craters, sphere.geographic_crs(), footprint_area_km2=4e7)
    path = tmp_path / f"a{suffix}"
    write_catalogue(catalogue, path, overwrite=True)
    again = read_catalogue(path)
    order = again.craters
    if suffix not in COUNTS:
        order = order.set_index("crater_id").loc[catalogue.craters["crater_id"]]
    exact = suffix in WHOLE
    lon = sphere.wrap_longitude(order["lon"] - catalogue.craters["lon"].to_numpy())
    assert np.abs(lon).max() <= (1e-12 if exact else 1e-8)
    for name in ("lat", "diameter_km", *(["score"] if suffix not in COUNTS else [])):
        assert np.allclose(order[name], catalogue.craters[name], rtol=0, atol=0 if exact else 1e-6)


def test_pixels_lie_upright_and_have_no_crs(pixels, tmp_path):
    for suffix in (".gpkg", ".parquet"):
        write_catalogue(pixels, tmp_path / f"a{suffix}")
    frame = pyogrio.read_dataframe(tmp_path / "a.gpkg", layer="craters")
    assert frame.crs is None
    assert frame.geometry.iloc[0].bounds == pytest.approx((184.75, -415.25, 215.25, -384.75))
    points = gpd.read_parquet(tmp_path / "a.parquet")
    assert points.crs is None
    assert (points.geometry.iloc[0].x, points.geometry.iloc[0].y) == (200.0, -400.0)


def test_geojson_follows_the_rfc_but_for_its_crs(lunar, tmp_path):
    path = tmp_path / "a.geojson"
    write_catalogue(lunar, path)
    content = json.loads(path.read_text())
    assert content["crs"]["properties"]["name"] == "urn:ogc:def:crs:IAU::30100"
    assert content["footprint"]["type"] == "MultiPolygon"
    assert len(content["features"]) == len(lunar)
    for feature in content["features"]:
        geometry = shapely.geometry.shape(feature["geometry"])
        assert geometry.is_valid
        assert -180 <= geometry.bounds[0] <= geometry.bounds[2] <= 180
        assert all(part.exterior.is_ccw for part in shapely.get_parts(geometry))
    assert [f["properties"]["diameter_sd_km"] for f in content["features"]].count(None) == 1
    assert is_lunar(gpd.read_file(path).crs)


def test_geoparquet_is_read_by_geopandas_and_the_same_to_the_byte(lunar, tmp_path):
    for name in ("a.parquet", "b.parquet"):
        write_catalogue(lunar, tmp_path / name)
    frame = gpd.read_parquet(tmp_path / "a.parquet")
    assert is_lunar(frame.crs)
    assert np.allclose(frame.geometry.y, frame["lat"])
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "not a table of craters"),
        ("a.csv", b"\xff\xfe\x00", "not a text table"),
        ("a.csv.gz", b"lon,lat", "not a text table"),
        ("a.csv", b"lon,lat,name\n1,2,x\n", "no column for diameter among lon, lat, name"),
        ("a.csv", b"lon,lat,diam_km\n1,2,3\n1,north,3\n", "row 2: lat is 'north'"),
        ("a.csv", b"lon,lat,diam_km\n1,,3\n", "crater 1 of the table"),
        ("a.gpkg", b"SQLite", "not a GeoPackage of craters"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [', "not a GeoJSON"),
        ("a.parquet", b"PAR1", "not a Parquet file"),
        ("a.xlsx", b"", "not a spreadsheet of craters"),
        ("a.docx", b"", "read from"),
    ],
)
def test_what_is_no_catalogue_is_refused_in_words(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CatalogueError, match=message):
        read_catalogue(tmp_path / name)


@pytest.mark.parametrize("suffix", WHOLE)
def test_a_truncated_file_is_refused(lunar, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_catalogue(lunar, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(CatalogueError):
        read_catalogue(path)


@pytest.mark.parametrize("suffix", WHOLE)
def test_tables_of_other_programs_are_read_if_they_are_of_the_moon(tmp_path, suffix):
    write = {".fgb": "FlatGeobuf", ".gpkg": "GPKG", ".geojson": "GeoJSON"}
    for name, crs in (("moon", "IAU_2015:30100"), ("earth", "EPSG:4326")):
        frame = gpd.GeoDataFrame(
            {"Lon": [190.0], "Lat": [5.0], "Diam_km": [2.0]},
            geometry=[shapely.Point(190, 5)],
            crs=crs,
        )
        path = tmp_path / f"{name}{suffix}"
        if suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path, driver=write[suffix])
    assert read_catalogue(tmp_path / f"moon{suffix}").positions.tolist() == [[-170.0, 5.0]]
    with pytest.raises(CoordinateSystemError, match="not of the Moon"):
        read_catalogue(tmp_path / f"earth{suffix}")


def test_missing_files_and_directories_are_told_apart(tmp_path):
    with pytest.raises(CatalogueError, match="does not exist"):
        read_catalogue(tmp_path / "a.csv")
    with pytest.raises(CatalogueError, match="is a directory"):
        read_catalogue(tmp_path)


@pytest.mark.parametrize("suffix", ALL)
def test_an_existing_file_is_replaced_only_when_asked(lunar, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_text("precious")
    with pytest.raises(OutputError, match="--overwrite"):
        write_catalogue(lunar, path)
    assert path.read_text() == "precious"
    write_catalogue(lunar, path, overwrite=True)
    assert len(read_catalogue(path)) == len(lunar)


@pytest.mark.parametrize("suffix", ALL)
def test_a_directory_that_cannot_be_written_is_said(lunar, tmp_path, suffix):
    with pytest.raises(OutputError, match="does not exist"):
        write_catalogue(lunar, tmp_path / "nowhere" / f"a{suffix}")
    (tmp_path / f"d{suffix}").mkdir()
    with pytest.raises(OutputError, match="is a directory"):
        write_catalogue(lunar, tmp_path / f"d{suffix}")


def test_an_unknown_suffix_lists_the_known(lunar, tmp_path):
    with pytest.raises(OutputError, match=r"\*\.gpkg, \*\.geojson"):
        write_catalogue(lunar, tmp_path / "a.xlsx")


@pytest.mark.parametrize("suffix", ALL)
def test_a_failure_half_way_leaves_nothing(lunar, tmp_path, suffix):
    def parts():
        yield lunar
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        write_catalogue_parts(lunar.info, parts(), tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ALL)
def test_a_catalogue_written_part_by_part_is_the_same(lunar, tmp_path, suffix):
    write_catalogue(lunar, tmp_path / f"whole{suffix}")
    singly = [lunar.rows(slice(i, i + 1)) for i in range(len(lunar))]
    none = lunar.rows(slice(0, 0))
    write_catalogue_parts(lunar.info, [none, *singly, none], tmp_path / f"parts{suffix}")
    whole, parts = (read_catalogue(tmp_path / f"{name}{suffix}") for name in ("whole", "parts"))
    assert_same(parts, whole)


def test_a_stored_catalogue_is_read_part_by_part(lunar, tmp_path, monkeypatch):
    write_catalogue(lunar, tmp_path / "a.parquet")
    monkeypatch.setattr("lunarcraters.catalogue.formats.parquet.PART_ROWS", 2)
    opened = open_stored(tmp_path / "a.parquet")
    middle = float(np.median(lunar.scores))
    parts = list(opened.parts(middle))
    assert max(map(len, parts)) <= 2
    assert sum(map(len, parts)) == opened.count(middle) == len(lunar.filter(middle))
    assert_same(
        Catalogue.from_table(pd.concat([part.craters for part in parts]), lunar.info),
        lunar.filter(middle),
    )
    assert (len(opened), opened.info.header()) == (len(lunar), lunar.header())


def test_a_file_of_another_program_is_not_a_stored_catalogue(tmp_path):
    pd.DataFrame({"lon": [1.0]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(CatalogueError, match="not a catalogue of this program"):
        open_stored(tmp_path / "a.parquet")


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".parquet", ".csv"])
def test_parts_with_fractions_keep_them(lunar, tmp_path, suffix):
    fractions = np.linspace(0.1, 1.0, len(lunar))
    part = lunar.with_fractions(fractions)
    write_catalogue_parts(lunar.info, [part], tmp_path / f"a{suffix}")
    again = read_catalogue(tmp_path / f"a{suffix}")
    assert again.craters["fraction"].to_numpy() == pytest.approx(fractions)


def test_every_format_name_is_that_of_a_module():
    for name in FORMAT_NAMES:
        assert _FORMATS[f".{name}"].is_written


@pytest.mark.parametrize("form", ["fgb", "shp", "csv.gz", "json", "kml"])
def test_a_format_that_only_the_name_selects_is_refused(lunar, tmp_path, form):
    with pytest.raises(OptionError, match=f"form is '{form}': give one of gpkg, geojson"):
        check_output(lunar.info, tmp_path / "a.dat", form=form)
    with pytest.raises(OptionError, match=f"form is '{form}': give one of gpkg, geojson"):
        write_catalogue_parts(lunar.info, [lunar], tmp_path / "a.dat", form=form)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.kml", "a.kmz"])
def test_kml_is_refused_with_the_reason_and_the_advice_works(lunar, tmp_path, name):
    with pytest.raises(OutputError, match=r"KML has no body but the Earth.*\.gpkg or \.geojson"):
        write_catalogue(lunar, tmp_path / name)
    (tmp_path / name).write_text("<kml/>")
    with pytest.raises(CatalogueError, match="KML has no body but the Earth"):
        read_catalogue(tmp_path / name)
    for suffix in (".gpkg", ".geojson"):
        write_catalogue(lunar, tmp_path / f"a{suffix}")


@pytest.mark.parametrize("name", ["a.txt", "a.xlsx", "a.json"])
def test_what_is_only_read_is_not_written(lunar, tmp_path, name):
    with pytest.raises(OutputError, match=r"written as \*\.gpkg"):
        write_catalogue(lunar, tmp_path / name)


def test_flatgeobuf_is_read_by_geopandas_on_the_moon(lunar, tmp_path):
    write_catalogue(lunar, tmp_path / "a.fgb")
    frame = gpd.read_file(tmp_path / "a.fgb", bbox=(9, 19, 11, 21))
    assert is_lunar(frame.crs)
    assert frame["diameter_km"].tolist() == [5.0]
    assert frame.geometry.is_valid.all()
