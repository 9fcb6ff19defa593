"""From a lunar mosaic of any size and projection to a georeferenced crater catalogue.

import lunarcraters as lc

craters = lc.detect("mosaic.tif", "run")
craters.to_file("craters.gpkg")
craters.evaluate("reference.csv").best.f1

`lunarcraters.api` has a function for every command.
"""

from typing import TYPE_CHECKING, Any

from lunarcraters import errors
from lunarcraters._version import __version__

__all__ = ["__version__", "errors"]

if TYPE_CHECKING:
    from lunarcraters.api import *  # noqa: F403
else:  # a type checker would take every name for one of the module

    def __getattr__(name: str) -> Any:
        """Import the Python interface when it is first used: the command line does without."""
        from importlib import import_module

        api = import_module("lunarcraters.api")
        if name in api.__all__:
            return getattr(api, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names of the Python interface, for completion."""
    from importlib import import_module

    return ["__version__", "errors", *import_module("lunarcraters.api").__all__]
