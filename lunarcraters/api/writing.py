"""Writing of catalogues from Python, which replaces no file of a run."""

from typing import TYPE_CHECKING

from lunarcraters.api.paths import PathOrText
from lunarcraters.files import catalogue_output

if TYPE_CHECKING:
    from lunarcraters.catalogue.table import Catalogue


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
    from lunarcraters.detection.own_files import refuse_file_of_run

    target = catalogue_output(path)
    refuse_file_of_run(target)
    write_catalogue(catalogue, target, overwrite=overwrite)
