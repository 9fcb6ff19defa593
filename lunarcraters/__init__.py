"""From a lunar mosaic of any size and projection to a georeferenced crater catalogue.

import lunarcraters as lc

found = lc.detect("mosaic.tif", "run")
found.to_file("craters.gpkg")
found.evaluate("reference.csv").best.f1
"""

from typing import TYPE_CHECKING, Any

from lunarcraters._version import __version__

if TYPE_CHECKING:
    from lunarcraters.api import Catalogue, detect, open_mosaic, read_catalogue, read_run

__all__ = ["Catalogue", "__version__", "detect", "open_mosaic", "read_catalogue", "read_run"]


def __getattr__(name: str) -> Any:
    """The Python interface, imported when it is first used: the command line does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lunarcraters import api

    return getattr(api, name)
