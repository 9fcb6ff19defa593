import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.places import Places
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.errors import CatalogueError, CoordinateSystemError, CratersWarning, OutputError
from lunarcraters.geometry import sphere

CYLINDRICAL = "+proj=eqc +lat_ts=0 +lon_0=0 +R=1737400 +units=m +no_defs"
CRATERS = ((0.412, -56.041, 42.262), (0.25, -56.02, 42.251), (1.105, -56.06, 42.24))
GROUND = shapely.box(-56.08, 42.22, -56.0, 42.29)


def project(geometry, crs):
    return shapely.transform(
        geometry, lambda c: np.column_stack(sphere.from_lonlat(CRS.from_user_input(crs), *c.T))
    )


def draw_pair(folder, names=("unit_CRATER.shp", "unit_AREA.shp"), crs=CYLINDRICAL, ground=GROUND):
    """The pair that CraterTools draws in a map's projection."""
    diameters, lon, lat = np.array(CRATERS).T
    rims = np.stack(sphere.circle_points(lon, lat, diameters, 72), axis=-1)
    table = {"Diam_km": diameters, "x_coord": lon, "y_coord": lat, "tag": "standard"}
    outlines = [project(shapely.Polygon(rim), crs) for rim in rims]
    gpd.GeoDataFrame(table, geometry=outlines, crs=crs).to_file(folder / names[0])
    empty = {"area": [float("nan")], "area_name": [None]}
    gpd.GeoDataFrame(empty, geometry=[project(ground, crs)], crs=crs).to_file(folder / names[1])
    return folder / names[0]


@pytest.mark.parametrize(
    "names",
    [
        ("unit_CRATER.shp", "unit_AREA.shp"),
        ("CRATER_unit.shp", "AREA_unit.shp"),
        ("unit_crater.shp", "unit_area.shp"),
    ],
)
@pytest.mark.parametrize("crs", [CYLINDRICAL, "IAU_2015:30100"])
def test_a_pair_is_a_count_on_the_ground_that_is_drawn(tmp_path, names, crs):
    catalogue = read_catalogue(draw_pair(tmp_path, names, crs))
    assert catalogue.diameters.tolist() == [1.105, 0.412, 0.25]
    assert catalogue.positions[0].tolist() == [-56.06, 42.24]
    assert catalogue.footprint_area_km2 == pytest.approx(sphere.area_km2(GROUND), rel=1e-6)
    assert catalogue.footprint.symmetric_difference(GROUND).area < 1e-6
    # The largest crosses the western edge of the ground.
    assert catalogue.craters["fraction"].tolist() == pytest.approx([0.95, 1.0, 1.0], abs=0.01)


@pytest.mark.parametrize("away", [(0.0, -300e3), (20e3, 10e3)])
def test_a_pair_may_jump_at_the_antimeridian(tmp_path, away):
    polar = CRS.from_proj4("+proj=stere +lat_0=-90 +lon_0=0 +R=1737400 +units=m")
    at = np.add(away, np.stack(np.meshgrid([-1e5, -5e4, 0.0, 5e4], [3e4, 1e5]), -1).reshape(-1, 2))
    layers = {"a_CRATER.shp": shapely.buffer(shapely.points(at), 3e3),
              "a_AREA.shp": [shapely.Point(away).buffer(110e3)]}  # fmt: skip
    counts = []
    for crs in (polar, sphere.geographic_crs()):
        for name, shapes in layers.items():
            table = {"Diam_km" if "CRATER" in name else "area": np.full(len(shapes), 6.0)}
            gpd.GeoDataFrame(table, geometry=list(shapes), crs=polar).to_crs(crs).to_file(
                tmp_path / name
            )
        counts.append(read_catalogue(tmp_path / "a_CRATER.shp"))
    plane, degrees = counts
    assert len(degrees) == len(plane) > 4
    assert degrees.footprint_area_km2 == pytest.approx(plane.footprint_area_km2, rel=3e-3)
    away_km = sphere.distance_km(*degrees.positions.T, *plane.positions.T)
    assert sorted(away_km)[-1] < 0.01


def test_a_pair_without_its_area_is_a_layer_as_any_other(tmp_path):
    path = draw_pair(tmp_path)
    path.with_name("unit_AREA.shp").unlink()
    with pytest.warns(CratersWarning, match="unit_AREA.shp is not beside it"):
        catalogue = read_catalogue(path)
    assert len(catalogue) == 3
    assert catalogue.footprint_area_km2 is None


def test_craters_off_the_ground_are_left_out(tmp_path):
    small = shapely.box(-56.03, 42.24, -56.0, 42.29)
    assert read_catalogue(draw_pair(tmp_path, ground=small)).diameters.tolist() == [0.25]


def test_a_pair_needs_coordinate_systems_and_the_advice_works(tmp_path):
    path = draw_pair(tmp_path)
    saved = path.with_name("unit_AREA.prj").read_text()
    path.with_name("unit_AREA.prj").unlink()
    with pytest.raises(CatalogueError, match=r"put its \.prj beside it"):
        read_catalogue(path)
    path.with_name("unit_AREA.prj").write_text(saved)
    assert len(read_catalogue(path)) == 3


FLAT = "+a=1738140 +b=1735970 +type=crs"


@pytest.mark.parametrize("crs", [f"+proj=longlat {FLAT}", f"+proj=eqc {FLAT}", "EPSG:4326"])
def test_a_pair_on_a_flattened_body_is_refused(tmp_path, crs):
    path = draw_pair(tmp_path)
    for name in ("unit_CRATER", "unit_AREA"):
        (tmp_path / f"{name}.prj").write_text(CRS.from_user_input(crs).to_wkt("WKT1_ESRI"))
    with pytest.raises(CoordinateSystemError, match=r"of a flattened Moon|not of the Moon"):
        read_catalogue(path)


@pytest.fixture
def count():
    ground = shapely.MultiPolygon(
        [
            shapely.box(0, 0, 9, 9) - shapely.box(2, 2, 4, 4),
            shapely.box(175, -5, 180, 5),
            shapely.box(-180, -90, 180, -85),
        ]
    )
    table = pd.DataFrame(
        {
            "lon": [1.0, 8.9, 179.9, 30.0, 0.0],
            "lat": [1.0, 8.0, 0.0, -89.95, -90.0],
            "diameter_km": [20.0, 10.0, 30.0, 15.0, 1.0],
        }
    )
    return Catalogue(table, sphere.geographic_crs(), ground, sphere.area_km2(ground))


def test_a_catalogue_is_written_as_a_pair_and_read_back(count, tmp_path):
    path = tmp_path / "unit_CRATER.shp"
    write_catalogue(count, path)
    frame = gpd.read_file(path)
    assert frame.columns.tolist()[:4] == ["Diam_km", "x_coord", "y_coord", "tag"]
    assert (frame.geom_type == "Polygon").all()
    again = read_catalogue(path)
    assert again.footprint_area_km2 == pytest.approx(count.footprint_area_km2, rel=1e-6)
    pd.testing.assert_frame_equal(
        again.craters[["lon", "lat", "diameter_km"]], count.craters[["lon", "lat", "diameter_km"]]
    )
    assert "fraction" not in again.craters
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"unit_{kind}.{suffix}"
        for kind in ("AREA", "CRATER")
        for suffix in ("cpg", "dbf", "prj", "shp", "shx")
    ]


def test_the_outlines_of_a_pair_have_the_areas_of_their_circles(count, tmp_path):
    write_catalogue(count.rows(count.positions[:, 1] > -80), tmp_path / "unit_CRATER.shp")
    frame = gpd.read_file(tmp_path / "unit_CRATER.shp")
    places = Places(frame.geometry.to_numpy(), CRS.from_user_input(frame.crs.to_wkt()))
    assert places.diameters_km == pytest.approx(frame["Diam_km"].to_numpy(), rel=1e-4)


def test_fractions_of_a_pair_are_kept(count, tmp_path):
    write_catalogue(count.with_fractions(np.full(len(count), 0.5)), tmp_path / "a_CRATER.shp")
    assert (read_catalogue(tmp_path / "a_CRATER.shp").craters["fraction"] == 0.5).all()


def test_a_pair_needs_the_ground_and_the_advice_works(count, tmp_path):
    bare = count.with_info(footprint=None)
    with pytest.raises(CatalogueError, match=r"craters\.shp"):
        write_catalogue(bare, tmp_path / "a_CRATER.shp")
    assert list(tmp_path.iterdir()) == []
    write_catalogue(bare, tmp_path / "craters.shp")
    assert len(read_catalogue(tmp_path / "craters.shp")) == len(count)


def test_neither_of_a_pair_is_replaced_unless_told(count, tmp_path):
    (tmp_path / "a_AREA.shp").write_text("precious")
    with pytest.raises(OutputError, match=r"a_AREA\.shp exists"):
        write_catalogue(count, tmp_path / "a_CRATER.shp")
    assert (tmp_path / "a_AREA.shp").read_text() == "precious"
    write_catalogue(count, tmp_path / "a_CRATER.shp", overwrite=True)
    assert len(read_catalogue(tmp_path / "a_CRATER.shp")) == len(count)


def test_pixels_are_refused_as_in_any_shapefile(pixels, tmp_path):
    with pytest.raises(CatalogueError, match="craters in pixels have no place on the Moon"):
        write_catalogue(pixels, tmp_path / "a_CRATER.shp")
    assert list(tmp_path.iterdir()) == []


def test_nodata_that_is_in_no_outline_is_not_counted(tmp_path, caplog):
    ground = shapely.box(28, -2, 32, 2)
    table = pd.DataFrame({"lon": [30.0], "lat": [0.0], "diameter_km": [5.0]})
    area = 0.997 * sphere.area_km2(ground)
    count = Catalogue(table, sphere.geographic_crs(), ground, area)
    write_catalogue(count, tmp_path / "a_CRATER.shp")
    again = read_catalogue(tmp_path / "a_CRATER.shp")
    assert again.footprint_area_km2 == pytest.approx(area, rel=1e-6)
    assert again.footprint.hausdorff_distance(ground) < 0.005
    assert caplog.text == ""
    write_catalogue(count.with_info(footprint_area_km2=0.5 * area), tmp_path / "b_CRATER.shp")
    assert "the outline of the ground is 2" in caplog.text


@pytest.mark.parametrize("share", [0.999, 1.001, 1.0])
@pytest.mark.parametrize(
    "parts",
    [
        # A cell at a corner of the rest, as grids of cells leave it where an outline is sharp.
        (shapely.box(28, -2, 32, 2), shapely.box(27.996, 2, 28, 2.004)),
        (shapely.box(170, -5, 180, 5), shapely.box(-180, -5, -175, 5)),
        (shapely.box(-180, 85, 180, 90) - shapely.box(-10, 86, 10, 87),),
    ],
)
def test_polygons_of_the_ground_stay_apart_and_on_the_map(parts, share, tmp_path):
    ground = shapely.MultiPolygon(parts)
    table = pd.DataFrame({"lon": [0.0], "lat": [0.0], "diameter_km": [5.0]})
    area = share * sphere.area_km2(ground)
    write_catalogue(
        Catalogue(table, sphere.geographic_crs(), ground, area), tmp_path / "a_CRATER.shp"
    )
    drawn = gpd.read_file(tmp_path / "a_AREA.shp").geometry.to_numpy()
    assert shapely.MultiPolygon(list(drawn)).is_valid
    assert sum(map(sphere.area_km2, drawn)) == pytest.approx(area, rel=1e-6)
    # On a sphere, both ends of the map are one line, and its upper edge is one point.
    assert shapely.box(-179.999999, -89.99999, 179.999999, 89.99999).covers(drawn).all()
    assert shapely.MultiPolygon(list(drawn)).hausdorff_distance(ground) < 0.02


def test_craters_do_not_replace_the_area_of_a_pair(lunar, tmp_path):
    path = draw_pair(tmp_path)
    area = path.with_name("unit_AREA.shp")
    before = area.read_bytes()
    with pytest.raises(OutputError, match=r"give .*unit_CRATER\.shp for the pair"):
        write_catalogue(lunar, area, overwrite=True)
    assert area.read_bytes() == before


@pytest.mark.filterwarnings("error")
def test_a_pair_may_have_no_craters(lunar, tmp_path):
    write_catalogue(lunar.rows(slice(0)), tmp_path / "unit_CRATER.shp")
    assert len(read_catalogue(tmp_path / "unit_CRATER.shp")) == 0


def test_ground_of_more_than_half_the_moon_is_refused(tmp_path, three):
    wide = shapely.box(-99.0, -90.0, 99.0, 90.0)
    craters = Catalogue(three.craters, sphere.geographic_crs(), wide, sphere.area_km2(wide))
    with pytest.raises(CatalogueError, match="one outline round 55% of the Moon"):
        write_catalogue(craters, tmp_path / "globe_CRATER.shp")
    assert not list(tmp_path.iterdir())
