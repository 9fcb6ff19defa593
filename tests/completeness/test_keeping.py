"""A measurement is kept for the detections and options that it was made with, and no others."""

import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.completeness import measure
from lunarcraters.completeness.measure import FOLDER, CompletenessOptions
from lunarcraters.completeness.record import (
    Completeness,
    CompletenessBin,
    Sun,
    find_completeness,
    read_completeness,
    write_completeness,
)
from lunarcraters.detection.measurements import COMPLETENESS
from lunarcraters.detection.run import CRATERS, read_run
from lunarcraters.errors import CratersWarning, OutputError, RunError

from ..hazard.grounds import DEGREES, degrees, write_run

BIN = CompletenessBin(1.0, 1.4, 100, 80, 0.8, 0.03, (0.8, 0.4), 0.01, 0.1, 0.05)
RECORD = Completeness((BIN,), (), (0.0, 0.95), Sun(280.0, 25.0, "image"), 100, 0.2, 0)


@pytest.fixture
def run(tmp_path):
    """A finished run of three craters."""
    craters = [[0.2, 0.2, 5.0, 0.9], [0.5, 0.5, 6.0, 0.8], [0.8, 0.8, 7.0, 0.7]]
    ground = np.ones((100, 100), bool)
    return write_run(tmp_path / "run", DEGREES, degrees(0.0, 1.0), ground, craters)


@pytest.fixture
def searches(monkeypatch):
    """Whether each search was resumed; one that is begun anew is killed."""
    resumed = []

    def search(folder, *_):
        is_resumed = (folder / "searched").exists()
        (folder / "searched").touch()
        resumed.append(is_resumed)
        if not is_resumed:
            raise KeyboardInterrupt
        return RECORD

    monkeypatch.setattr(measure, "choose_weights", lambda *_: nullcontext(Path("a.keras")))
    monkeypatch.setattr(measure, "_measure", search)
    return resumed


def measure_again(run, *options, **more):
    return measure.measure_completeness(
        run, None, Path("a.keras"), CompletenessOptions(*options), **more
    )


def lose_a_crater(run):
    """Change the detections, as a run does that is begun again for unread tiles."""
    write_catalogue(read_run(run).rows(slice(2)), run / CRATERS, overwrite=True)


def test_a_measurement_that_was_begun_is_not_resumed_with_other_detections(run, searches):
    with pytest.raises(KeyboardInterrupt):
        measure_again(run)
    lose_a_crater(run)
    with pytest.raises(RunError, match="before the run was made again"):
        measure_again(run)
    with pytest.raises(KeyboardInterrupt):
        measure_again(run, overwrite=True)
    measure_again(run)
    assert searches == [False, False, True]


def test_a_measurement_of_other_detections_is_left_out_with_a_warning(run, searches):
    with pytest.raises(KeyboardInterrupt):
        measure_again(run)
    record = measure_again(run)
    assert find_completeness(run) == record == measure_again(run)
    lose_a_crater(run)
    with pytest.warns(CratersWarning, match="other detections than the run has now"):
        assert find_completeness(run) is None
    for read in (read_completeness, measure_again):
        with pytest.raises(RunError, match=r"measure it again with craters completeness .*write"):
            read(run)


def test_a_measurement_of_an_earlier_version_does_not_tell_its_detections(run):
    write_completeness(RECORD, run)
    lose_a_crater(run)
    assert find_completeness(run) == RECORD


def test_equal_options_are_the_same(run, searches):
    with pytest.raises(KeyboardInterrupt):
        measure_again(run, 280, 25, 1, 0)
    record = measure_again(run, 280.0, 25.0, 1.0, 0)
    assert measure_again(run, np.float64(280), 25, np.int64(1), np.int64(0)) == record
    with pytest.raises(RunError, match="other options"):
        measure_again(run, 280, 25, 1, 1)


def test_what_a_killed_measurement_left_behind_is_removed(run, searches, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        measure_again(run)

    def be_killed(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", be_killed)
        with pytest.raises(KeyboardInterrupt):
            measure_again(run)
    assert (run / COMPLETENESS).exists()
    assert (run / FOLDER).exists()
    assert measure_again(run) == read_completeness(run)
    assert not (run / FOLDER).exists()


def test_the_directory_of_what_is_searched_may_be_a_link(run, searches, tmp_path):
    other = tmp_path / "other_disk"
    other.mkdir()
    (other / "old").touch()
    (run / FOLDER).symlink_to(other)
    with pytest.raises(KeyboardInterrupt):
        measure_again(run)
    assert {file.name for file in other.iterdir()} == {"plan.txt", "searched"}
    measure_again(run)
    assert searches == [False, True]
    assert not list(other.iterdir())
    (run / FOLDER).unlink()
    (run / FOLDER).symlink_to(tmp_path / "unplugged_disk")
    with pytest.raises(OutputError, match="completeness cannot be written"):
        measure_again(run, 10.0, overwrite=True)


def test_a_measurement_that_was_written_is_kept_where_no_directory_can_be_removed(
    run, searches, monkeypatch
):
    with pytest.raises(KeyboardInterrupt):
        measure_again(run)

    def fail(_):
        raise PermissionError

    monkeypatch.setattr(shutil, "rmtree", fail)
    assert measure_again(run) == read_completeness(run) == measure_again(run)


def test_what_another_measurement_has_begun_stays(run, searches):
    with pytest.raises(KeyboardInterrupt):
        measure_again(run)
    record = measure_again(run)
    with pytest.raises(KeyboardInterrupt):
        measure_again(run, None, None, 2.0, overwrite=True)
    assert measure_again(run) == record
    measure_again(run, None, None, 2.0, overwrite=True)
    assert searches == [False, True, False, True]


def test_recall_falls_to_nothing_above_the_last_score_that_was_measured():
    recall = [float(RECORD.recall(1.2, score)) for score in (0.95, 0.975, 1.0)]
    assert recall == pytest.approx([0.4, 0.2, 0.0])
    assert replace(RECORD, min_scores=(0.0, 0.5)).recall(1.2, 0.25) == pytest.approx(0.6)
