"""Writing of catalogues, which replaces no file of a run."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText
from lunarcraters.errors import OutputError
from lunarcraters.files import is_database, local_output

if TYPE_CHECKING:
    from lunarcraters.catalogue.table import Catalogue


def find_target(out: PathOrText) -> str:
    """Return the name of a catalogue to write.

    Args:
        out: File, or address of a PostGIS database, as the user gave it.

    Raises:
        OutputError: It is a URL of no database, a virtual file of GDAL, or a file of a run itself.
    """
    from lunarcraters.detection.manifest import MANIFEST
    from lunarcraters.detection.run import CRATERS, MEASURES

    target = os.fspath(out if is_database(out) else local_output(out))
    path = Path(target)
    is_named_so = path.name.lower() in (CRATERS, MEASURES)  # file systems may ignore case
    if is_named_so and (path.parent / MANIFEST).is_file():
        raise OutputError(f"{target} is a file of a run itself: give another name")
    return target


def write_catalogue(catalogue: "Catalogue", path: PathOrText, *, overwrite: bool = False) -> None:
    """Write a catalogue as `Catalogue.to_file` does.

    Args:
        catalogue: Catalogue.
        path: File to write, or address of a PostGIS database.
        overwrite: True to replace a file that is there.

    Raises:
        OutputError: The file exists, cannot be written, is a URL of no database or a virtual file
            of GDAL, or is a file of a run itself, or its suffix is not known.
        CatalogueError: The format needs what the catalogue does not have.
    """
    from lunarcraters.catalogue.formats import write_catalogue

    write_catalogue(catalogue, find_target(path), overwrite=overwrite)
