"""The Python interface: a function for every command, and the catalogue.

`detect`, `detect_to_directory`, `info`, `measure_completeness`, `train`, `calibrate`,
`check_dataset` and `run_recipe` start worker processes, so a script calls them under
`if __name__ == "__main__":`. Every error that a user can mend is a
`lunarcraters.errors.CratersError`, whose message says what is wrong and what to do.
"""

from typing import TYPE_CHECKING, Any

from lunarcraters.api.catalogues import evaluate, export, read_catalogue, read_reference
from lunarcraters.api.completeness import measure_completeness
from lunarcraters.api.counts import csfd, date, plot_csfd
from lunarcraters.api.datasets import (
    check_dataset,
    clean_dataset,
    count_pairs,
    make_dataset,
    split_dataset,
    undo_cleaning,
)
from lunarcraters.api.error_budgets import plot_errors
from lunarcraters.api.hazard import plot_hazard
from lunarcraters.api.models import calibrate, train
from lunarcraters.api.morphometry import measure
from lunarcraters.api.mosaics import info, open_mosaic, tile
from lunarcraters.api.pictures import (
    explore,
    plot_map,
    plot_tiles,
    plot_training,
    write_report,
)
from lunarcraters.api.purity import measure_purity
from lunarcraters.api.randomness import measure_randomness
from lunarcraters.api.recipes import run_recipe
from lunarcraters.api.reviews import review
from lunarcraters.api.runs import (
    detect,
    detect_to_directory,
    merge,
    read_run,
    write_stac_item,
)
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.training.settings import TrainingOptions

if TYPE_CHECKING:
    from lunarcraters.catalogue.randomness import RandomnessTable as RandomnessTable
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.completeness.record import Completeness as Completeness
    from lunarcraters.counts.record import CountTable as CountTable
    from lunarcraters.dating.record import Dating as Dating
    from lunarcraters.evaluation.evaluate import Evaluation as Evaluation
    from lunarcraters.evaluation.rule_names import RuleName as RuleName
    from lunarcraters.evaluation.rules import Rule as Rule
    from lunarcraters.evaluation.sizes import SizeComparison as SizeComparison
    from lunarcraters.mosaic.given_crs import GivenCrs as GivenCrs
    from lunarcraters.mosaic.mosaic import Mosaic as Mosaic
    from lunarcraters.purity.record import Purity as Purity
    from lunarcraters.report.explore import InteractiveMap as InteractiveMap
    from lunarcraters.reviews.review import Review as Review

__all__ = [
    "Catalogue",
    "DetectOptions",
    "SourceOptions",
    "TrainingOptions",
    "calibrate",
    "check_dataset",
    "clean_dataset",
    "count_pairs",
    "csfd",
    "date",
    "detect",
    "detect_to_directory",
    "evaluate",
    "explore",
    "export",
    "info",
    "make_dataset",
    "measure",
    "measure_completeness",
    "measure_purity",
    "measure_randomness",
    "merge",
    "open_mosaic",
    "plot_csfd",
    "plot_errors",
    "plot_hazard",
    "plot_map",
    "plot_tiles",
    "plot_training",
    "read_catalogue",
    "read_reference",
    "read_run",
    "review",
    "run_recipe",
    "split_dataset",
    "tile",
    "train",
    "undo_cleaning",
    "write_report",
    "write_stac_item",
]


if not TYPE_CHECKING:  # a type checker would take every name for one of the module

    def __getattr__(name: str) -> Any:
        """Import the class `Catalogue` when it is first used: the command line does without."""
        if name != "Catalogue":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from lunarcraters.catalogue.table import Catalogue

        return Catalogue
