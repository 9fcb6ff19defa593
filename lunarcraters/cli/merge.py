"""`craters merge`."""

from pathlib import Path

import click

from lunarcraters.cli.options import json_option, output_option, overwrite_option, quiet_option


@click.command("merge")
@click.argument(
    "runs", nargs=-1, required=True, metavar="RUN RUN...", type=click.Path(path_type=Path)
)
@output_option("Directory of the run.")
@overwrite_option
@quiet_option
@json_option
def command(runs: tuple[Path, ...], out: Path, overwrite: bool, quiet: bool, as_json: bool) -> None:
    """Merge runs of the same ground, of a picture and of an elevation model, into one run.

    The new run covers the ground of the first. Every crater has the place and size of its surer
    detection, and a score from all runs that should see it.

    \b
    craters merge picture_run relief_run -o run
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    counts = api.merge(runs, out, overwrite=overwrite)
    if as_json:
        click.echo(to_json(counts, indent=None))
    elif not quiet:
        balanced = "" if counts.balanced is None else f", {counts.balanced} at balanced"
        click.echo(
            f"{counts.craters} craters{balanced} in {out}: write them with craters export {out} OUT"
        )
