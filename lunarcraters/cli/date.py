"""`craters date`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.catalogue.wording import format_number
from lunarcraters.cli.options import (
    CataloguePath,
    area_options,
    binning_option,
    json_option,
    min_score_option,
    overwrite_option,
    range_option,
    system_option,
)
from lunarcraters.cli.tables import print_table
from lunarcraters.cli.wording import square_km
from lunarcraters.dating.wording import format_age, format_age_error

if TYPE_CHECKING:
    from lunarcraters.dating.record import Dating, ModelAge

_HEADINGS = "area", "km2", "craters", "N(1) per km2", "age", "1 sigma", "probability of the fit"


@click.command("date")
@click.argument("catalogue", type=CataloguePath())
@area_options
@system_option
@range_option
@binning_option
@min_score_option
@click.option("-o", "--output", "out", type=click.Path(path_type=Path),
              help="Write the ages as a table too (.csv).")  # fmt: skip
@overwrite_option
@json_option
def command(catalogue: Path | str, as_json: bool, **options: Any) -> None:
    """Fit model ages to CATALOGUE, one for each area.

    CATALOGUE is a run of craters detect, or a crater count or file of craters export. Every
    polygon of --area is dated by itself, and polygons of one name together. Ages are the medians
    of Poisson likelihoods with their 1-sigma errors (Michael et al. 2016), by craterstats: pip
    install 'lunarcraters[dating]'. The last column is the probability that craters of the isochron
    deviate from it as much: a small one is a poor fit, and no age. A run with a completeness
    (craters completeness) has the age of the estimated number of craters beside that of the count.

    \b
    craters date run --area mare_outline.gpkg
    craters date run --area mare_outline.gpkg --range 1.5,6 --system yue -o ages.csv
    craters date run --area mare_outline.gpkg --edge buffered --json
    craters date mare.gpkg --binning pseudo-log
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    dating = api.date(catalogue, **options)
    if as_json:
        click.echo(to_json(dating))
    else:
        _print(dating)


def _print(dating: "Dating") -> None:
    first = dating.areas[0]
    click.echo(
        f"{dating.system}; craters of {format_number(first.min_km, 3)} to "
        f"{format_number(first.max_km, 3)} km, score >= {dating.min_score:.3g}"
    )
    rows = []
    for one in dating.areas:
        rows.append((one.area, square_km(one.area_km2), *_cells(one.raw)))
        if one.estimated:
            rows.append(("  estimated", "", *_cells(one.estimated)))
    print_table(_HEADINGS, rows)
    for one in dating.areas:
        for name, age in ((one.area, one.raw), (f"{one.area}, estimated", one.estimated)):
            if age and age.note:
                click.echo(f"{name}: {age.note}")


def _cells(age: "ModelAge") -> tuple[str, ...]:
    craters = format_number(age.craters, 5)
    if age.age_ga is None or age.low_ga is None or age.high_ga is None:
        return (craters, "-", "-", "-", "-")
    fit = "-" if age.fit_probability is None else f"{age.fit_probability:.3f}"
    errors = format_age_error(age.age_ga, age.low_ga, age.high_ga)
    return (craters, f"{age.n1_per_km2:.3g}", format_age(age.age_ga), errors, fit)
