"""The manifest: what a run is, so that only the same work is ever taken up again."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lunarcraters.errors import OutputError, RunError
from lunarcraters.files import replacing

FORMAT = 6
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """Everything that the result of a run depends on.

    Attributes:
        input: Fingerprint of the mosaic or of the tiles.
        input_name: As the user gave it.
        model: SHA-256 of the model file.
        model_name: As the user gave it.
        settings: How the ground is cut into tiles, how craters are merged.
        format: Of the run directory.
    """

    input: str
    input_name: str
    model: str
    model_name: str
    settings: dict[str, str | int | float | None]
    format: int = FORMAT

    def differences(self, other: "Manifest") -> list[str]:
        """In words, what would make the results of two runs differ."""
        words = {"input": "input", "model": "model", "format": "version of the program"}
        found = [
            word for name, word in words.items() if getattr(self, name) != getattr(other, name)
        ]
        names = sorted(self.settings.keys() | other.settings.keys())
        return found + [
            {"smallest_px": "smallest crater"}.get(name, name)
            for name in names
            if self.settings.get(name) != other.settings.get(name)
        ]


def write_manifest(manifest: Manifest, run: Path) -> None:
    """Write it into a run directory, which is made if need be.

    Raises:
        OutputError: The directory cannot be written.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{run} cannot be made: {error.strerror}") from error
    with replacing(run / MANIFEST) as temporary:
        temporary.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True) + "\n")


def read_manifest(run: Path) -> Manifest:
    """Read it from a run directory.

    Raises:
        RunError: The directory is not that of a run.
    """
    path = run / MANIFEST
    if not path.is_file():
        raise RunError(f"{run} is not a run: give the directory that craters detect wrote")
    try:
        return Manifest(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise RunError(f"{path} is damaged: run craters detect with --overwrite") from error
