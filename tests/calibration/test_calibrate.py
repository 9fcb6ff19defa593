import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lunarcraters as lc
from lunarcraters.calibration import calibrate, trials
from lunarcraters.calibration.calibrate import calibrate_model
from lunarcraters.calibration.diameters import measure_diameter_errors
from lunarcraters.calibration.scores import choose_operating_points, fit_score_calibration
from lunarcraters.calibration.trials import measure_calibration
from lunarcraters.errors import DatasetError, ModelError, OptionError, OutputError
from lunarcraters.evaluation.matching import Matches, pool_matches
from lunarcraters.network.model_file import read_info, shipped_model, update_info
from lunarcraters.network.model_info import Calibration, ModelInfo, ScoreCalibration
from lunarcraters.network.score_calibration import calibrate_scores, interpolate_relative_sd
from lunarcraters.progress import no_progress_of


def test_operating_points_by_hand():
    thresholds = np.array([0.9, 0.7, 0.5, 0.3, 0.1])
    precision = np.array([1.0, 0.95, 0.8, 0.6, 0.4])
    recall = np.array([0.1, 0.3, 0.6, 0.7, 0.8])
    found = choose_operating_points(thresholds, precision, recall)
    assert found == {"balanced": 0.5, "complete": 0.3, "pure": 0.7}


def test_a_precision_that_is_never_reached_gives_the_highest():
    found = choose_operating_points(
        np.array([0.8, 0.2]), np.array([0.4, 0.3]), np.array([0.2, 0.5])
    )
    assert found["pure"] == found["complete"] == 0.8


def test_a_balanced_threshold_is_not_above_every_true_detection():
    found = choose_operating_points(
        np.array([0.9, 0.5, 0.3, 0.2]),
        np.array([0.0, 0.0, 1.0 / 3.0, 0.25]),
        np.array([0.0, 0.0, 1.0, 1.0]),
    )
    assert found == {"balanced": 0.3, "complete": 0.3, "pure": 0.3}


def test_balanced_thresholds_find_as_many_as_are_listed():
    found = np.arange(1, 101)
    true = np.cumsum(np.sin(found) > -0.3)  # the first is true, and not every later one
    thresholds = 1.0 - found / 101
    chosen = choose_operating_points(thresholds, true / found, true / 60)["balanced"]
    assert chosen == round(thresholds[59], 4)


def matches(ratio, score=None):
    """Detections of references of diameter 10; those of ratio NaN match none."""
    ratio = np.asarray(ratio, float)
    count, true = len(ratio), np.isfinite(ratio)
    return Matches(
        score=np.full(count, 0.5) if score is None else score,
        detected=10.0 * np.nan_to_num(ratio, nan=1.0),
        deviation=np.full(count, np.nan),
        reference_of=np.where(true, np.arange(count), -1),
        counted=np.ones(count, bool),
        offset=np.zeros((count, 2)),
        reference=np.full(count, 10.0),
        reference_counted=true,
    )


def test_diameter_errors_are_told_by_size_and_score():
    rng = np.random.default_rng(0)
    spread = {(10.0, 0.3): 0.3, (10.0, 0.9): 0.1, (56.0, 0.3): 0.2, (56.0, 0.9): 0.05}
    sizes, scores = (np.repeat([key[k] for key in spread], 500) for k in (0, 1))
    ratio = np.exp(rng.normal(0, np.repeat(list(spread.values()), 500)))
    errors = measure_diameter_errors(matches(ratio, scores), sizes)
    info = ModelInfo("m", ("mask",), "local", (8.0, 72.0), diameter_sd=errors)
    for (size, score), sd in spread.items():
        told = interpolate_relative_sd(np.array([size]), np.array([score]), info)
        assert told == pytest.approx(sd, rel=0.25)
    assert np.isfinite(
        interpolate_relative_sd(np.array([1.0, 500.0]), np.array([0.0, 1.0]), info)
    ).all()


def test_a_few_matches_give_one_error_for_all_sizes():
    found = measure_diameter_errors(matches(np.array([0.9, 1.0, 1.1])), np.array([9.0, 20.0, 60.0]))
    assert len(np.unique(found.relative_sd)) == 1


def test_diameters_are_compared_with_the_label_that_each_detection_matches():
    some = matches(np.array([2.0, 0.5, np.nan, 3.0]))
    labels = {"reference": some.detected[[1, 3, 0]], "reference_of": np.array([2, 0, -1, 1])}
    errors = measure_diameter_errors(replace(some, **labels), np.full(4, 20.0))
    assert np.max(errors.relative_sd) == 0.0


def test_detections_that_are_neither_true_nor_false_do_not_count_for_the_scores():
    score, sizes = np.tile(np.linspace(0.1, 0.9, 50), 4), np.tile([12.0, 20.0, 40.0, 80.0], 50)
    true = (score > 0.5) & np.tile([True, False], 100)
    some = matches(np.where(true, 1.0, np.nan), score)
    ignored = replace(some, counted=np.zeros(200, bool), reference_of=np.arange(200))
    calibration = fit_score_calibration(pool_matches([some, ignored]), np.tile(sizes, 2))
    assert calibration == fit_score_calibration(some, sizes)


def test_diameter_errors_go_by_the_size_in_the_octave():
    levels, ratio = np.repeat([0, 2], 200), np.repeat([1.1, 1.3], 200)
    craters = pd.DataFrame({"level": levels})
    trial = SimpleNamespace(
        diameters_px=np.full(400, 40.0),
        detections=SimpleNamespace(craters=craters, scores=np.full(400, 0.5)),
        match_labels=lambda scores=None: matches(ratio),
    )
    errors = measure_calibration([trial], (11.0, 64.0)).diameter_sd
    assert errors.relative_sd[0] == pytest.approx([np.log(1.3)] * 5, abs=1e-4)  # at 10 pixels
    assert errors.relative_sd[4] == pytest.approx([np.log(1.1)] * 5, abs=1e-4)  # at 40


@pytest.mark.parametrize(("smallest_px", "least_px"), [(np.inf, 11.0), (5.0, 11.0), (20.0, 20.0)])
def test_labels_count_from_11_pixels_or_from_their_smallest(monkeypatch, smallest_px, least_px):
    monkeypatch.setattr(trials, "measure_smallest_label", lambda pairs: smallest_px)
    assert trials.choose_min_pixels([]) == least_px


def test_labels_of_images_at_half_their_resolution_count_from_half_as_many_pixels(
    monkeypatch, tmp_path
):
    run = SimpleNamespace(read=lambda: None, pixel=0.1)
    for name in ("open_source", "detect", "read_pairs"):
        monkeypatch.setattr(trials, name, lambda *_, **__: run)
    monkeypatch.setattr(trials.Trials, "_copy", lambda self, share: [])
    split = trials.Trials([], tmp_path, 1, False, no_progress_of, 12.0)
    trial = split.search(tmp_path / "model.keras", "trying", precision="float32", share=0.5)
    assert trial.min_diameter == pytest.approx(0.6)


@pytest.mark.slow
@settings(deadline=None)
@given(st.integers(0, 1000), st.integers(1, 2000))
def test_calibrated_scores_are_precisions_and_keep_their_order_within_a_size(seed, count):
    rng = np.random.default_rng(seed)
    raw = rng.uniform(0.05, 0.9, count)
    true = rng.random(count) < raw**3
    true[0] = True
    sizes = rng.uniform(5, 300, count)
    calibration = fit_score_calibration(matches(np.where(true, 1.0, np.nan), raw), sizes)
    info = ModelInfo("m", ("mask",), "local", (8.0, 72.0), scores=calibration)
    for size in (5.0, 40.0, 300.0):
        told = calibrate_scores(raw, np.full(count, size), info)
        assert (np.diff(told[np.argsort(raw)]) >= 0).all()
        assert told.min() >= 0
        assert told.max() <= 1
    assert (np.diff(calibration.raw) > 0).all()
    assert (np.diff(calibration.precision, axis=1) > 0).all()
    told = calibrate_scores(raw, sizes, info)
    assert told.mean() == pytest.approx(true.mean(), abs=0.1 if count > 300 else 1)


def test_calibrated_scores_follow_the_precision_at_every_size():
    rng = np.random.default_rng(0)
    raw, sizes = rng.uniform(0.05, 0.95, 40_000), 2.0 ** rng.uniform(3.5, 7, 40_000)
    precision = raw**3 / (raw**3 + 3 * (1 - raw) ** 2 * (sizes / 16) ** 0.7)
    true = rng.random(len(raw)) < precision
    calibration = fit_score_calibration(matches(np.where(true, 1.0, np.nan), raw), sizes)
    info = ModelInfo("m", ("mask",), "local", (8.0, 72.0), scores=calibration)
    assert calibrate_scores(raw, sizes, info) == pytest.approx(precision, abs=0.02)


def test_a_file_calibrated_before_sizes_counted_is_read_as_it_was():
    scores = ScoreCalibration((), raw=(0.0, 0.5, 1.0), precision=((0.0, 0.8, 1.0),))
    info = ModelInfo("m", ("mask",), "local", (8.0, 72.0), scores=scores)
    told = calibrate_scores(np.array([0.25, 0.5]), np.array([10.0, 90.0]), info)
    assert told == pytest.approx([0.4, 0.8])


def test_a_split_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError):
        calibrate_model(tmp_path / "model.keras", tmp_path, "valid")


def test_a_split_without_labelled_craters_is_named_before_it_is_searched(tmp_path):
    for kind in ("images", "labels"):
        (tmp_path / "valid" / kind).mkdir(parents=True)
    (tmp_path / "valid" / "images" / "a.png").touch()
    (tmp_path / "valid" / "labels" / "a.txt").touch()
    with pytest.raises(DatasetError, match=r"no labelled crater in 'valid': label .* --split"):
        calibrate_model(tmp_path / "model.keras", tmp_path)


@pytest.mark.parametrize("classes", ["boulder", 1, ["boulder"]])
def test_the_class_to_calibrate_on_may_be_one_name_or_number(tmp_path, classes):
    (tmp_path / "data.yaml").write_text("names: [crater, boulder]\nval: valid/images\n")
    for kind, suffix, content in (("images", "png", ""), ("labels", "txt", "0 0.5 0.5 0.1 0.1\n")):
        (tmp_path / "valid" / kind).mkdir(parents=True)
        (tmp_path / "valid" / kind / f"a.{suffix}").write_text(content)
    with pytest.raises(DatasetError, match="no labelled crater in 'valid'"):
        lc.calibrate(shipped_model(), tmp_path, classes=classes)


def test_a_model_whose_file_cannot_be_replaced_is_refused_before_the_search(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *given: False)
    with pytest.raises(
        OutputError, match=r"wac\.keras cannot be written, because its directory is"
    ):
        lc.calibrate(shipped_model(), tmp_path)


@pytest.mark.parametrize("meanwhile", ["interrupted", "changed"])
def test_a_model_takes_a_calibration_whole_or_not_at_all(tmp_path, monkeypatch, meanwhile):
    model = tmp_path / "model.keras"
    shutil.copyfile(shipped_model(), model)
    kept = read_info(model).thresholds["balanced"] if meanwhile == "interrupted" else 0.8

    def add_int8(*_):
        if meanwhile == "interrupted":
            raise KeyboardInterrupt
        update_info(model, replace(read_info(model), thresholds={"balanced": 0.8}))
        return read_info(model)

    pair = SimpleNamespace(read_boxes=lambda: [0.0])
    dataset = SimpleNamespace(find_pairs=lambda split: [pair])
    trial = SimpleNamespace(require_matches=lambda *_: None)
    for name, result in (
        ("open_dataset", dataset),
        ("choose_min_pixels", 11.0),
        ("_search", trial),
        ("measure_calibration", Calibration({"balanced": 0.9})),
        ("_calibrate_finer", {}),
    ):
        monkeypatch.setattr(calibrate, name, lambda *_, result=result: result)
    monkeypatch.setattr(calibrate, "add_accurate_int8", add_int8)
    with pytest.raises(
        (KeyboardInterrupt, ModelError), match=r"^$|changed while it was calibrated"
    ):
        calibrate_model(model, tmp_path)
    assert read_info(model).thresholds["balanced"] == kept


@pytest.mark.parametrize("option", [{"classes": ("crater",)}, {"tta": True}])
def test_options_that_a_model_of_relief_does_not_have_are_refused(tmp_path, option):
    with pytest.raises(OptionError, match=f"leave --{next(iter(option))} out"):
        lc.calibrate(shipped_model(relief=True), tmp_path, **option)


def test_enlarged_searches_without_a_labelled_crater_measure_nothing(monkeypatch, tmp_path):
    def search(model, task, *, finest, **options):
        ratio = [np.nan, 1.0] if finest == -1 else [np.nan, np.nan]
        return SimpleNamespace(match_labels=lambda: matches(ratio))

    monkeypatch.setattr(calibrate, "measure_calibration", lambda trials, sizes: len(trials))
    trials = SimpleNamespace(search=search)
    found = calibrate._calibrate_finer(tmp_path / "model.keras", trials, "float32")
    assert found == {-1: 2}
