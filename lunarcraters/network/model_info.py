"""The description of a model: what its outputs are, how it is used, and its calibration."""

from dataclasses import dataclass, field, replace
from typing import Any

from lunarcraters.network.presets import Photometric


@dataclass(frozen=True)
class ScoreCalibration:
    """Precision of detections by their network score and diameter, on the validation split.

    Attributes:
        diameter_px: Diameters, pixels of the mosaic, rising, (m,). Empty in files that were
            calibrated without regard to size.
        raw: Network scores, rising from 0 to 1, (k,).
        precision: Precision for each diameter (row) and network score (column), (m, k); one row
            where `diameter_px` is empty.

    Raises:
        ValueError: The precision has another shape.
    """

    diameter_px: tuple[float, ...]
    raw: tuple[float, ...]
    precision: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Check the shape of the table."""
        _check_shape(self.precision, max(len(self.diameter_px), 1), len(self.raw))


@dataclass(frozen=True)
class DiameterErrors:
    """Relative standard deviation of diameters by diameter and calibrated score.

    Attributes:
        diameter_px: Diameters, pixels of the octave, rising, (m,).
        score: Calibrated scores, rising, (k,).
        relative_sd: Standard deviation divided by diameter, for each diameter (row) and score
            (column), (m, k).

    Raises:
        ValueError: The standard deviations have another shape.
    """

    diameter_px: tuple[float, ...]
    score: tuple[float, ...]
    relative_sd: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Check the shape of the table."""
        _check_shape(self.relative_sd, len(self.diameter_px), len(self.score))


@dataclass(frozen=True)
class Calibration:
    """Result of one calibration.

    Attributes:
        thresholds: Score thresholds by name of the operating point (`balanced` ...).
        scores: Precision by network score and diameter; None if not measured.
        diameter_sd: Diameter errors; None if not measured.
    """

    thresholds: dict[str, float] = field(default_factory=dict)
    scores: ScoreCalibration | None = None
    diameter_sd: DiameterErrors | None = None


@dataclass(frozen=True)
class Int8Comparison:
    """F1 of a network and of its int8 form at the threshold `balanced`.

    Attributes:
        float32: F1 of the network, 0 to 1.
        int8: F1 of the int8 form, 0 to 1.
    """

    float32: float
    int8: float


@dataclass(frozen=True)
class Int8Info:
    """Description of the int8 form of a network.

    Attributes:
        stride: Divisor of the sides of its images, pixels.
        f1: F1 on the validation split; None if not measured.
    """

    stride: int
    f1: Int8Comparison | None = None


@dataclass(frozen=True)
class Texture:
    """Texture of a set of images: a normal distribution of the features of patches.

    `lunarcraters.network.texture` measures the features.

    Attributes:
        mean: Mean of each feature, (5,).
        covariance: Covariance of the features, (5, 5).

    Raises:
        ValueError: The covariance has another shape.
    """

    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Check the shape of the covariance."""
        _check_shape(self.covariance, len(self.mean), len(self.mean))


@dataclass(frozen=True)
class ModelInfo:
    """Description of a model.

    Attributes:
        preset: Name of the preset that it was built from, or `foreign`.
        heads: Names of the output channels.
        photometry: Normalisation of the grey values, `local` or `unit`; `relief` of heights.
        diameters_px: Smallest and largest diameter that one octave detects, pixels.
        input_size: Side of the input, pixels; None for any multiple of the stride.
        thresholds: Operating points by name (`balanced` ...), chosen on the validation split.
        scores: Score calibration; None leaves scores as the network gives them.
        diameter_sd: Diameter errors; None if not measured.
        finer: Calibrations of runs that begin with an enlarged mosaic, by their finest octave
            (-1, -2); empty if not measured.
        tta: Calibration of test-time augmentation; None if not measured.
        int8: Description of the int8 form; None if there is none.
        tuned_on: Texture of the images that a tuned model is for. Its file holds the model before
            the tuning too, which is for all others. None for other models.
        training: Data, settings and versions of the training, as JSON.
    """

    preset: str
    heads: tuple[str, ...]
    photometry: Photometric
    diameters_px: tuple[float, float]
    input_size: int | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    scores: ScoreCalibration | None = None
    diameter_sd: DiameterErrors | None = None
    finer: dict[int, Calibration] = field(default_factory=dict)
    tta: Calibration | None = None
    int8: Int8Info | None = None
    tuned_on: Texture | None = None
    training: dict[str, Any] = field(default_factory=dict)

    @property
    def is_of_relief(self) -> bool:
        """True for a network of elevation models, False for one of pictures."""
        return self.photometry == "relief"

    def for_run(self, *, tta: bool, finest: int = 0) -> "ModelInfo":
        """Select the calibration that holds for a run.

        Args:
            tta: True for a run with test-time augmentation.
            finest: Finest octave of the run, 0 or negative.

        Returns:
            Description with the thresholds, scores and diameter errors of such a run. What was
            not measured for it stays as it is.
        """
        info = self
        for calibration in (self.tta if tta else None, self.finer.get(finest)):
            if calibration is not None:
                info = info.with_calibration(calibration)
        return info

    def with_calibration(self, calibration: Calibration) -> "ModelInfo":
        """Replace thresholds, scores and diameter errors."""
        return replace(
            self,
            thresholds=calibration.thresholds,
            scores=calibration.scores,
            diameter_sd=calibration.diameter_sd,
        )

    def without_calibration(self) -> "ModelInfo":
        """Remove every calibration, so that a run keeps the scores of this very network."""
        return replace(self.with_calibration(Calibration()), finer={}, tta=None, tuned_on=None)


def _check_shape(table: tuple[tuple[float, ...], ...], rows: int, columns: int) -> None:
    """Raise a ValueError unless a table has so many rows, at least one, of so many columns."""
    if not rows or not columns or [len(row) for row in table] != [columns] * rows:
        raise ValueError(f"a table is not of {rows} rows and {columns} columns")
