"""`craters review`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.catalogue.wording import format_number
from lunarcraters.cli.options import CataloguePath, json_option, overwrite_option
from lunarcraters.cli.tables import print_table
from lunarcraters.cli.wording import diameter_range
from lunarcraters.redaction import redact

if TYPE_CHECKING:
    from lunarcraters.reviews.proportions import Proportion
    from lunarcraters.reviews.review import Review


@click.command("review")
@click.argument("run", type=CataloguePath())
@click.argument("edited", type=CataloguePath())
@click.option("-o", "--output", "out", type=CataloguePath(),
              help="Catalogue to write, without the rejected craters.")  # fmt: skip
@click.option("--suggest", type=click.IntRange(0), default=0, metavar="N",
              help="Name the N craters and tiles whose review would tell most.")  # fmt: skip
@click.option("--all-seen", is_flag=True,
              help="You looked at every crater: unseen ones are accepted.")  # fmt: skip
@overwrite_option
@json_option
def command(
    run: Path | str, edited: Path | str, out: Path | str | None, as_json: bool, **options: Any
) -> None:
    """Say what you changed in EDITED, the exported catalogue of RUN, and how good the run is.

    Edit the layer craters of an exported GeoPackage in QGIS: set review to accepted or rejected,
    delete, move or resize craters, and draw missing ones in the layer added_craters. The page of
    craters report saves such a file too. All commands that take a catalogue take EDITED: rejected
    craters are left out, added ones are in.

    Precision is the share of the reviewed craters that were accepted. Recall is the share of the
    accepted and added craters that the run has. Both have Wilson intervals of 95 %. Recall holds
    only where you looked for missing craters.

    \b
    craters review run craters.gpkg
    craters review run craters.gpkg --suggest 20
    craters review run craters.gpkg -o reviewed.gpkg
    """
    from lunarcraters import api
    from lunarcraters.records import to_json

    result = api.review(run, edited, out, **options)
    if as_json:
        click.echo(to_json(result))
        return
    for note in result.notes:
        click.echo(f"note: {note}", err=True)
    _print(result)
    if out is not None:
        click.echo(f"{result.counts.kept} craters in {redact(str(out))}")


def _print(review: "Review") -> None:
    counts = review.counts
    score = "" if review.min_score is None else f" (score >= {review.min_score:.3g})"
    click.echo(
        f"{counts.shown} craters of the run{score}: {counts.accepted} accepted, {counts.rejected} "
        f"rejected, {counts.unseen} unseen; {counts.added} added"
    )
    click.echo(
        f"among them {counts.moved} moved, {counts.resized} resized, {counts.deleted} deleted"
    )
    click.echo(f"precision {_share(review.precision)} reviewed craters were accepted")
    click.echo(
        f"recall    {_share(review.recall)} accepted and added craters are in the run; it holds "
        "where you looked for missing craters"
    )
    _print_bins(review)
    if review.suggested:
        _print_suggestions(review)


def _print_bins(review: "Review") -> None:
    headings = "accepted", "rejected", "unseen", "added", "precision", "recall"
    rows = []
    for one in review.bins:
        numbers = (one.accepted, one.rejected, one.unseen, one.added)
        shares = (_short(one.precision), _short(one.recall))
        rows.append((diameter_range(one.low, one.high), *map(str, numbers), *shares))
    print_table(("diameter, " + review.unit, *headings), rows)


def _print_suggestions(review: "Review") -> None:
    x, y = ("lon", "lat") if review.unit == "km" else ("x", "y")
    click.echo("review these craters next:")
    craters = [
        (
            one.crater_id,
            f"{one.x:.6g}",
            f"{one.y:.6g}",
            format_number(one.diameter, 3),
            f"{one.score:.3f}",
        )
        for one in review.suggested
    ]
    print_table(("crater_id", x, y, "diameter, " + review.unit, "score"), craters)
    if not review.suggested_tiles:
        return
    click.echo("or these tiles:")
    tiles = [
        (
            tile.tile,
            f"{tile.x:.6g}",
            f"{tile.y:.6g}",
            str(tile.unseen),
            f"{tile.variance**0.5:.2f}",
        )
        for tile in review.suggested_tiles
    ]
    print_table(("tile", x, y, "unseen", "standard deviation of the true ones"), tiles)


def _share(share: "Proportion") -> str:
    interval = "-"
    if share.value is not None:
        interval = f"{share.value:.3f} ({share.low:.3f} to {share.high:.3f})"
    return f"{interval}: {share.count} of {share.total}"


def _short(share: "Proportion") -> str:
    if share.value is None:
        return "-"
    return f"{share.value:.2f} {share.low:.2f}-{share.high:.2f}"
