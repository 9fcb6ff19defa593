"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from lunarcraters.files import is_database

Command = Callable[..., Any]


class CataloguePath(click.Path):
    """A path, or the address of a database as it is: a path would lose a slash of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A `Path`, or the address as text."""
        return str(value) if is_database(value) else Path(value)


def output_option(what: str) -> Callable[[Command], Command]:
    """`-o OUT`, required; `what` is its help."""
    return click.option(
        "-o", "--output", "out", type=click.Path(path_type=Path), required=True, help=what
    )


overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what is there.")

crs_option = click.option(
    "--crs", help="Coordinate system of the mosaic, for example IAU_2015:30110 [default: its own]."
)

smallest_option = click.option(
    "--smallest",
    "smallest_px",
    type=click.FloatRange(2.75, 8.0),
    metavar="PIXELS",
    help="Smallest crater, pixels of the mosaic: 4 takes four times as long, 2.75 sixteen times "
    "[default: 8].",
)

nodata_option = click.option(
    "--nodata", type=float, help="Value that means no data [default: the mosaic's own]."
)

min_score_option = click.option(
    "--min-score",
    metavar="SCORE|NAME",
    help="Lowest score, or an operating point of the model: balanced, complete, pure "
    "[default: balanced].",
)

precision_option = click.option(
    "--precision",
    type=click.Choice(["auto", "int8", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
    help="Of the network; auto: int8 where the model has that form and there is no graphics card.",
)

quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
