import csv

import pytest

from lunarcraters.dating.record import AreaAge, Dating, ModelAge, write_table

AGE = ModelAge(craters=3.0, note="few")


@pytest.mark.parametrize(("estimated", "number"), [(None, 13), (AGE, 22)])
def test_a_table_has_columns_of_estimates_where_there_are_some(tmp_path, estimated, number):
    one = AreaAge(area="a", area_km2=9.0, min_km=1.0, max_km=8.0, raw=AGE, estimated=estimated)
    dating = Dating(system="s", binning="sqrt2", edge="centre", min_score=0.0, areas=(one,))
    write_table(dating, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["area"], row["raw_note"], len(row)) == ("a", "few", number)
    assert row.get("estimated_note") == (estimated and "few")
