"""`craters export`."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lunarcraters.cli.options import CataloguePath, min_score_option, overwrite_option, quiet_option

if TYPE_CHECKING:
    from lunarcraters.catalogue.table import Catalogue

Box = tuple[float, float, float, float]

# Those of `catalogue.formats` that may have any name.
FORMATS = ("gpkg", "geojson", "parquet", "csv", "scc", "diam")


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=CataloguePath())
@click.option("--format", "form", type=click.Choice(FORMATS),
              help="Format [default: what the name of OUT says].")  # fmt: skip
@min_score_option
@click.option("--min-diameter", type=click.FloatRange(0), default=0.0,
              help="Smallest crater, km (pixels for a plain picture).")  # fmt: skip
@click.option("--max-diameter", type=click.FloatRange(0), default=float("inf"),
              help="Largest crater.")  # fmt: skip
@click.option("--bbox", callback=lambda _, __, value: _edges(value), metavar="W,S,E,N",
              help="Only craters centred between these longitudes and latitudes.")  # fmt: skip
@click.option("--area", "area_file", type=click.Path(path_type=Path),
              help="Only craters centred in the polygons of this file.")  # fmt: skip
@click.option("--fractions", is_flag=True,
              help="Rather all that touch the area, each for its part inside.")  # fmt: skip
@click.option("--lon-domain", type=click.Choice(["180", "360"]),
              help="What longitudes go up to, -180 to 180 or 0 to 360 [default: 180; 360 in CSV].",
              )  # fmt: skip
@overwrite_option
@quiet_option
def command(
    run: Path,
    out: Path | str,
    form: str | None,
    min_score: str | None,
    min_diameter: float,
    max_diameter: float,
    bbox: Box | None,
    area_file: Path | None,
    fractions: bool,
    lon_domain: str | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Write the catalogue of RUN, a directory of craters detect, to the file OUT.

    The name of OUT says the format: .gpkg (circles, centres, boxes and footprint as layers),
    .geojson, .parquet (GeoParquet), .csv or .csv.gz (Robbins' columns), .scc or .diam (crater
    counts for craterstats), .shp; or a table of PostGIS, postgresql://user@host/database?table=name
    (pip install 'lunarcraters[postgis]'). With an area, the ground counted on is the part of it
    that was searched; longitudes of --bbox may run from -180 or from 0, eastwards from W to E.

    \b
    craters export run craters.gpkg
    craters export run craters.csv --min-score pure
    craters export run count.scc
    craters export run mare.diam --area mare_outline.gpkg --min-diameter 1
    craters export run all.parquet --min-score 0
    craters export run 'postgresql://me@localhost/moon?table=mare'
    """
    from lunarcraters.catalogue.filter import Selection
    from lunarcraters.catalogue.formats import write_parts
    from lunarcraters.detection.run import open_run, searched_within
    from lunarcraters.geometry.area import area_of

    found = open_run(run)
    about = replace(found.about, lon_domain=None if lon_domain is None else int(lon_domain))
    least = about.threshold(min_score)
    if bbox is not None and area_file is not None:
        raise click.UsageError("--bbox and --area are two areas: give one of them")
    given = area_file or bbox
    if fractions and given is None:
        raise click.UsageError("--fractions are of an area: give --area or --bbox")
    area = None if given is None else area_of(given, is_pixels=about.is_pixels)
    if area is not None:
        about = searched_within(run, about, area)
    selection = Selection(min_diameter, max_diameter, area, fractions)
    written = 0

    def chosen() -> "Iterator[Catalogue]":
        nonlocal written
        for part in found.parts(least):
            some = replace(selection.of(part), lon_domain=about.lon_domain)
            written += len(some)
            yield some

    write_parts(about, chosen(), out, form=form, overwrite=overwrite)
    if not quiet:
        click.echo(f"{written} of {len(found)} craters (score >= {least:.3g}) in {out}")


def _edges(text: str | None) -> Box | None:
    """Edges from `-30,0,0,30`."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not west,south,east,north in degrees") from None
    return west, south, east, north
