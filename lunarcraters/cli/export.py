"""`craters export`."""

from pathlib import Path
from typing import Any

import click

from lunarcraters.catalogue.format_names import FORMAT_NAMES
from lunarcraters.cli.options import (
    CataloguePath,
    min_score_option,
    overwrite_option,
    quiet_option,
)
from lunarcraters.redaction import redact

Edges = tuple[float, float, float, float]


@click.command("export")
@click.argument("run", metavar="IN", type=CataloguePath())
@click.argument("out", type=CataloguePath())
@click.option("--format", "form", type=click.Choice(FORMAT_NAMES),
              help="Format [default: the one that the name of OUT says].")  # fmt: skip
@min_score_option
@click.option("--min-diameter", type=click.FloatRange(0), default=0.0,
              help="Smallest crater, km (pixels without coordinates).")  # fmt: skip
@click.option("--max-diameter", type=click.FloatRange(0), default=float("inf"),
              help="Largest crater.")  # fmt: skip
@click.option("--bbox", callback=lambda _, __, value: _edges(value), metavar="W,S,E,N",
              help="Only craters centred between these longitudes and latitudes.")  # fmt: skip
@click.option("--area", "area_file", type=click.Path(path_type=Path),
              help="Only craters centred in the polygons of this file.")  # fmt: skip
@click.option("--fractions", is_flag=True,
              help="All craters that touch the area, each with its part inside.")  # fmt: skip
@click.option("--without-clusters", is_flag=True,
              help="Leave out members of clusters, mostly secondary craters.")  # fmt: skip
@click.option("--lon-domain", type=click.Choice(["180", "360"]),
              callback=lambda _, __, value: value and int(value),
              help="Largest longitude: -180 to 180 or 0 to 360 [default: 180; 360 in CSV].",
              )  # fmt: skip
@overwrite_option
@quiet_option
def command(
    run: Path | str,
    out: Path | str,
    bbox: Edges | None,
    area_file: Path | None,
    fractions: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Write the catalogue IN to the file OUT.

    IN is a run of craters detect, or any catalogue or crater count to convert: a file of another
    program, or a table of PostGIS. The name of OUT says the format: .gpkg (circles, centres, boxes
    and footprint as layers), .geojson, .fgb (FlatGeobuf), .parquet (GeoParquet), .csv or .csv.gz
    (Robbins' columns), .scc or .diam (crater counts for craterstats), .shp, or NAME_CRATER.shp (a
    pair with NAME_AREA.shp, for craterstats and CraterTools); or a table of PostGIS,
    postgresql://user@host/database?table=name (pip install 'lunarcraters[postgis]'). With an area,
    the ground counted on is the part of it that was searched; longitudes of --bbox may run from
    -180 or from 0, eastwards from W to E. A member of a cluster has improbably many craters of its
    size around it; give an area of one age with --without-clusters.

    \b
    craters export run craters.gpkg
    craters export run craters.csv --min-score pure
    craters export run count.scc
    craters export run unit_CRATER.shp
    craters export reference.csv reference.fgb
    craters export run mare.diam --area mare_outline.gpkg --min-diameter 1
    craters export run primaries.gpkg --area mare_outline.gpkg --without-clusters
    craters export run all.parquet --min-score 0
    craters export run 'postgresql://me@localhost/moon?table=mare'
    """
    from lunarcraters import api

    if bbox is not None and area_file is not None:
        raise click.UsageError("--bbox and --area are two areas: give one of them")
    area = area_file or bbox
    if fractions and area is None:
        raise click.UsageError("--fractions are of an area: give --area or --bbox")
    done = api.export(run, out, area=area, fractions=fractions, **options)
    if not quiet:
        without = f", {done.clustered} in clusters left out" if options["without_clusters"] else ""
        click.echo(
            f"{done.written} of {done.total} craters (score >= {done.min_score:.3g}{without}) in "
            f"{redact(str(out))}"
        )


def _edges(text: str | None) -> Edges | None:
    """Read edges such as `-30,0,0,30`."""
    if text is None:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not west,south,east,north in degrees") from None
    return west, south, east, north
