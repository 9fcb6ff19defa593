"""Files of figures, without matplotlib's global state: a notebook keeps its backend."""

from pathlib import Path

from matplotlib.figure import Figure

from lunarcraters.errors import OutputError
from lunarcraters.files import replacing


def make_folder(folder: Path) -> None:
    """Make a directory for figures, unless it is there.

    Raises:
        OutputError: The directory cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error


def check_png(path: Path) -> None:
    """Refuse a name that is not that of a PNG file.

    Raises:
        OutputError: The name ends otherwise.
    """
    if path.suffix.lower() != ".png":
        raise OutputError(f"{path}: figures are written as PNG: give a name that ends in .png")


def save_png(figure: Figure, path: Path, dpi: float) -> None:
    """Write a figure as a PNG file, which appears whole or not at all.

    Args:
        figure: Figure to write.
        path: PNG to write; a file that is there is replaced.
        dpi: Pixels per inch.

    Raises:
        OutputError: The name is not that of a PNG file, or the file cannot be written.
    """
    check_png(path)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi)
