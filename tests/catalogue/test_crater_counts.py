"""Crater counts for dating: `.scc` and `.diam`."""

import pandas as pd
import pytest
import shapely

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CratersWarning
from lunarcraters.geometry import sphere

# Grounds and areas of these tests are made up, each by itself.
pytestmark = pytest.mark.filterwarnings("ignore:.*outline encloses")

COUNTS = [".scc", ".diam"]
MOON = "IAU_2015:30100"


def test_a_spatial_count_keeps_the_ground_and_its_area(lunar, tmp_path):
    hole = shapely.box(2, 2, 4, 4)
    ground = shapely.MultiPolygon([shapely.box(0, 0, 9, 9) - hole, shapely.box(20, 0, 29, 9)])
    write_catalogue(lunar.with_info(footprint=ground), tmp_path / "a.scc")
    again = read_catalogue(tmp_path / "a.scc")
    assert again.footprint.normalize() == ground.normalize()
    assert again.footprint_area_km2 == 123456.789
    text = (tmp_path / "a.scc").read_text()
    assert "Total_area = 123456.789000 <km^2>" in text
    boundary = text[text.index("unit_boundary") : text.index("Total_area")].splitlines()
    vertices = [line.split("\t") for line in boundary if line.count("\t") == 4]
    assert {(area, tag) for _, area, tag, *_ in vertices} == {
        ("1", "ext"),
        ("2", "int"),
        ("3", "ext"),
    }


@pytest.mark.parametrize("suffix", COUNTS)
def test_a_count_without_an_area_or_in_pixels_is_refused(lunar, pixels, tmp_path, suffix):
    with pytest.raises(CatalogueError, match="area that the craters were counted on"):
        write_catalogue(lunar.with_info(footprint_area_km2=None), tmp_path / f"a{suffix}")
    with pytest.raises(CatalogueError, match="pixels cannot be dated"):
        write_catalogue(pixels, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.diam", "area = 5\n", "no table of craters"),
        ("a.diam", "crater = {diameter, lon, lat\n1 2 3\n}\n", "area is 'missing'"),
        ("a.diam", "area = x\ncrater = {diameter, lon, lat\n1 2 3\n}\n", "area is 'x'"),
        ("a.scc", "Total_area = 5\ncrater = {diam, lon, lat\n1 2 3\n", "ends half-way"),
        ("a.scc", "crater = {diam, lon, lat\n1 2\n}\n", "does not have the 3 values"),
        ("a.diam", "area = 5\ncrater = {diameter, lon, lat\n1 2 3\n4 5", "ends half-way|3 values"),
        ("a.diam", "area = 5\ncrater = {diameter, lon, lat\n1 2 3\n4 5 6", "ends half-way"),
        ("a.diam", "1 2 3 4 5\n", "no table of craters"),
        ("a.diam", "Area <km^2> = 5\n1 30 2 7\n", "without their names"),
        ("a.diam", "Area <km^2> = 5\n1 907000 2000\n", "metres of a map"),
        ("a.scc", "Total_area = 5\ncrater = {diam, lon, lat\n1 2 3\n}\n", "a_axis_radius = 1737.4"),
    ],
)
def test_what_is_no_count_is_refused_in_words(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(CatalogueError, match=message):
        read_catalogue(tmp_path / name)


CRATERS = ((33.016, 1.0, 28.98, 2.5), (30.6906, 0.75, 30.8, -1.25))
AXES = "".join(f"{axis}-axis radius = 1737.4 <km>\n" for axis in "abc")
BOUNDARY = (
    "unit_boundary = {vertex, sub_area, tag, lon, lat\n#\n# Area_name 1 = Südrand\n#\n"
    "1\t1\text\t27\t-2\n2\t1\text\t32\t-2\n3\t1\text\t32\t2\n4\t1\text\t27\t-2\n"
)
ROWS = "".join(f"{d}\t{f}\t{x}\t{y}\t1\n" for d, f, x, y in CRATERS)
TABLE = "crater = {diam, fraction, lon, lat, topo_scale_factor\n" + ROWS
BARE = "".join(f"{d} {x} {y}\n" for d, _, x, y in CRATERS)
GENERATED = " * Generated CRS (+proj=tmerc +lat_0=42 +a=1737400 +b=1737400 +units=m +no_defs)"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hyphens.scc", AXES + BOUNDARY + "}\nTotal_area = 23004.5 <km^2>\n" + TABLE + "}"),
        (
            "generated.scc",
            f"{AXES}coordinate_system_name = {GENERATED}\n{BOUNDARY}}}\n"
            f"Total_area = 23004.5 <km^2>\nTotal_perimeter = 606.5 <km>\n{TABLE}}}",
        ),
        ("superscript.scc", AXES + "Total_area = 23004.5 <km²>\n" + TABLE + "}\n"),
        ("square_metres.scc", AXES + "Total_area = 23004500000 <m^2>\n" + TABLE + "}\n"),
        ("open.diam", "# Area, <km^2>\narea = 23004.5\n" + TABLE),
        ("closed.diam", "area=23004.5\n" + TABLE.replace(", ", ",") + "}"),
        ("fractions.diam", "Area <km^2> = 23004.5\n#diameter, fraction, lon, lat\n"
         + ROWS.replace("\t1\n", "\n")),
        ("commas.diam", "area = 23004,5\n" + TABLE.replace("\n", " \n").replace(".", ",") + "}"),
        ("plain_units.scc", AXES.replace("1737.4 <km>", "1737400.0 m")
         + "Total_area = 23004500000 m^2\n" + TABLE + "}\n"),
        ("semicolons.diam", "area = 23004,5 ; a comment\n; another; of km\n"
         + TABLE.replace(", ", "; ").replace("\t", ";").replace(".", ",") + "}"),
        ("ended.diam", "area = 23004.5\n"
         + TABLE.replace(", ", ";").replace("\t", ";").replace("\n", ";\n") + "}"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_the_dialects_of_other_tools_are_read(tmp_path, name, text, encoding):
    (tmp_path / name).write_bytes(text.encode(encoding))
    catalogue = read_catalogue(tmp_path / name)
    assert catalogue.footprint_area_km2 == 23004.5
    assert catalogue.radius_m == 1737400.0
    columns = ["diameter_km", "fraction", "lon", "lat"]
    assert catalogue.craters[columns].to_numpy().tolist() == [list(row) for row in CRATERS]


def test_a_second_table_is_refused(tmp_path):
    (tmp_path / "a.diam").write_text(2 * f"area = 5e4\n{TABLE}}}\n")
    with pytest.raises(CatalogueError, match="more than one table crater"):
        read_catalogue(tmp_path / "a.diam")


def test_bare_rows_after_an_area_are_diameters_and_places(tmp_path):
    (tmp_path / "a.diam").write_text("Area <km^2> = 23004.5\n#\n#vertex_id, lon, lat\n" + BARE)
    catalogue = read_catalogue(tmp_path / "a.diam")
    assert catalogue.diameters.tolist() == [33.016, 30.6906]
    assert catalogue.positions.tolist() == [[28.98, 2.5], [30.8, -1.25]]


def test_metres_that_a_comment_names_are_metres(tmp_path):
    text = "# Diameter (m)\n# Area (km2): 23004.500000\n330.5\n250\n"
    (tmp_path / "a.diam").write_text(text)
    catalogue = read_catalogue(tmp_path / "a.diam")
    assert catalogue.diameters.tolist() == [0.3305, 0.25]
    assert catalogue.footprint_area_km2 == 23004.5


def test_the_advice_on_a_count_without_an_area_works(tmp_path):
    path = tmp_path / "a.diam"
    path.write_text("crater = {diameter\n1.5\n}\n")
    with pytest.raises(CatalogueError, match=r"a line such as area = 100 <km\^2>"):
        read_catalogue(path)
    path.write_text("area = 100 <km^2>\n" + path.read_text())
    assert read_catalogue(path).footprint_area_km2 == 100.0


def test_areas_of_one_number_are_told_by_their_vertices(tmp_path):
    squares = [(0, 0), (10, 0)]
    rows = [
        f"{i}\t1\text\t{x + dx}\t{y + dy}"
        for x, y in squares
        for i, (dx, dy) in enumerate([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)], 1)
    ]
    boundary = "unit_boundary = {vertex, sub_area, tag, lon, lat\n" + "\n".join(rows) + "\n}\n"
    (tmp_path / "a.scc").write_text(AXES + boundary + "Total_area = 5000 <km^2>\n" + TABLE + "}")
    footprint = read_catalogue(tmp_path / "a.scc").footprint
    assert footprint.equals(shapely.MultiPolygon([shapely.box(x, 0, x + 1, 1) for x in (0, 10)]))


def test_an_outline_that_crosses_itself_may_have_a_hole(tmp_path):
    rings = {
        "ext": [(0, 0), (10, 10), (10, 0), (0, 10), (0, 0)],
        "int": [(1, 4), (2, 4), (2, 6), (1, 6), (1, 4)],
    }
    rows = [
        f"{i}\t{ring}\t{tag}\t{x}\t{y}"
        for ring, (tag, points) in enumerate(rings.items(), 1)
        for i, (x, y) in enumerate(points, 1)
    ]
    (tmp_path / "a.scc").write_text(
        "a_axis_radius = 1737.4 <km>\nunit_boundary = {vertex, sub_area, tag, lon, lat\n#\n"
        + "\n".join(rows)
        + "\n}\nTotal_area = 44000 <km^2>\ncrater = {diam, fraction, lon, lat\n5 1 5 5\n}\n"
    )
    footprint = read_catalogue(tmp_path / "a.scc").footprint
    halves = shapely.MultiPolygon(
        [shapely.Polygon([(0, 0), (5, 5), (0, 10)]), shapely.Polygon([(10, 0), (5, 5), (10, 10)])]
    )
    assert footprint.equals(halves - shapely.box(1, 4, 2, 6))


def test_an_outline_across_the_antimeridian_stays_in_one_piece(tmp_path):
    ring = [(179, 0), (-179, 0), (-179, 1), (179, 1), (179, 0)]
    rows = "\n".join(f"{i}\t1\text\t{x}\t{y}" for i, (x, y) in enumerate(ring, 1))
    boundary = "unit_boundary = {vertex, sub_area, tag, lon, lat\n" + rows + "\n}\n"
    (tmp_path / "a.scc").write_text(AXES + boundary + "Total_area = 5000 <km^2>\n" + TABLE + "}")
    assert read_catalogue(tmp_path / "a.scc").footprint.area == pytest.approx(2.0)


def test_the_advice_on_rows_without_names_works(tmp_path):
    path, rows = tmp_path / "a.diam", "1.5 30 2 7\n0.5 31 2 7\n"
    path.write_text("area = 5\n" + rows)
    with pytest.raises(CatalogueError, match=r"crater = \{diameter, lon, lat above them and \}"):
        read_catalogue(path)
    path.write_text("area = 5\ncrater = {diameter, lon, lat, number\n" + rows + "}\n")
    assert read_catalogue(path).positions.tolist() == [[30.0, 2.0], [31.0, 2.0]]


@pytest.mark.parametrize("area", ["0", "-3", "0 <km^2>"])
def test_an_area_must_be_larger_than_nothing(tmp_path, area):
    (tmp_path / "a.diam").write_text(f"area = {area}\ncrater = {{diameter\n1\n}}\n")
    with pytest.raises(CatalogueError, match=r"area is .* larger than 0"):
        read_catalogue(tmp_path / "a.diam")


@pytest.mark.parametrize("metres", [(260, 270, 280, 290, 300), (1100, 2200), (40,) * 4000])
def test_metres_are_told_by_the_ground_that_they_do_not_fit_on(tmp_path, metres):
    rows = "".join(f"{one}\n" for one in metres)
    path = tmp_path / "a.diam"
    path.write_text("area = 1000\ncrater = {diameter\n" + rows + "}\n")
    with pytest.raises(CatalogueError, match=r"do not fit on .* crater = \{diameter_m"):
        read_catalogue(path)
    path.write_text(path.read_text().replace("{diameter", "{diameter_m"))
    assert read_catalogue(path).diameters.max() == max(metres) / 1000.0


def test_a_crater_larger_than_the_ground_may_be_counted(tmp_path):
    (tmp_path / "a.diam").write_text(
        "area = 100\ncrater = {diameter, fraction\n30 1\n900 1e-4\n}\n"
    )
    assert len(read_catalogue(tmp_path / "a.diam")) == 2


def test_a_total_area_that_its_outline_does_not_enclose_is_said(lunar, tmp_path):
    wrong = lunar.with_info(footprint=shapely.box(0, 0, 1, 1), footprint_area_km2=1e6)
    write_catalogue(wrong, tmp_path / "a.scc")
    with pytest.warns(CratersWarning, match="area is 1e\\+06 km2, but its outline encloses 919"):
        read_catalogue(tmp_path / "a.scc")


@pytest.mark.parametrize("suffix", [".scc", ".diam", ".gpkg", ".parquet", ".fgb"])
def test_craters_of_another_body_stay_there(tmp_path, suffix):
    table = pd.DataFrame({"lon": [30.0], "lat": [0.0], "diameter_km": [2.0]})
    mars = Catalogue(table, sphere.geographic_crs(3396190.0), footprint_area_km2=1e4)
    write_catalogue(mars, tmp_path / f"a{suffix}")
    assert read_catalogue(tmp_path / f"a{suffix}").radius_m == pytest.approx(3396190.0)
    for other in (".csv", ".geojson"):
        with pytest.raises(CatalogueError, match=r"radius of 3396\.19 km.* takes for the Moon"):
            write_catalogue(mars, tmp_path / f"b{other}")


@pytest.mark.parametrize("suffix", [".scc", ".diam", ".gpkg", ".geojson", ".parquet", ".fgb"])
def test_another_sphere_of_the_moon_is_kept(lunar, tmp_path, suffix):
    moon = Catalogue(lunar.craters, sphere.geographic_crs(1738000.0), footprint_area_km2=1e4)
    write_catalogue(moon, tmp_path / f"a{suffix}")
    assert read_catalogue(tmp_path / f"a{suffix}").radius_m == pytest.approx(1738000.0)


@pytest.mark.parametrize(
    "ground",
    [
        shapely.box(-180, -90, 180, 90),
        shapely.box(-180, -60, 180, 60) - shapely.box(-100, -10, 100, 10),
        shapely.box(-100, -60, 100, 60),
    ],
)
@pytest.mark.parametrize("lon_domain", [None, 360])
def test_outlines_with_edges_over_180_degrees_are_read_again(tmp_path, ground, lon_domain):
    craters = pd.DataFrame({"lon": [0.0], "lat": [30.0], "diameter_km": [5.0]})
    area_km2 = sphere.area_km2(ground)
    catalogue = Catalogue(craters, MOON, ground, area_km2, lon_domain=lon_domain)
    write_catalogue(catalogue, tmp_path / "a.scc")
    again = read_catalogue(tmp_path / "a.scc").footprint
    assert again.is_valid
    assert again.symmetric_difference(ground).area < 1e-6


def _write_count(path, ring, area_km2):
    rows = "".join(f"{i}\t1\text\t{lon}\t{lat}\n" for i, (lon, lat) in enumerate(ring, 1))
    path.write_text(
        "a_axis_radius = 1737.4 <km>\nunit_boundary = {vertex, sub_area, tag, lon, lat\n#\n"
        f"{rows}}}\nTotal_area = {area_km2:.3f} <km^2>\n"
        "crater = {diam, fraction, lon, lat, topo_scale_factor\n5\t1\t177\t0\t1\n}\n"
    )


def test_an_outline_past_180_degrees_is_brought_to_the_map(tmp_path):
    ground = shapely.box(170, -10, 190, 10)
    _write_count(tmp_path / "a.scc", ground.exterior.coords, sphere.area_km2(ground))
    again = read_catalogue(tmp_path / "a.scc").footprint
    both = shapely.union(shapely.box(170, -10, 180, 10), shapely.box(-180, -10, -170, 10))
    assert again.equals(both)


@pytest.mark.filterwarnings("default:.*outline encloses")
def test_an_outline_that_encloses_nothing_is_said_and_left_out(tmp_path):
    _write_count(tmp_path / "a.scc", [(lon, 80) for lon in range(0, 361, 10)], 1e6)
    with pytest.warns(CratersWarning, match="1e.06 km2, but its outline encloses 0 km2"):
        assert read_catalogue(tmp_path / "a.scc").footprint is None
