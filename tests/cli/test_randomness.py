import csv
import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from click.testing import CliRunner
from rasterio.transform import from_bounds

from benchmarks.strewn_craters import at_random, catalogue, in_clusters
from lunarcraters import api
from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.cli.export import command as export
from lunarcraters.cli.randomness import command
from lunarcraters.detection.run import CRATERS, MASK, RunResult, write_result
from lunarcraters.errors import AreaError, CatalogueError, OptionError, OutputError
from lunarcraters.geometry import sphere
from lunarcraters.mask.cog import NODATA

from ..rasters import write_raster

WEST, EAST = shapely.box(0, 0, 5, 10), shapely.box(5, 0, 10, 10)
GROUND = shapely.union(WEST, EAST)


def run(*arguments, of=command):
    return CliRunner().invoke(of, list(map(str, arguments)))


@pytest.fixture
def counted(tmp_path):
    """Random craters on two units, the eastern one of which has clusters of small ones too."""
    random, clusters = at_random(GROUND, 200, 1), in_clusters(EAST, 5, 12, 0.06, 2)
    sizes = np.concatenate([np.repeat([1.0, 2.0], 100), np.full(len(clusters), 1.1)])
    path = tmp_path / "counted.gpkg"
    catalogue(np.concatenate([random, clusters]), GROUND, sizes).to_file(path)
    units = gpd.GeoDataFrame(
        {"name": ["west", "east"]}, geometry=[WEST, EAST], crs=sphere.geographic_crs()
    )
    units.to_file(tmp_path / "units.gpkg")
    return path


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_the_table_the_json_and_the_file_say_the_same(counted, tmp_path):
    out, figure = tmp_path / "a.csv", tmp_path / "a.png"
    options = "--area", tmp_path / "units.gpkg", "-o", out, "--figure", figure
    told = run(counted, *options)
    assert told.exit_code == 0, told.output
    assert "clustered" in told.output
    assert figure.stat().st_size > 10_000
    record = json.loads(run(counted, *options[:2], "--json").output)
    rows = list(csv.DictReader(out.open()))
    assert [row["verdict"] or None for row in rows] == [one["verdict"] for one in record["bins"]]
    verdicts = {(one["area"], one["min_km"]): one["verdict"] for one in record["bins"]}
    assert verdicts["west", 1.0] == "random"
    assert verdicts["east", 1.0] == "clustered"
    assert isinstance(run(counted, "-o", out).exception, OutputError)


@pytest.mark.slow
def test_bins_that_were_not_tested_are_named(counted):
    told = run(counted, "--binning", "10-per-decade")
    assert "not tested (-): fewer than 10 craters" in told.output


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_the_function_gives_the_record_that_the_command_prints(counted):
    table = api.measure_randomness(counted, area=(0.0, 0.0, 5.0, 10.0))
    printed = run(counted, "--json").output
    assert table.bins[0].area == "0,0,5,10"
    assert json.loads(printed)["bins"][0]["craters"] > table.bins[0].craters


@pytest.mark.slow
def test_what_cannot_be_tested_is_said_in_a_sentence(counted, tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,diameter_km\n1,2,3\n")
    assert isinstance(run(tmp_path / "a.csv").exception, CatalogueError)
    (tmp_path / "a.diam").write_text("area = 5\ncrater = {diameter\n3\n}\n")
    assert "does not say where" in str(run(tmp_path / "a.diam").exception)
    refused = run(counted, "--figure", tmp_path / "a.pdf", "-o", tmp_path / "b.csv").exception
    assert isinstance(refused, OutputError)
    assert not (tmp_path / "b.csv").exists()
    away = tmp_path / "away.gpkg"
    gpd.GeoDataFrame(geometry=[shapely.box(50, 0, 51, 1)], crs=sphere.geographic_crs()).to_file(
        away
    )
    with pytest.warns(match="names an outline"):
        assert isinstance(run(counted, "--area", away).exception, AreaError)


@pytest.mark.parametrize("figure", ["a.pdf", "s3://bucket/a.png"])
def test_a_figure_that_cannot_be_written_is_refused_at_once(figure, monkeypatch):
    monkeypatch.setattr("lunarcraters.counts.areas.count_on_areas", pytest.fail)
    with pytest.raises(OutputError):
        api.measure_randomness("counted.gpkg", figure=figure)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_nodata_of_a_run_is_no_ground_of_random_craters(tmp_path):
    run, box = tmp_path / "run", (0.0, -2.0, 4.0, 2.0)
    run.mkdir()
    searched = np.zeros((400, 400), np.uint8)
    searched[100:300, 100:350] = NODATA
    affine = from_bounds(*box, 400, 400)
    write_raster(run / MASK, searched, "IAU_2015:30100", affine, nodata=NODATA)
    ground = shapely.box(*box) - shapely.box(1.0, -1.0, 3.5, 1.0)
    craters = catalogue(at_random(ground, 300, 4), ground)
    craters.to_file(run / CRATERS)
    write_result(RunResult(craters=300, tiles=1, unread_tiles={}, seconds=1.0), run)
    (row,) = api.measure_randomness(run, area=box).bins
    assert (row.craters, row.verdict) == (300, "random")
    assert row.area_km2 == pytest.approx(craters.footprint_area_km2, rel=1e-3)
    # The same craters on all of the box are clustered around the hole.
    anywhere = craters.with_info(footprint=None, footprint_area_km2=None)
    (row,) = api.measure_randomness(anywhere, area=box).bins
    assert row.verdict == "clustered"
    told = api.export(run, tmp_path / "a.gpkg", area=box, without_clusters=True)
    assert told.clustered < 3


@pytest.mark.slow
def test_an_export_leaves_members_of_clusters_out_if_asked_to(counted, tmp_path):
    plain = run(counted, tmp_path / "plain.gpkg", of=export)
    assert "clusters" not in plain.output
    assert len(read_catalogue(tmp_path / "plain.gpkg")) == len(read_catalogue(counted))
    told = run(counted, tmp_path / "a.gpkg", "--without-clusters", of=export)
    left = read_catalogue(tmp_path / "a.gpkg")
    dropped = len(read_catalogue(counted)) - len(left)
    assert 50 < dropped < 80
    assert f"{dropped} in clusters left out) in" in told.output
    assert left.info.limits.without_clusters
    verdicts = [row.verdict for row in api.measure_randomness(tmp_path / "a.gpkg").bins]
    assert "clustered" not in verdicts
    # An export of it still says so.
    api.export(tmp_path / "a.gpkg", tmp_path / "b.gpkg", min_diameter=1.5)
    assert read_catalogue(tmp_path / "b.gpkg").info.limits.without_clusters


def test_fractions_and_clusters_exclude_each_other(counted, tmp_path):
    options = "--bbox", "0,0,5,5", "--fractions", "--without-clusters"
    refused = run(counted, tmp_path / "a.gpkg", *options, of=export)
    assert isinstance(refused.exception, OptionError)
    assert not (tmp_path / "a.gpkg").exists()


def test_an_export_that_cannot_be_written_is_refused_before_clusters_are_sought(
    counted, tmp_path, monkeypatch
):
    def seek_nothing(*arguments):
        raise AssertionError("clusters were sought")

    monkeypatch.setattr("lunarcraters.catalogue.clusters.find_cluster_members", seek_nothing)
    for name in ("a.xyz", "none/a.csv", counted.name):
        refused = run(counted, tmp_path / name, "--without-clusters", of=export)
        assert isinstance(refused.exception, OutputError)
