"""Catalogues that were reviewed in a spreadsheet, which takes identifiers for numbers."""

import numpy as np
import pandas as pd
import pytest

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere


@pytest.fixture
def run(tmp_path):
    place = np.arange(40.0)
    table = pd.DataFrame(
        {"lon": place % 8, "lat": place // 8, "diameter_km": 1.0 + place / 20.0, "score": 0.5}
    )
    path = tmp_path / "run.parquet"
    write_catalogue(Catalogue(table, sphere.geographic_crs(), thresholds={"balanced": 0.4}), path)
    return path


@pytest.mark.parametrize("added", [False, True])
def test_identifiers_without_their_zeros_are_known_again(run, tmp_path, added):
    table = tmp_path / "reviewed.csv"
    write_catalogue(lc.read_catalogue(run), table)
    # As pandas and spreadsheets read it: 0000001 is 1, and 1.0 where a row has no identifier.
    sheet = pd.read_csv(table).assign(review="unseen")
    sheet.loc[:9, "review"] = "accepted"
    sheet.loc[10:11, "review"] = "rejected"
    if added:
        new = {"LON_CIRC_IMG": 20.0, "LAT_CIRC_IMG": 9.0, "DIAM_CIRC_IMG": 2.0, "review": "added"}
        sheet = pd.concat([sheet, pd.DataFrame([new])], ignore_index=True)
    sheet.to_csv(table, index=False)
    assert table.read_text().splitlines()[1].startswith("1.0,") is added
    result = lc.review(run, table)
    assert (result.counts.accepted, result.counts.rejected) == (10, 2)
    assert result.counts.added == added
