"""Options that several commands share."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from lunarcraters.catalogue.binning import BINNINGS
from lunarcraters.counts.edge_names import EDGE_NAMES
from lunarcraters.detection.options import (
    MOST_LEVELS,
    SMALLEST_PX,
    AskedPrecision,
    DetectOptions,
    SourceOptions,
)
from lunarcraters.elevation.units import HeightUnit
from lunarcraters.files import is_database
from lunarcraters.mosaic.nodata import Nodata, parse_values
from lunarcraters.network.looks import LOOKS

Function = TypeVar("Function", bound=Callable[..., Any])


class CataloguePath(click.Path):
    """A path, or the address of a database as it is: a path would lose a slash of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Make a `Path`, or leave an address as text."""
        return str(value) if is_database(value) else Path(value)


def collect(
    kind: type, name: str, *options: Callable[[Function], Function]
) -> Callable[[Function], Callable[..., Any]]:
    """Add options to a command, which it gets as one record.

    Args:
        kind: Dataclass whose fields are the options.
        name: Keyword argument of the command for the record.
        options: Click options, named as the fields.
    """
    names = [field.name for field in fields(kind)]

    def decorate(function: Function) -> Callable[..., Any]:
        @wraps(function)
        def call(**given: Any) -> Any:
            values = {key: given.pop(key) for key in names if key in given}
            return function(**given, **{name: kind(**values)})

        command: Any = call
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def output_option(text: str) -> Callable[[Function], Function]:
    """Make the required option `-o OUT`, whose help is `text`."""
    return click.option(
        "-o", "--output", "out", type=click.Path(path_type=Path), required=True, help=text
    )


def _parse_nodata(context: click.Context, parameter: click.Parameter, text: str | None) -> Nodata:
    try:
        return parse_values(text) if text else None
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is not a number, nor several with commas between."
        ) from None


overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what is there.")

crs_option = click.option(
    "--crs",
    help="Coordinate system of the mosaic, for example IAU_2015:30110, or a .prj file that has it "
    "[default: its own].",
)

smallest_option = click.option(
    "--smallest",
    "smallest_px",
    type=click.FloatRange(*SMALLEST_PX),
    metavar="PIXELS",
    help="Smallest crater, pixels of the mosaic: 4 takes four times as long, 2.75 sixteen times "
    "[default: 8].",
)

nodata_option = click.option(
    "--nodata",
    callback=_parse_nodata,
    metavar="VALUE,...",
    help="Value that means no data, or several; nan: every value is ground [default: the mosaic's "
    "own, and values that plainly are no ground].",
)

unit_option = click.option(
    "--unit",
    type=click.Choice(get_args(HeightUnit)),
    help="Unit of the heights [default: the file's own, or as the values tell].",
)

elevation_option = click.option(
    "--elevation/--no-elevation",
    default=None,
    help="The mosaic holds heights, or is a picture [default: by its unit, name and values].",
)

min_score_option = click.option(
    "--min-score",
    metavar="SCORE|NAME",
    help="Lowest score, or an operating point of the model: balanced, complete, pure "
    "[default: balanced].",
)

model_option = click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A .keras file [default: the weights that come with craters].",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(1),
    help="Worker processes [default: one for two cores, up to 8].",
)

precision_option = click.option(
    "--precision",
    type=click.Choice(get_args(AskedPrecision)),
    default="auto",
    show_default=True,
    help="Arithmetic of the network; auto is int8 where the model has that form and there is no "
    "GPU.",
)

quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Print nothing but errors and warnings."
)

classes_option = click.option(
    "--classes",
    callback=lambda _, __, value: tuple(filter(None, (value or "").split(","))),
    metavar="NAME,...",
    help="Classes of the labels that are craters [default: those named so].",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def _parse_range(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[float, float] | None:
    """Read a range such as `1.5,6`."""
    if text is None or text == "auto":
        return None
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no range: give the smallest and the largest diameter in km, such as "
            "1.5,6, or auto"
        ) from None
    return low, high


system_option = click.option(
    "--system",
    metavar="NAME",
    help="Chronology system of craterstats, or words of its name, such as 'neukum 1983' or yue "
    "[default: Moon, Neukum et al. (2001)].",
)

range_option = click.option(
    "--range",
    "fit_range",
    callback=_parse_range,
    metavar="D1,D2",
    help="Diameters of the fit, km, or auto [default: auto, from the upper edge of the fullest "
    "bin].",
)

binning_option = click.option(
    "--binning",
    type=click.Choice(BINNINGS),
    default="sqrt2",
    show_default=True,
    help="Bins: a factor of sqrt(2) wide, ten a decade, or 18 a decade at round diameters.",
)


def named_area_options(function: Any) -> Callable[..., Any]:
    """Add the options that say on which areas craters are counted."""
    function = click.option(
        "--name-column",
        metavar="COLUMN",
        help="Column of the names of the polygons [default: name, area_name, unit ...].",
    )(function)
    return click.option(
        "--area",
        type=click.Path(path_type=Path),
        help="Polygons, each counted by itself: GeoPackage, GeoJSON, Shapefile, NAME_AREA.shp "
        "[default: all the ground searched].",
    )(function)


def area_options(function: Any) -> Callable[..., Any]:
    """Add the options that say where craters are counted, area by area, and which on the edges."""
    function = click.option(
        "--edge",
        type=click.Choice(EDGE_NAMES),
        default="centre",
        show_default=True,
        help="Craters on the edge of an --area: those with their centre inside count; or each "
        "for its part inside; or all that touch the area, on ground wider by their radius "
        "(buffered crater counting).",
    )(function)
    return named_area_options(function)


levels_option = click.option(
    "--levels",
    type=click.IntRange(1, MOST_LEVELS),
    help="Octaves from full resolution on [default: as many as fit].",
)

source_options = collect(
    SourceOptions,
    "source_options",
    click.option("--size", type=click.IntRange(64), help="Largest tile, pixels."),
    click.option("--halo", type=click.IntRange(0), help="Margin around each tile's core, pixels."),
    levels_option,
    smallest_option,
    crs_option,
    nodata_option,
    elevation_option,
)

detect_options = collect(
    DetectOptions,
    "options",
    workers_option,
    click.option("--scheduler", metavar="ADDRESS", help="A running Dask cluster to use instead."),
    precision_option,
    click.option(
        "--tta",
        "--mirrored",
        "tta",
        is_flag=True,
        help="Average over mirror images (test-time augmentation): more accurate, in four times "
        "the time.",
    ),
    click.option(
        "--looks",
        type=click.Choice([str(number) for number in LOOKS]),
        callback=lambda _, __, value: value and int(value),
        help="Looks at an elevation model, each of which the network searches like a picture "
        "[default: 4].",
    ),
    click.option(
        "--batch",
        "tiles_per_call",
        type=click.IntRange(1),
        help="Tiles given to the network at once [default: two megapixels].",
    ),
    click.option("--strict", is_flag=True, help="Stop at a tile that cannot be read."),
)
