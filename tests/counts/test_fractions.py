"""Parts of craters on areas of a catalogue that was counted by parts before."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import lunarcraters as lc
from lunarcraters.catalogue.filter import CraterFilter
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.counts.areas import count_on_areas
from lunarcraters.errors import OptionError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area, make_box_area

pytestmark = pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")

MOON = sphere.geographic_crs()
INNER = np.array([-1.0, -1.0, 1.0, 1.0])
AREAS = [(-180, -90, 180, 90), (-2, -2, 2, 2), (0, -2, 5, 2), (-0.5, -0.7, 0.6, 0.5)]


def craters(west):
    random = np.random.default_rng(5)
    lon, lat = random.uniform(-2.0, 2.0, (2, 300))
    table = pd.DataFrame({"lon": west + lon, "lat": lat, "score": 0.5})
    return Catalogue(table.assign(diameter_km=random.uniform(2.0, 20.0, 300)), MOON)


def by_parts(catalogue, edges):
    area = make_box_area(*edges)
    taken = CraterFilter(area=area, fractions=True).apply(catalogue)
    ground = area.to_lonlat()
    return taken.with_info(footprint=ground, footprint_area_km2=sphere.area_km2(ground))


@pytest.mark.parametrize("west", [0.0, 180.0])
@pytest.mark.parametrize("edges", AREAS)
def test_a_crater_counts_for_its_part_on_both_areas(west, edges):
    shift = np.array([west, 0.0, west, 0.0])
    before = by_parts(craters(west), shift + INNER)
    second = np.array(edges, float) if edges[0] == -180 else shift + edges
    (count,) = count_on_areas(before, {"a": make_box_area(*second)}, "fractions")
    both = np.append(np.maximum(edges, INNER)[:2], np.minimum(edges, INNER)[2:])
    expected = by_parts(craters(west), shift + both)
    assert count.catalogue.craters["crater_id"].tolist() == expected.craters["crater_id"].tolist()
    np.testing.assert_allclose(
        count.catalogue.craters["fraction"], expected.craters["fraction"], atol=0.02
    )
    assert count.count(0.0).counts.sum() == pytest.approx(expected.craters["fraction"].sum())


@pytest.mark.parametrize("edges", [(-1, 2, 1, 4), (-180, 80, 180, 90), (179, -90, 181, -88)])
def test_only_craters_near_the_parallels_of_an_area_are_placed_on_the_sphere(edges, monkeypatch):
    random = np.random.default_rng(5)
    lon, lat = random.uniform(-180, 180, 5000), random.uniform(-90, 90, 5000)
    table = pd.DataFrame({"lon": lon, "lat": lat, "diameter_km": random.uniform(1, 300, 5000)})
    all_craters, area = Catalogue(table, MOON), make_box_area(*edges)
    shares = area.compute_shares(all_craters.positions, all_craters.diameters)
    placed, place = [], sphere.unit_vectors

    def place_counting(lon, lat):
        placed.append(np.size(lon))
        return place(lon, lat)

    monkeypatch.setattr(sphere, "unit_vectors", place_counting)
    monkeypatch.setattr(Area, "compute_shares", lambda area, at, sizes: np.ones(len(at)))
    touching = CraterFilter(area=area, fractions=True).apply(all_craters)
    inside = all_craters.craters["crater_id"][shares > 0.0]
    assert set(inside) <= set(touching.craters["crater_id"])
    assert max(placed) < 2000


def test_an_export_of_parts_on_larger_ground_changes_none(tmp_path):
    before = by_parts(craters(0.0), INNER)
    before.to_file(tmp_path / "a.scc")
    lc.export(tmp_path / "a.scc", tmp_path / "b.gpkg", area=(-9, -9, 9, 9), fractions=True)
    one, other = (lc.read_catalogue(tmp_path / name).craters for name in ("a.scc", "b.gpkg"))
    np.testing.assert_array_equal(one["fraction"], other["fraction"])


def test_where_the_ground_is_not_known_the_smaller_part_counts():
    before = by_parts(craters(0.0), INNER).with_info(footprint=None)
    after = CraterFilter(area=make_box_area(0, -2, 2, 2), fractions=True).apply(before)
    both = by_parts(craters(0.0), (0.0, -1.0, 1.0, 1.0)).craters.set_index("crater_id")["fraction"]
    parts = after.craters.set_index("crater_id")["fraction"]
    assert (parts.reindex(both.index) >= both - 0.02).all()
    assert (parts <= before.craters.set_index("crater_id")["fraction"].reindex(parts.index)).all()


def test_a_crater_without_a_part_has_that_on_both_areas():
    before = by_parts(craters(0.0), INNER)
    unknown = before.with_fractions(np.full(len(before), np.nan))
    half = Area(shapely.box(0, -3, 3, 3), MOON)
    after, expected = (CraterFilter(area=half, fractions=True).apply(c) for c in (unknown, before))
    np.testing.assert_allclose(after.craters["fraction"], expected.craters["fraction"], atol=0.02)


@pytest.mark.parametrize("edges", AREAS)
def test_with_other_rules_craters_whose_centre_is_on_both_areas_count_as_a_whole(edges, tmp_path):
    before = by_parts(craters(0.0), INNER)
    areas = {"a": make_box_area(*edges)}
    positions = before.positions
    low, high = np.maximum(edges[:2], INNER[:2]), np.minimum(edges[2:], INNER[2:])
    expected = ((positions > low) & (positions < high)).all(axis=1).sum()
    (count,) = count_on_areas(before, areas, "centre")
    assert count.count(0.0).counts.sum() == expected
    before.to_file(tmp_path / "a.scc")
    done = lc.export(tmp_path / "a.scc", tmp_path / "b.gpkg", area=edges)
    exported = lc.read_catalogue(tmp_path / "b.gpkg").craters
    assert (done.written, len(exported), "fraction" in exported) == (expected, expected, False)


@pytest.mark.parametrize("edges", AREAS[1:])
def test_buffered_craters_count_as_a_whole_where_their_centre_is_on_the_ground(edges):
    before, areas = by_parts(craters(0.0), INNER), {"a": make_box_area(*edges)}
    (count,) = count_on_areas(before, areas, "buffered")
    whole = craters(0.0).with_info(footprint=before.footprint)
    whole = whole.rows((np.abs(whole.positions) < 1.0).all(axis=1))
    (buffered,) = count_on_areas(whole, areas, "buffered")
    assert count.count(0.0).counts.sum() == buffered.count(0.0).counts.sum()


def test_clusters_of_a_catalogue_of_parts_need_whole_craters(tmp_path):
    by_parts(craters(0.0), INNER).to_file(tmp_path / "a.scc")
    with pytest.raises(OptionError, match="parts of craters"):
        lc.export(tmp_path / "a.scc", tmp_path / "b.gpkg", without_clusters=True)
    lc.export(tmp_path / "a.scc", tmp_path / "b.gpkg", area=tuple(INNER), without_clusters=True)
    assert (np.abs(lc.read_catalogue(tmp_path / "b.gpkg").positions) < 1.0).all()


def save_edited(catalogue, path):
    """Write craters, with one moved to the eastern edge of the ground and one added there."""
    catalogue.to_file(path)
    collection = json.loads(path.read_text())
    inside = next(one for one in collection["features"] if one["properties"]["fraction"] == 1.0)
    inside["geometry"] = {"type": "Point", "coordinates": [1.0, 0.1]}
    added = {"crater_id": None, "lon": 1.0, "lat": -0.1, "diameter_km": 3.0, "review": "added"}
    collection["features"].append({"type": "Feature", "properties": added, "geometry": None})
    path.write_text(json.dumps(collection))
    return inside["properties"]["crater_id"]


@pytest.mark.parametrize(("has_ground", "part"), [(True, 0.5), (False, 1.0)])
def test_added_and_moved_craters_have_the_part_on_the_ground(tmp_path, has_ground, part):
    before = by_parts(craters(0.0), INNER)
    if not has_ground:
        before = before.with_info(footprint=None)
    moved = save_edited(before, tmp_path / "edited.geojson")
    after = lc.read_catalogue(tmp_path / "edited.geojson")
    parts = after.craters.set_index("crater_id")["fraction"]
    assert parts[[moved, "A0000001"]].tolist() == pytest.approx([part, part], abs=0.02)
    others = before.craters.set_index("crater_id")["fraction"].drop(moved)
    np.testing.assert_array_equal(parts[others.index], others)
    (count,) = count_on_areas(after)
    assert count.count(0.0).counts.sum() == pytest.approx(others.sum() + 2 * part, abs=0.04)


def test_a_crater_drawn_in_a_geopackage_has_the_part_on_the_ground(tmp_path):
    path = tmp_path / "edited.gpkg"
    before = by_parts(craters(0.0), INNER)
    before.to_file(path)
    drawn = shapely.Point(-1.0, 0.0).buffer(0.05)
    beyond = shapely.Point(-1.5, 0.0).buffer(0.05)
    frame = gpd.GeoDataFrame(geometry=[drawn, beyond], crs=MOON)
    pyogrio.write_dataframe(frame, path, layer="added_craters", driver="GPKG")
    after = lc.read_catalogue(path).craters.set_index("review").loc["added", "fraction"]
    assert sorted(after) == pytest.approx([0.0, 0.5], abs=0.02)
