import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.measures import take_measures
from lunarcraters.catalogue.text import as_text


@pytest.mark.filterwarnings("error::DeprecationWarning:lunarcraters")
def test_a_column_of_empty_cells_is_one_of_empty_text():
    notes = take_measures(pd.DataFrame({"measure_note": [np.nan, np.nan]}))["measure_note"]
    assert notes.tolist() == ["", ""]


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["a", None, ""], ["a", "", ""]),
        ([1.5, np.nan], ["1.5", ""]),
        (pd.array([7, None], "Int64"), ["7", ""]),
    ],
)
def test_cells_are_text_and_empty_ones_are_empty(cells, text):
    assert as_text(pd.Series(cells)).tolist() == text
    assert as_text(pd.DataFrame({"a": cells}))["a"].tolist() == text
