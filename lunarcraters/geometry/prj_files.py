"""The `.prj` file beside a raster, which holds its coordinate system."""

from pathlib import Path


def read_prj_beside(path: Path) -> str | None:
    """Read the coordinate system in the .prj file beside a raster; GDAL does for a few formats.

    Returns:
        Coordinate system; None where there is none.
    """
    for suffix in (".prj", ".PRJ"):
        beside = path.with_suffix(suffix)
        if beside.is_file():
            return beside.read_text(errors="replace").strip() or None
    return None
