"""The manifest of a run: everything its result depends on, so that only the same run is resumed."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lunarcraters._version import __version__
from lunarcraters.errors import MosaicError, OutputError, RunError, refuse_address
from lunarcraters.mosaic.handles import forget_datasets
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.records import RecordError, read_record, write_record
from lunarcraters.tiling.source import TilingSettings

FORMAT = 8
"""Format of a run's directory: of its files and hashes, and of how tiles are batched."""

MANIFEST = "manifest.json"
"""Name of the file in the directory of a run."""

_INPUT = "mosaic or tiling (--size, --halo, --levels, --crs, --nodata)"
TILE_COUNT = "tile_count"
"""Name of the setting that is the number of tiles, which tells other tiles of a mosaic apart."""

_WORDS = {
    "smallest_px": "smallest crater",
    "mirrored": "choice of --tta",
    "looks": "number of looks",
    "nodata_undeclared": "use of --nodata",
    TILE_COUNT: "number of tiles (craters tile writes none without ground)",
}


@dataclass(frozen=True)
class Manifest:
    """Everything that the result of a run depends on.

    Attributes:
        input: SHA-256 of the mosaic or of the tiles, with the tiling options.
        input_name: Mosaic or tiles as the user named them.
        model: SHA-256 of the model file.
        model_name: Model file as the user named it.
        settings: Version of the program, `precision`, `mirrored` (test-time augmentation),
            `smallest_px` (smallest crater, pixels; null for 8), `tile_count` (number of tiles;
            missing in older runs) and, where there are any, `nodata`
            (values that the user called "no data", or that were left out though undeclared, with
            commas between) and `nodata_undeclared` (true for the latter; missing in older runs),
            `weights` (`before tuning` where a tuned model's are not used), for an
            elevation model, `looks` (number of looks) and, for a merged run, `merged` (mosaics of
            the runs).
        format: Format of the run's directory.
        tiling: SHA-256 of the tiling options and the coordinate system alone; null in older and in
            merged runs.
        mosaic: SHA-256 of the mosaic alone, in a merged run of the first run's; null in older runs.
        crs_wkt: Coordinate system of this mosaic, the file's own or a given one, as WKT; null for
            an image without coordinates, and in older runs.
        tiling_settings: Settings by which the mosaic was cut into tiles; null in older and in
            merged runs.
        diameters_px: Smallest and largest diameter that one octave detects, pixels; null in older
            and in merged runs.
    """

    input: str
    input_name: str
    model: str
    model_name: str
    settings: dict[str, bool | int | float | str | None]
    format: int = FORMAT
    tiling: str | None = None
    mosaic: str | None = None
    crs_wkt: str | None = None
    tiling_settings: TilingSettings | None = None
    diameters_px: tuple[float, float] | None = None

    @property
    def names(self) -> dict[str, str]:
        """Names of the mosaic and of the model file, as properties of the run's catalogue."""
        return {"input": self.input_name, "model": Path(self.model_name).name}

    @property
    def properties(self) -> dict[str, str]:
        """What the run's catalogue tells of its origin, as its properties."""
        merged = {"merged": str(self.settings["merged"])} if self.is_merged else {}
        return {
            "input": self.names["input"],
            **merged,
            "input_sha256": self.input,
            "model": self.names["model"],
            "model_sha256": self.model,
            "lunarcraters": __version__,
        }

    @property
    def is_of_elevation(self) -> bool:
        """True where an elevation model was searched, not a picture."""
        return "looks" in self.settings

    @property
    def is_merged(self) -> bool:
        """True for a run that was merged of several runs."""
        return "merged" in self.settings

    def has_changed_input(self, other: "Manifest") -> bool:
        """Tell whether another run differs in nothing but the content of the same files."""
        same = self.tiling == other.tiling is not None and self.input_name == other.input_name
        return same and self.differences(other) == [_INPUT]

    def is_still_of(self, mosaic: Mosaic) -> bool:
        """Tell whether the files of the mosaic that is searched are those that the run notes.

        Files that cannot be read count as these: tiles that were not read are named elsewhere.
        """
        forget_datasets()
        with suppress(MosaicError):
            return mosaic.fingerprint() == self.mosaic
        return True

    def differences(self, other: "Manifest") -> list[str]:
        """List in words what would make the results of two runs differ.

        Runs of different formats are of different versions, whose hashes and settings tell nothing
        more.
        """
        if self.format != other.format:
            return ["version of the program"]
        words = {"input": _INPUT, "model": "model"}
        differing = [
            word for name, word in words.items() if getattr(self, name) != getattr(other, name)
        ]
        names = self.settings.keys() | other.settings.keys()
        if self.input != other.input or not all(TILE_COUNT in m.settings for m in (self, other)):
            names -= {TILE_COUNT}  # it is another, or one does not tell it
        return differing + [
            _WORDS.get(name, name)
            for name in sorted(names)
            if self.settings.get(name) != other.settings.get(name)
        ]


def write_manifest(manifest: Manifest, run: Path) -> None:
    """Write the manifest into the directory of a run, which is made if it is missing.

    Raises:
        OutputError: The directory cannot be written.
    """
    try:
        run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{run} cannot be made: {error.strerror}") from error
    write_record(manifest, run / MANIFEST, sort_keys=True)


def read_manifest(run: Path) -> Manifest:
    """Read the manifest of a run.

    Raises:
        RunError: The directory is not that of a run, or its manifest is damaged.
    """
    path = run / MANIFEST
    if not path.is_file():
        refuse_address(run, RunError)
        raise RunError(f"{run} is not a run: give the directory that craters detect wrote")
    try:
        return read_record(Manifest, path)
    except RecordError as error:
        raise RunError(
            f"{path} is damaged ({error}): run craters detect with --overwrite"
        ) from error


def read_names(run: Path) -> dict[str, str]:
    """Read the names that the mosaic and the model of a run have now, as `Manifest.names`.

    They are empty where the manifest is missing or damaged.
    """
    try:
        return read_manifest(run).names
    except RunError:
        return {}
