"""Files of figures, without matplotlib's global state: a notebook keeps its backend."""

from pathlib import Path

from matplotlib.figure import Figure

from lunarcraters.files import replacing


def save_png(figure: Figure, path: Path, dpi: float) -> None:
    """Write a figure as a PNG file, which appears whole or not at all.

    Args:
        figure: Figure.
        path: PNG to write; replaced if it is there.
        dpi: Pixels per inch.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=dpi)
