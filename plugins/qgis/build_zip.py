"""Build the zip from which QGIS installs the plugin; the same files give the same bytes.

python plugins/qgis/build_zip.py OUT.zip
"""

import sys
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

HERE = Path(__file__).parent
PLUGIN = HERE / "craters_processing"
LICENSE = HERE.parents[1] / "LICENSE"
SUFFIXES = {".py", ".txt", ".svg"}


def build_zip(out: Path) -> None:
    """Write the files of the plugin and the licence, sorted, without dates and compression.

    Args:
        out: Path of the zip.
    """
    files = {f"{PLUGIN.name}/{p.name}": p for p in PLUGIN.iterdir() if p.suffix in SUFFIXES}
    files[f"{PLUGIN.name}/LICENSE"] = LICENSE
    out.parent.mkdir(parents=True, exist_ok=True)
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            entry = ZipInfo(name)  # of 1 January 1980
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, files[name].read_bytes())


if __name__ == "__main__":
    build_zip(Path(sys.argv[1]))
