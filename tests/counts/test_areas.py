import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import CRS

from lunarcraters import api
from lunarcraters.catalogue.csfd import SizeFrequency
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.counts.areas import WHOLE, count_on_areas, pool_counts
from lunarcraters.counts.buffered import WidenedGround
from lunarcraters.detection.run import MASK
from lunarcraters.errors import AreaError, CatalogueError, CratersWarning
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area, make_box_area, place_area
from lunarcraters.mosaic.mosaic import open_mosaic
from tests.hazard.grounds import DEGREES, degrees, write_mask, write_run

MOON = sphere.geographic_crs()
KM_PER_DEG = np.pi * 1737.4 / 180.0
GROUND = shapely.box(-5, -5, 5, 5)


def catalogue(lon, diameters, ground=GROUND, **columns):
    craters = pd.DataFrame({"lon": lon, "lat": np.zeros(len(lon)), "diameter_km": diameters})
    area = None if ground is None else sphere.area_km2(ground)
    return Catalogue(craters.assign(**columns), MOON, ground, area)


def box(west, south, east, north):
    return make_box_area(west, south, east, north)


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_every_area_has_its_own_craters_and_ground():
    craters = catalogue([-2.0, 0.5, 0.6, 3.0], [1.0, 2.0, 3.0, 4.0])
    counts = count_on_areas(craters, {"west": box(-5, -1, 0, 1), "east": box(0, -1, 10, 1)})
    assert [one.name for one in counts] == ["west", "east"]
    assert [len(one.catalogue) for one in counts] == [1, 3]
    # The east reaches beyond the ground, which ends at 5 degrees.
    assert counts[0].area_km2 == pytest.approx(counts[1].area_km2, rel=1e-9)
    assert counts[0].area_km2 == pytest.approx(sphere.area_km2(shapely.box(-5, -1, 0, 1)))


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_an_area_that_was_not_searched_has_a_row_and_no_ground():
    craters = catalogue([0.5], [1.0])
    inside, outside = count_on_areas(craters, {"a": box(0, 0, 1, 1), "b": box(20, 0, 21, 1)})
    assert (inside.area_km2 > 0, outside.area_km2, len(outside.catalogue)) == (True, 0.0, 0)
    with pytest.raises(AreaError, match="nothing of any area"):
        count_on_areas(craters, {"b": box(20, 0, 21, 1)})


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_the_mask_of_a_run_is_opened_once_for_all_areas(run, monkeypatch):
    write_mask(run / MASK, DEGREES, degrees(-5, 5, 0.1), np.ones((100, 100), bool))
    areas = {str(west): box(west, -1, west + 1, 1) for west in range(-5, 5)}
    opened = []

    def open_counting(name):
        opened.append(name)
        return open_mosaic(name)

    monkeypatch.setattr("lunarcraters.mask.cog.open_mosaic", open_counting)
    counts = count_on_areas(run, areas)
    assert opened == [run / MASK]
    expected = [sphere.area_km2(area.outline) for area in areas.values()]
    assert [one.area_km2 for one in counts] == pytest.approx(expected, rel=1e-5)


def test_the_ground_of_areas_is_measured_without_its_outline(run, monkeypatch):
    write_mask(run / MASK, DEGREES, degrees(-5, 5, 0.1), np.ones((100, 100), bool))
    areas = {str(west): box(west, -1, west + 1.03, 1.07) for west in range(-5, 5)}
    outlined = count_on_areas(run, areas, outlines=True)
    monkeypatch.setattr("lunarcraters.mask.footprint._lonlat_outline", None)  # it takes longest
    counts = count_on_areas(run, areas)
    assert [one.area_km2 for one in counts] == [one.area_km2 for one in outlined]
    assert all(one.catalogue.craters.equals(other.catalogue.craters)
               for one, other in zip(counts, outlined, strict=True))  # fmt: skip
    assert all(one.catalogue.footprint.area > 1.9 for one in outlined)


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
@pytest.mark.parametrize("edge", ["centre", "fractions", "buffered"])
def test_an_area_that_holds_no_centre_of_a_pixel_has_no_ground(tmp_path, edge):
    run = write_run(
        tmp_path / "run", DEGREES, degrees(-5, 5, 0.1), np.ones((100, 100)), [(0.5, 0.5, 2.0, 0.9)]
    )
    areas = {"large": box(0, 0, 1, 1), "small": box(0.49, 0.49, 0.51, 0.51)}
    large, small = count_on_areas(run, areas, edge)
    assert (small.area_km2, len(small.catalogue), small.widened) == (0.0, 0, None)
    assert large.area_km2 > 0.0
    outlines = [area.outline for area in areas.values()]
    gpd.GeoDataFrame({"name": [*areas]}, geometry=outlines, crs=MOON).to_file(tmp_path / "a.gpkg")
    api.plot_csfd(run, tmp_path / "a.png", area=tmp_path / "a.gpkg", edge=edge)
    bins = api.csfd(run, area=tmp_path / "a.gpkg", edge=edge).bins
    assert {one.area for one in bins if one.raw} == {"large"}


def test_without_areas_all_the_ground_counts():
    (count,) = count_on_areas(catalogue([0.5, 9.0], [1.0, 1.0]))
    assert (count.name, len(count.catalogue)) == (WHOLE, 2)
    assert count.area_km2 == sphere.area_km2(GROUND)


def test_one_warning_tells_which_ground_counts():
    areas = {"a": box(0, 0, 1, 1), "b": box(1, 0, 2, 1)}
    with pytest.warns(CratersWarning, match="does not tell which ground was searched") as warned:
        count_on_areas(catalogue([0.5], [1.0], ground=None), areas)
    assert len(warned) == 1


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_a_crater_on_the_edge_counts_by_the_rule():
    half = 2.0 * KM_PER_DEG  # reaches one degree to both sides
    craters = catalogue([0.0, 0.5, 3.0], [half, 1.0, 1.0])
    area = {"a": box(0, -2, 2, 2)}
    counts = {
        edge: count_on_areas(craters, area, edge)[0].count(0.0).counts.sum()
        for edge in ("centre", "fractions", "buffered")
    }
    assert counts["fractions"] == pytest.approx(1.5, abs=0.02)
    assert counts["buffered"] == 2.0


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_buffered_ground_is_wider_by_the_radius_of_the_crater():
    # Steiner: a convex area of side s grows to s^2 + 4 s r + pi r^2.
    side = 2.0 * KM_PER_DEG
    (count,) = count_on_areas(catalogue([0.0], [10.0]), {"a": box(-1, -1, 1, 1)}, "buffered")
    areas = count.widened.areas_km2(np.array([1.0, 10.0, 40.0]))
    for diameter, area_km2 in zip((1.0, 10.0, 40.0), areas, strict=True):
        r = diameter / 2.0
        assert area_km2 == pytest.approx(side**2 + 4 * side * r + np.pi * r**2, rel=2e-3)
    # No wider than the ground that was searched.
    (count,) = count_on_areas(
        catalogue([0.0], [10.0], shapely.box(-1, -1, 1, 1)), {"a": box(-1, -1, 1, 1)}, "buffered"
    )
    assert count.widened.areas_km2(np.array([40.0]))[0] == pytest.approx(count.area_km2, rel=1e-4)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_buffered_counts_on_a_thin_line_have_the_density_of_the_ground():
    # Craters strewn at random: the density on a line, where centres hardly ever lie, is theirs.
    random = np.random.default_rng(3)
    lon, lat = random.uniform(-4.5, 4.5, (2, 20000))
    craters = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": np.full(20000, 5.0)})
    strewn = Catalogue(craters, MOON, GROUND, sphere.area_km2(GROUND))
    line = Area(shapely.LineString([(-3, -3), (3, 2)]).buffer(0.001), MOON)
    (count,) = count_on_areas(strewn, {"graben": line}, "buffered")
    counted = count.count(0.0)
    density = 20000 / sphere.area_km2(shapely.box(-4.5, -4.5, 4.5, 4.5))
    assert counted.cumulative[0] == pytest.approx(density, rel=3 / counted.counts[0] ** 0.5)
    assert counted.counts[0] > 300


def test_an_area_as_large_as_half_the_moon_is_not_widened():
    globe = shapely.box(-180, -90, 180, 90)
    with pytest.warns(CratersWarning), pytest.raises(AreaError, match="third of the Moon"):
        count_on_areas(catalogue([0.0], [1.0], globe), {"a": box(-90, -80, 90, 80)}, "buffered")


def test_pooled_counts_are_on_all_the_ground():
    one = count_on_areas(catalogue([0.0, 1.0], [1.0, 5.0]))[0].count(0.0)
    two = count_on_areas(catalogue([0.0], [0.3]))[0].count(0.0)
    pooled = pool_counts([one, two])
    assert pooled.counts.sum() == 3.0
    assert pooled.area_km2 == pytest.approx(2 * sphere.area_km2(GROUND))
    assert pooled.cumulative[0] == pytest.approx(3.0 / pooled.area_km2)


def test_pooled_craters_stay_in_their_bins_with_their_parts():
    one = count_on_areas(catalogue([0.0, 1.0], [1.0, 5.0]))[0].count(0.0)
    two = count_on_areas(catalogue([0.0], [0.3], fraction=[0.5]))[0].count(0.0)
    none = count_on_areas(catalogue([], []))[0].count(0.0)
    pooled = pool_counts([one, two, none])
    some = pooled.counts > 0.0
    assert pooled.edges[:-1][some] == pytest.approx([0.25, 1.0, 4.0])
    assert pooled.edges[-1] == pytest.approx(32.0**0.5)
    assert pooled.counts[some].tolist() == [0.5, 1.0, 1.0]
    assert pooled.variances[some].tolist() == [0.25, 1.0, 1.0]


def test_an_area_without_craters_adds_its_ground_to_buffered_counts():
    edges, wide = np.array([1.0, 2.0**0.5, 2.0]), np.array([110.0, 120.0])
    some = SizeFrequency(edges, np.array([2.0, 1.0]), 100.0, bin_areas_km2=wide)
    none = SizeFrequency(np.ones(1), np.empty(0), 50.0, bin_areas_km2=np.empty(0))
    assert pool_counts([some, none]).areas_km2.tolist() == [160.0, 170.0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_pooled_buffered_counts_are_on_the_widened_ground_of_all_areas(tmp_path):
    # A has the small craters, B the large one, and C has none.
    craters = catalogue([-3.0, -3.0, 3.0], [5.0, 8.0, 30.0])
    outlines = [shapely.box(x, -1.0, x + 0.1, 1.0) for x in (-3.05, 2.95, 0.0)]
    areas = tmp_path / "rilles.gpkg"
    gpd.GeoDataFrame({"name": list("ABC")}, geometry=outlines, crs=MOON).to_file(areas)
    pooled = api.plot_csfd(craters, tmp_path / "a.png", area=areas, edge="buffered")
    rows = pd.DataFrame(api.csfd(craters, area=areas, edge="buffered").bins)
    by_bin = rows.groupby("min_km")[["area_km2", "raw"]].sum()
    assert pooled.counts.tolist() == by_bin.raw.tolist()
    assert pooled.areas_km2 == pytest.approx(by_bin.area_km2.tolist())
    record = pooled.record()
    assert record.areas_km2[-1] > 2.0 * record.areas_km2[0] > 2.0 * record.area_km2
    widths = np.diff(record.edges_km)
    assert record.differential == pytest.approx(record.counts / (record.areas_km2 * widths))


def test_errors_are_those_of_the_craters_that_count():
    (count,) = count_on_areas(catalogue([0.0, 1.0], [1.1, 1.2], fraction=[1.0, 0.5]))
    errors = count.count_with_errors(0.0)
    assert (errors.values[0], errors.covariance[0, 0]) == (1.5, 1.25)
    assert errors.events == 2
    (whole,) = count_on_areas(catalogue([0.0, 1.0], [1.1, 1.2]))
    assert whole.count_with_errors(0.0).events == 2


def test_a_catalogue_without_an_area_or_coordinates_is_refused():
    with pytest.raises(CatalogueError, match="area that the craters were counted on"):
        count_on_areas(catalogue([0.0], [1.0], ground=None))
    pixels = Catalogue(pd.DataFrame({"x": [1.0], "y": [1.0], "diameter_px": [9.0]}), None)
    with pytest.raises(CatalogueError, match="in pixels"):
        count_on_areas(pixels)


def test_an_area_of_more_than_half_the_moon_is_not_the_rest_of_it():
    crs = CRS.from_proj4(f"+proj=laea +lat_0=20 +lon_0=100 +R={sphere.RADIUS_M} +type=crs")
    area = place_area(shapely.Point(0.0, 0.0).buffer(3.2e6, 64), crs)
    craters = catalogue([100.0, -80.0], [10.0, 10.0], None)
    for edge in ("centre", "fractions"):
        with pytest.warns(CratersWarning, match="which ground was searched"):
            (one,) = count_on_areas(craters, {"most": area}, edge)
        assert one.catalogue.positions.tolist() == [[100.0, 0.0]]
        assert one.area_km2 == pytest.approx(np.pi * 3200.0**2, rel=2e-3)
    with pytest.raises(AreaError, match="third of the Moon"):
        WidenedGround(area, craters.info, one.area_km2).areas_km2(np.array([10.0]))


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_a_run_may_be_named_by_an_object_that_has_a_path(run):
    write_mask(run / MASK, DEGREES, degrees(-5, 5, 0.1), np.ones((100, 100), bool))

    class Named:
        def __fspath__(self):
            return str(run)

    (run / "completeness.json").unlink()
    assert str(run) in api.csfd(run).note
    assert api.csfd(Named()).note == api.csfd(run).note
