"""Tables as other programs write them."""

import pytest

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.errors import CatalogueError, CratersWarning

ROWS = ((-169.5, 2.0, 3.0), (10.25, -45.5, 1.5), (0.125, 60.0, 0.75))
PREAMBLE = "A catalogue\n====\n\nLongitude: degrees\nLatitude: degrees\nDiameter: metres\n====\n"


def lines(heading, form, sep="\n"):
    return sep.join([heading, *(form.format(*row) for row in ROWS)]) + sep


def read(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return read_catalogue(path)


def assert_read(catalogue):
    assert catalogue.positions.tolist() == [list(row[:2]) for row in ROWS]
    assert catalogue.diameters == pytest.approx([row[2] for row in ROWS])


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv", "a.dat", "a.tab"])
@pytest.mark.parametrize(
    "text",
    [
        lines("Longitude\tLatitude\tDiameter(km)", "{}\t{}\t{}"),
        PREAMBLE + lines("Lonitude(degree)\tLatitude(degree)\tDiameter(km)", "{}\t{}\t{}"),
        lines("lon lat diam_km", "{} {}   {}"),
        lines("# lon lat diam_km", "{} {}   {}"),
        "# made by hand\n" + lines("lon,lat,diam_km", "{},{},{}") + "# the end\n",
        lines("lon,lat,diam_km", "{},{},{}", sep="\r"),
        "sep=;\n" + lines("lon;lat;diam_km", "{};{};{}"),
        lines('"lon","lat","diam_km"', '"{}","{}","{}"'),
        lines("lon,lat,diam_km,note", "{},{},{},999"),
        lines("Feature_Name,Lat (N),Lon (E),D[km],", "x,{1},{0},{2},"),
    ],
)
def test_separators_preambles_and_comments_do_not_matter(tmp_path, name, text):
    assert_read(read(tmp_path / name, text))


def test_the_first_value_of_rows_that_are_one_longer_names_the_row(tmp_path):
    rows = ['"lon","lat","diameter_km"']
    rows += [f'"{i}",{lon},{lat},{d}' for i, (lon, lat, d) in enumerate(ROWS, 1)]
    assert_read(read(tmp_path / "a.csv", "\n".join(rows)))
    assert_read(read(tmp_path / "b.csv", "\n".join(rows).replace('"', "")))


@pytest.mark.parametrize("missing", ["NA", ""])
@pytest.mark.parametrize("form", ["{0},{1},{2}", "{2},{0},{1}", "{2},{1},{0}"])
def test_rows_that_are_one_longer_have_names_though_their_last_column_is_missing(
    tmp_path, form, missing
):
    rows = [form.format("lon", "lat", "diameter_km") + ",sd"]
    rows += [f'"{i}",{form.format(*row)},{missing}' for i, row in enumerate(ROWS, 1)]
    assert_read(read(tmp_path / "a.csv", "\n".join(rows)))


def test_numbers_that_may_be_names_of_rows_or_longitudes_are_refused(tmp_path):
    rows = "\n".join(["lon,lat,diameter_km,sd", "17,2,3,4,", "3,4,5,6,"])
    with pytest.raises(CatalogueError, match="5 values where the heading has 4 names"):
        read(tmp_path / "a.csv", rows)
    named = read(tmp_path / "b.csv", rows.replace(",\n", ",NA\n") + "NA")
    assert set(named.positions[:, 0]) == {2.0, 4.0}


@pytest.mark.parametrize("heading", ["lon,lat,diameter_km", "id,lon,lat,diameter_km,sd"])
def test_separators_at_the_ends_of_rows_do_not_matter(tmp_path, heading):
    rows = ["1,10,20,5,0.5,", "2,11,21,6,0.6,", "3,12,22,7,0.7,"]
    rows = rows if heading.startswith("id") else [row[2:-4] for row in rows]
    catalogue = read(tmp_path / "a.csv", "\n".join([heading, *rows]))
    assert sorted(catalogue.positions.tolist()) == [[10, 20], [11, 21], [12, 22]]


@pytest.mark.parametrize("note", ["", "fresh"])
def test_a_separator_after_an_empty_last_column_does_not_matter(tmp_path, note):
    rows = ["lon,lat,diameter_km,note", f"1,20,5,{note},", "2,21,6,,", "3,22,7,,"]
    catalogue = read(tmp_path / "a.csv", "\n".join(rows))
    assert sorted(catalogue.positions.tolist()) == [[1, 20], [2, 21], [3, 22]]


def test_commas_in_quotes_at_the_end_of_a_row_do_not_make_it_longer(tmp_path):
    rows = ["lon,lat,diameter_km,note", '1,20,5,"old, dim"', '2,21,6,"a ""b"", c"']
    catalogue = read(tmp_path / "a.csv", "\n".join(rows))
    assert sorted(catalogue.positions.tolist()) == [[1, 20], [2, 21]]


@pytest.mark.parametrize("heading", ["name,lon,lat,diameter_km", "#name,lon,lat,diameter_km"])
def test_names_may_begin_with_a_hash(tmp_path, heading):
    text = "# names, of craters\n" + lines(heading, "#1,{},{},{}") + "# as, they, are\n"
    with pytest.warns(CratersWarning, match="'#1,-169.5,2.0,3.0', are read as craters"):
        assert_read(read(tmp_path / "a.csv", text))


def test_names_may_begin_with_a_hash_beside_others_that_are_numbers(tmp_path):
    for name in ("1234", "."):
        text = f"name,lon,lat,diameter_km\n#1,1,2,3\n{name},2,3,4\n#3,4,5,6\n"
        with pytest.warns(CratersWarning, match="are read as craters"):
            assert len(read(tmp_path / "a.csv", text)) == 3


@pytest.mark.parametrize("comment", ["#10,20,5", "# the last ones", "#", "#,,,"])
def test_lines_whose_numbers_are_none_are_comments(tmp_path, recwarn, comment):
    text = lines("lon,lat,diam_km", "{},{},{}") + comment + "\n"
    assert_read(read(tmp_path / "a.csv", text))
    text = lines("name lon lat diam_km", "A {} {} {}") + comment + " of four\n"
    assert_read(read(tmp_path / "b.txt", text))
    assert not [one for one in recwarn if issubclass(one.category, CratersWarning)]


@pytest.mark.parametrize("comment", ["# second part,,,", "#2,2,3,4", "#,2,3,4"])
def test_lines_with_a_hash_are_comments_where_the_first_column_has_numbers(
    tmp_path, recwarn, comment
):
    text = lines("id,lon,lat,diam_km", "7{2:.0f},{0},{1},{2}")
    first, rest = text.split("\n", 1)
    for number, part in enumerate(([first, comment, rest], [first, rest + comment])):
        assert_read(read(tmp_path / f"{number}.csv", "\n".join(part) + "\n"))
    assert_read(read(tmp_path / "c.txt", (text + comment).replace(",", " ") + "\n"))
    assert not [one for one in recwarn if issubclass(one.category, CratersWarning)]


def test_an_empty_value_at_the_end_of_rows_is_none(tmp_path):
    assert_read(read(tmp_path / "a.csv", lines("lon,lat,diameter_km", "{},{},{},")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (lines("lon,lat,diameter_km", "{},{},{},7,8"), "5 values where the heading has 3"),
        (lines("lon,lat,diameter_km", "{2},{0},{1},7"), "4 values where the heading has 3"),
        ("lon,lat,diameter_km\n1,2,3\n4,5,6,7,8\n", "row 2: it has 5 values where the heading"),
        ("lon,lat,diameter_km\n30,1,2,3,4\n", "decimals with a point"),
        ("name lat lon diam\nAbbe 1 2 3\nAl Bakri 4 5 6\n", "put commas between the columns"),
        ("i,row_p,col_p,radius_p\n1,2,3,4\n", "x_px, y_px and diameter_px in pixels"),
        ("diameter_km\n1\n2\n", "diameters alone are read from a .diam, below a line area = 100 <"),
        ("1,2,3\n4,5,6\n", "put a line above the numbers"),
        ("Abbe,63.98,-57.58,174.77\nAbbot,10.4,5.6,54.7\n", "put a line above the numbers"),
        ("lon;lat;diameter_km\n30,5;1.5;2\n", "row 1: lon is '30,5'"),
        ("lon,lat,diameter\n1,2,12 km\n", "name the unit in the heading"),
    ],
)
def test_rows_that_do_not_fit_their_heading_are_refused(tmp_path, text, message):
    with pytest.raises(CatalogueError, match=message):
        read(tmp_path / "a.csv", text)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_are_read(tmp_path, separator):
    rows = separator.join(["lon", "lat", "diameter_km"])
    for row in ROWS:
        rows += "\n" + separator.join(str(value).replace(".", ",") for value in row)
    assert_read(read(tmp_path / "a.csv", rows))


def test_commas_that_may_part_thousands_are_refused(tmp_path):
    with pytest.raises(CatalogueError, match="diameter_m is '33,016'"):
        read(tmp_path / "a.csv", "lon\tlat\tdiameter_m\n10\t20\t33,016\n11\t21\t512\n")
    catalogue = read(tmp_path / "b.csv", "lon;lat;diameter_km\n28,123;2,456;1,234\n")
    assert catalogue.positions.tolist() == [[28.123, 2.456]]
    assert catalogue.diameters.tolist() == [1.234]


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-8-sig"])
def test_the_encoding_of_names_does_not_matter(tmp_path, encoding):
    heading = "编号,Longitude(°),Latitude(°),Diameter(km)"
    assert_read(read(tmp_path / "a.csv", lines(heading, "7,{},{},{}"), encoding))


def test_angles_may_name_their_direction(tmp_path):
    text = "Name,Lat,Lon,Diam(km)\nTycho,43.3S,11.2W,85\nProclus,16.1N,46.8 E,28\n"
    catalogue = read(tmp_path / "a.csv", text)
    assert catalogue.positions.tolist() == [[-11.2, -43.3], [46.8, 16.1]]


def test_advice_on_a_table_without_a_heading_works(tmp_path):
    with pytest.raises(CatalogueError, match="lon,lat,diameter_km"):
        read(tmp_path / "a.csv", "10,20,3\n11,21,4\n")
    assert len(read(tmp_path / "a.csv", "lon,lat,diameter_km\n10,20,3\n11,21,4\n")) == 2


def test_geometries_of_a_text_are_said_not_to_be_read(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_text('lon,lat,diameter_km,geometry\n1,2,3,"POLYGON ((1 2, 2 2, 2 3, 1 2))"\n')
    read_catalogue(path)
    assert "the geometries of a text table are not read" in caplog.text
