import pytest

from lunarcraters.catalogue.headings import find_columns, find_sizes, is_catalogue, parse_heading


@pytest.mark.parametrize(
    ("name", "key", "unit"),
    [
        ("Diameter (km)", "diameter", "km"),
        ("Diameter(m)", "diameter", "m"),
        ("Diam [metres]", "diam", "m"),
        ("diameter in km", "diameter", "km"),
        ("Diameter, m", "diameter", "m"),
        ("DIAM_KM", "diam", "km"),
        ("DiameterKm", "diameter", "km"),
        ("D_m", "d", "m"),
        ("diameter <km>", "diameter", "km"),
        ("RADIUS_M", "radius", "m"),
        ("Longitude (deg E)", "longitude", "deg"),
        ("Lonitude(degree)", "lonitude", "deg"),
        ("Latitude(°)", "latitude", "deg"),
        ("Longitude(¡ã)", "longitude", ""),
        ("lon_deg", "lon", "deg"),
        ("Longitude (°W)", "longitude", "west"),
        ("West Longitude", "longitude", "west"),
        ("longitude_west", "longitude", "west"),
        ("lonw", "lon", "west"),
        ("diameter_k", "diameter", "km"),
        ("Diameter (", "diameter", "cut"),
        ("Diameter (m", "diameter", "cut"),
        ("Diameter (km", "diameter", "km"),
        ("Latitude (", "latitude", ""),
        ("Diameter_w (km)", "diameterw", "km"),
        ("Diameter_w", "diameterw", ""),
        ("D (deg)", "ddeg", ""),
        ("Diameter (px)", "diameter", "px"),
        ("crater_id", "craterid", ""),
    ],
)
def test_a_heading_is_split_into_its_name_and_unit(name, key, unit):
    heading = parse_heading(name)
    assert (heading.name, heading.key, heading.unit) == (name, key, unit)


@pytest.mark.parametrize(
    ("names", "columns", "factor"),
    [
        (["size_km", "Center_Longitude", "Center_Latitude"], ("size_km",), 1.0),
        (["lon", "lat", "Radius (m)", "Diameter (km)"], ("Diameter (km)",), 1.0),
        (["lon", "lat", "diameter", "diameter_m"], ("diameter_m",), 1e-3),
        (["lon", "lat", "d_ma (km)", "radius_m"], ("radius_m",), 2e-3),
        (
            ["LON_ELLI_IMG", "LAT_ELLI_IMG", "DIAM_ELLI_MAJOR_IMG", "DIAM_ELLI_MINOR_IMG"],
            ("DIAM_ELLI_MAJOR_IMG", "DIAM_ELLI_MINOR_IMG"),
            1.0,
        ),
        (
            ["x", "y", "semi_major_axis_m", "semi_minor_axis_m"],
            ("semi_major_axis_m", "semi_minor_axis_m"),
            2e-3,
        ),
        (["LON_EL_IM", "LAT_EL_IM", "D_E_MA_IM", "D_E_MI_IM", "DIAM_C_IM"], ("DIAM_C_IM",), 1.0),
    ],
)
def test_the_best_size_is_found(names, columns, factor):
    assert is_catalogue(names)
    best = find_sizes(names)[0]
    assert best.names == columns
    assert best.factor == pytest.approx(factor)


def test_centres_of_circles_come_before_those_of_ellipses():
    names = ["LAT_ELLI_IMG", "LON_ELLI_IMG", "LAT_CIRC_IMG", "LON_CIRC_IMG"]
    assert find_columns(names) == {"lon": "LON_CIRC_IMG", "lat": "LAT_CIRC_IMG"}
    assert find_columns(names[:2], ellipses=False) == {}


@pytest.mark.parametrize(
    "names",
    [
        ["West Longitude", "East Longitude", "lat", "diameter"],
        ["lon", "lat", "Diameter ("],
        ["x_m", "y_m", "diameter_m"],
        ["lon", "lat", "diameter (px)"],
        ["lon", "lat", "depth_km"],
    ],
)
def test_what_is_no_degree_or_length_is_not_taken_for_one(names):
    assert not is_catalogue(names)
