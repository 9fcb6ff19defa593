import numpy as np
import pandas as pd
import pytest
import shapely

from lunarcraters import api
from lunarcraters.catalogue.binning import BINNINGS
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.counts.areas import AreaCount
from lunarcraters.counts.stat_file import write_stat
from lunarcraters.errors import OptionError, OutputError
from lunarcraters.geometry import sphere

GROUND = shapely.box(-5, -5, 5, 5)


@pytest.fixture
def counted(tmp_path):
    """Craters with a bin in between that is empty."""
    sizes = np.concatenate([np.linspace(1.0, 1.99, 40), np.linspace(4.0, 6.0, 7)])
    craters = pd.DataFrame({"lon": 0.5, "lat": 0.0, "diameter_km": sizes, "score": 0.9})
    path = tmp_path / "counted.gpkg"
    Catalogue(craters, sphere.geographic_crs(), GROUND, sphere.area_km2(GROUND)).to_file(path)
    return path


def read(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return np.array([[float(word) for word in line.split()] for line in lines])


@pytest.mark.parametrize("binning", BINNINGS)
def test_a_count_is_written_with_its_empty_bins_and_the_end_of_the_last(counted, tmp_path, binning):
    table = api.csfd(counted, binning=binning, out=tmp_path / "a.stat")
    rows = read(tmp_path / "a.stat")
    assert rows.shape == (len(table.bins) + 1, 11)
    assert rows[:, 0] == pytest.approx([table.bins[0].min_km, *(one.max_km for one in table.bins)])
    assert rows[:-1, 1].tolist() == [one.raw for one in table.bins]
    assert 0.0 in rows[:-1, 1]
    assert rows[:, 10].tolist() == rows[:, 1].tolist()
    assert rows[0, 4] / rows[0, 5] == pytest.approx(sphere.area_km2(GROUND), rel=1e-7)
    assert not rows[-1, 1:].any()


@pytest.mark.parametrize("binning", BINNINGS)
def test_craterstats_reads_the_same_count_and_dates_it(craterstats, counted, tmp_path, binning):
    api.csfd(counted, binning=binning, out=tmp_path / "a.stat")
    api.export(counted, tmp_path / "a.scc")
    ours = craterstats.Cratercount(str(tmp_path / "a.stat"))
    theirs = craterstats.Cratercount(str(tmp_path / "a.scc"))
    name = {"sqrt2": "root-2", "10-per-decade": "10/decade"}.get(binning, binning)
    assert ours.area == pytest.approx(theirs.area, rel=1e-6)
    for presentation in ("cumulative", "differential", "R-plot"):
        one, other = (count.getplotdata(presentation, name) for count in (ours, theirs))
        assert one["d"] == pytest.approx(other["d"], rel=1e-6)
        assert one["y"] == pytest.approx(other["y"], rel=1e-6)
        assert one["err"] == pytest.approx(other["err"], rel=1e-6)
    functions = craterstats.Functionslist().functions
    system = "Moon, Neukum et al. (2001)"
    models = (
        craterstats.Productionfn(functions, system),
        craterstats.Chronologyfn(functions, system),
    )
    limits = [float(ours.binned["d_min"][0]), float(ours.binned["d_max"][-1])]
    ages = [craterstats.Craterpdf(*models, count, limits).t(0.5) for count in (ours, theirs)]
    assert ages[0] == pytest.approx(ages[1], rel=1e-6)


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_craters_that_count_in_part_are_events_as_a_whole(counted, tmp_path):
    api.csfd(counted, area=(0.5, -1.0, 1.5, 1.0), edge="fractions", out=tmp_path / "a.stat")
    rows = read(tmp_path / "a.stat")
    assert rows[:, 1].sum() == pytest.approx(47 / 2, rel=0.02)
    assert rows[:, 10].sum() == 47


def test_errors_are_those_of_the_craters_that_score_enough(tmp_path):
    craters = pd.DataFrame({"lon": 0.0, "lat": 0.0, "diameter_km": [1.1, 1.2, 1.5, 1.3]})
    craters = craters.assign(score=[0.9, 0.9, 0.9, 0.1], fraction=[1.0, 0.5, 1.0, 1.0])
    one = AreaCount("all", Catalogue(craters, sphere.geographic_crs()), 100.0)
    write_stat(one, 0.5, "sqrt2", tmp_path / "a.stat")
    rows = read(tmp_path / "a.stat")[:-1].T
    assert [rows[column].tolist() for column in (1, 4, 10)] == [[1.5, 1.0], [2.5, 1.0], [2.0, 1.0]]
    for density, number in ((2, 1), (5, 4), (8, 10)):
        assert rows[density + 1] == pytest.approx(rows[density] / np.sqrt(rows[number]))


@pytest.mark.filterwarnings("ignore::lunarcraters.errors.CratersWarning")
def test_what_a_stat_file_cannot_hold_is_refused(counted, tmp_path):
    import geopandas as gpd

    units = [shapely.box(-5, -5, 0, 5), shapely.box(0, -5, 5, 5)]
    gpd.GeoDataFrame(geometry=units, crs=sphere.geographic_crs()).to_file(tmp_path / "two.gpkg")
    with pytest.raises(OptionError, match="one area, and there are 2"):
        api.csfd(counted, area=tmp_path / "two.gpkg", out=tmp_path / "a.stat")
    with pytest.raises(OptionError, match="an area for each bin"):
        api.csfd(counted, area=(0, 0, 1, 1), edge="buffered", out=tmp_path / "a.stat")
    assert not (tmp_path / "a.stat").exists()
    (tmp_path / "a.stat").touch()
    with pytest.raises(OutputError, match="--overwrite"):
        api.csfd(counted, out=tmp_path / "a.stat")
