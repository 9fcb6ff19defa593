"""The record `craters.json` of a model file: a `ModelInfo` as JSON.

The keys are those of the first version of the program, so that every version reads every file. An
empty object stands for what was not measured.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from lunarcraters.network.model_info import (
    Calibration,
    DiameterErrors,
    Int8Info,
    ModelInfo,
    ScoreCalibration,
    Texture,
)
from lunarcraters.network.presets import Photometric

T = TypeVar("T")


@dataclass(frozen=True)
class Empty:
    """An empty object: not measured."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True)
class ScoreCurve:
    """Score calibration of a file that was calibrated without regard to size.

    Attributes:
        raw: Network scores, rising, (k,).
        precision: Precision at each network score, (k,).
    """

    raw: tuple[float, ...]
    precision: tuple[float, ...]


Scores = ScoreCalibration | ScoreCurve | Empty


@dataclass(frozen=True)
class CalibrationRecord:
    """A calibration.

    Attributes:
        thresholds: Score thresholds by name of the operating point.
        scores: Score calibration.
        diameter_sd: Diameter errors.
    """

    thresholds: dict[str, float]
    scores: Scores
    diameter_sd: DiameterErrors | Empty

    @classmethod
    def of(cls, calibration: Calibration) -> "CalibrationRecord":
        """Make the record of a calibration."""
        return cls(
            thresholds=calibration.thresholds,
            scores=_scores_record(calibration.scores),
            diameter_sd=calibration.diameter_sd or Empty(),
        )

    def calibration(self) -> Calibration:
        """Make the calibration of the record."""
        return Calibration(
            thresholds=self.thresholds,
            scores=_scores(self.scores),
            diameter_sd=_measured(self.diameter_sd),
        )


@dataclass(frozen=True)
class ModelRecord:
    """The member `craters.json` of a model file.

    Attributes:
        preset: Name of the preset, or `foreign`.
        heads: Names of the output channels.
        photometry: Normalisation of the grey values, `local` or `unit`; `relief` of heights.
        diameters_px: Smallest and largest diameter that one octave detects, pixels.
        input_size: Side of the input, pixels; null for any multiple of the stride.
        thresholds: Score thresholds by name of the operating point.
        scores: Score calibration.
        diameter_sd: Diameter errors.
        finer: Calibrations of runs on an enlarged mosaic, by finest octave ("-1", "-2").
        mirrored: Calibration of test-time augmentation.
        eight_bit: Description of the int8 form.
        tuned_on: Texture of the images that a tuned model is for.
        training: Data, settings and versions of the training.
    """

    preset: str
    heads: tuple[str, ...]
    photometry: Photometric
    diameters_px: tuple[float, float]
    input_size: int | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    scores: Scores = Empty()
    diameter_sd: DiameterErrors | Empty = Empty()
    finer: dict[str, CalibrationRecord] = field(default_factory=dict)
    mirrored: CalibrationRecord | Empty = Empty()
    eight_bit: Int8Info | Empty = Empty()
    tuned_on: Texture | Empty = Empty()
    training: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, info: ModelInfo) -> "ModelRecord":
        """Make the record of a description."""
        return cls(
            preset=info.preset,
            heads=info.heads,
            photometry=info.photometry,
            diameters_px=info.diameters_px,
            input_size=info.input_size,
            thresholds=info.thresholds,
            scores=_scores_record(info.scores),
            diameter_sd=info.diameter_sd or Empty(),
            finer={str(octave): CalibrationRecord.of(c) for octave, c in info.finer.items()},
            mirrored=Empty() if info.tta is None else CalibrationRecord.of(info.tta),
            eight_bit=info.int8 or Empty(),
            tuned_on=info.tuned_on or Empty(),
            training=info.training,
        )

    def info(self) -> ModelInfo:
        """Make the description of the record."""
        tta = _measured(self.mirrored)
        return ModelInfo(
            preset=self.preset,
            heads=self.heads,
            photometry=self.photometry,
            diameters_px=self.diameters_px,
            input_size=self.input_size,
            thresholds=self.thresholds,
            scores=_scores(self.scores),
            diameter_sd=_measured(self.diameter_sd),
            finer={int(octave): record.calibration() for octave, record in self.finer.items()},
            tta=None if tta is None else tta.calibration(),
            int8=_measured(self.eight_bit),
            tuned_on=_measured(self.tuned_on),
            training=self.training,
        )


def _measured(record: T | Empty) -> T | None:
    """Convert an empty object to None."""
    return None if isinstance(record, Empty) else record


def _scores_record(scores: ScoreCalibration | None) -> Scores:
    """Make the record of a score calibration."""
    if scores is None:
        return Empty()
    if not scores.diameter_px:
        return ScoreCurve(scores.raw, scores.precision[0])
    return scores


def _scores(record: Scores) -> ScoreCalibration | None:
    """Make the score calibration of a record."""
    if isinstance(record, ScoreCurve):
        return ScoreCalibration((), record.raw, (record.precision,))
    return _measured(record)
