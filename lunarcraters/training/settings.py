"""What a training is."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from lunarcraters.network.presets import Preset

SETTINGS = "settings.json"
"""Their file in the directory of a training."""


@dataclass(frozen=True)
class TrainingSettings:
    """What a training is, beside its data; two with the same settings give the same model.

    Attributes:
        preset: The network and what it is taught.
        seed: Of everything random.
        epochs: Epochs at most.
        steps: Training steps an epoch.
        precision: A Keras dtype policy.
        weights: SHA-256 of the model file that it begins with; None: with random weights.
        teacher: SHA-256 of the model file that teaches it beside the labels; None: none does.
        resampled: The teacher looks at resampled crops.
    """

    preset: Preset
    seed: int
    epochs: int
    steps: int
    precision: str
    weights: str | None = None
    teacher: str | None = None
    resampled: bool = False

    def as_json(self) -> dict[str, Any]:
        """The settings as JSON would give them back."""
        return dict(json.loads(json.dumps(asdict(self))))
