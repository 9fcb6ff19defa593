"""The record of a calibration, as `craters calibrate --json` prints it."""

from dataclasses import dataclass

from lunarcraters.network.model_info import DiameterErrors, ModelInfo


@dataclass(frozen=True)
class CalibrationSummary:
    """Operating points and diameter errors of a model.

    Attributes:
        thresholds: Score of each operating point, by name.
        diameter_sd: Relative standard deviation of diameters by diameter and score; an empty
            object where it was not measured.
    """

    thresholds: dict[str, float]
    diameter_sd: DiameterErrors | dict[str, float]

    @classmethod
    def of(cls, info: ModelInfo) -> "CalibrationSummary":
        """Make the record of a model's description."""
        return cls(info.thresholds, info.diameter_sd or {})
