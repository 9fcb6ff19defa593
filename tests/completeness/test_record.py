import numpy as np
import pytest

from lunarcraters.completeness.record import (
    Completeness,
    CompletenessBin,
    Sun,
    read_completeness,
    write_completeness,
)
from lunarcraters.detection.measurements import COMPLETENESS
from lunarcraters.errors import RunError


@pytest.fixture
def record():
    bins = tuple(
        CompletenessBin(2.0 ** (k / 2), 2.0 ** ((k + 1) / 2), 100, 80, recall, 0.03,
                        (recall, recall / 2), 0.01, 0.1, 0.05)
        for k, recall in enumerate((0.6, 0.8))
    )  # fmt: skip
    return Completeness(bins, (), (0.0, 0.5), Sun(280.0, 25.0, "image"), 200, 0.2, 0)


def test_a_record_that_is_written_is_read_again(record, tmp_path):
    write_completeness(record, tmp_path)
    assert read_completeness(tmp_path) == record


def test_recall_lies_between_that_of_the_bins_and_falls_with_the_score(record):
    middles = [2.0**0.25, 2.0**0.75]
    np.testing.assert_allclose(record.recall(middles), [0.6, 0.8])
    np.testing.assert_allclose(record.recall(middles, 0.5), [0.3, 0.4])
    np.testing.assert_allclose(record.recall([0.1, 2.0**0.5, 90.0]), [0.6, 0.7, 0.8])


def test_a_run_without_a_measurement_names_the_command(tmp_path):
    with pytest.raises(RunError, match="craters completeness"):
        read_completeness(tmp_path)


@pytest.mark.parametrize("text", ["{", "{}", '{"bins": 3}'])
def test_a_damaged_record_is_refused_with_the_remedy(text, tmp_path):
    (tmp_path / COMPLETENESS).write_text(text)
    with pytest.raises(RunError, match="--overwrite"):
        read_completeness(tmp_path)


def test_a_record_of_another_version_is_refused(record, tmp_path):
    write_completeness(record, tmp_path)
    path = tmp_path / COMPLETENESS
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(RunError, match="another version"):
        read_completeness(tmp_path)
