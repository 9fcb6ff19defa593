"""What the process of `preload` imports, before workers are its forks.

The collector of garbage would look at the objects of these libraries over and over while they are
imported, and again in every worker, whose copies of their pages would then be its own.
"""

import gc
from importlib import import_module

_MODULES = (
    "distributed.nanny",
    "pydantic.type_adapter",
    "lunarcraters.detection.search.tasks",
    "lunarcraters.detection.search.batch",
    "lunarcraters.network.inference",
    "lunarcraters.network.backends.int8",
)

gc.disable()
try:
    for _module in _MODULES:
        import_module(_module)
finally:
    gc.freeze()
    gc.enable()
