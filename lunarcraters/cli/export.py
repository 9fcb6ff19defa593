"""`craters export`."""

from pathlib import Path

import click

from lunarcraters.cli.options import overwrite_option, quiet_option


@click.command("export")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--min-score",
    metavar="SCORE|NAME",
    help="Lowest score, or an operating point of the model: balanced, complete, pure "
    "[default: balanced].",
)
@overwrite_option
@quiet_option
def command(run: Path, out: Path, min_score: str | None, overwrite: bool, quiet: bool) -> None:
    """Write the catalogue of RUN, a directory of craters detect, to the file OUT.

    The name of OUT says the format: .gpkg (circles, centres, boxes and footprint as layers),
    .geojson, .parquet (GeoParquet), .csv or .csv.gz (Robbins' columns), .scc or .diam (crater
    counts for craterstats), .shp.

    \b
    craters export run craters.gpkg
    craters export run craters.csv --min-score pure
    craters export run count.scc
    craters export run all.parquet --min-score 0
    """
    from lunarcraters.catalogue.formats import write_parts
    from lunarcraters.execution.run import open_run

    found = open_run(run)
    least = found.about.threshold(min_score or found.about.default_threshold)
    write_parts(found.about, found.parts(least), out, overwrite=overwrite)
    if not quiet:
        click.echo(f"{found.count(least)} of {len(found)} craters (score >= {least:.3g}) in {out}")
