"""`craters dataset`: make, check, clean and split training data."""

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lunarcraters.cli.options import (
    CataloguePath,
    classes_option,
    crs_option,
    json_option,
    min_score_option,
    model_option,
    nodata_option,
    output_option,
    quiet_option,
)
from lunarcraters.cli.progress import progress_bar
from lunarcraters.errors import DatasetError

if TYPE_CHECKING:
    from lunarcraters.datasets.check import Problem

_DATASET = click.argument("dataset", type=click.Path(path_type=Path))
_VALID = click.option("--valid", type=click.FloatRange(0, 1), default=0.15, show_default=True,
                      help="Share of the tiles for validation.")  # fmt: skip
_TEST = click.option("--test", type=click.FloatRange(0, 1), default=0.15, show_default=True,
                     help="Share of the tiles for the test; 0 for none.")  # fmt: skip


@click.group("dataset")
def command() -> None:
    """Make, check, clean and split training data in LU3M6TGT's or YOLO's layout.

    \b
    craters dataset make mosaic.tif counted.gpkg -o my_craters
    craters dataset check LU3M6TGT_yolo_format
    craters dataset clean LU3M6TGT_yolo_format --dry-run
    craters dataset split LU3M6TGT_yolo_format -o blocks
    """


@command.command("make")
@click.argument("mosaic", nargs=-1, required=True, metavar="MOSAIC...")
@click.argument("catalogue", type=CataloguePath())
@output_option("Directory of the new dataset.")
@click.option("--area", type=click.Path(path_type=Path),
              help="Polygons of the ground on which craters were counted "
              "[default: the catalogue's footprint, or all ground].")  # fmt: skip
@min_score_option
@click.option("--min-diameter", type=click.FloatRange(0), default=0.0,
              help="Smallest crater to teach, km (pixels without coordinates).")  # fmt: skip
@click.option("--size", type=click.IntRange(64), default=416, show_default=True,
              help="Largest side of a tile, pixels.")  # fmt: skip
@_VALID
@_TEST
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Seed of all random choices.")  # fmt: skip
@crs_option
@nodata_option
@quiet_option
def make_command(
    mosaic: tuple[str, ...],
    catalogue: Path | str,
    out: Path,
    valid: float,
    test: float,
    quiet: bool,
    **options: Any,
) -> None:
    """Make a dataset of MOSAIC and CATALOGUE, a file or a run of craters detect.

    Tiles of the mosaic become images, and the craters of the catalogue their labels. Ground that
    was not counted is nodata in the images, and craters below --min-diameter are labelled
    `ignored`: neither is taught as background. Splits are blocks of the mosaic.

    \b
    craters dataset make mosaic.tif counted.gpkg -o my_craters
    craters dataset make mosaic.tif counts.csv -o my_craters --area mare_outline.gpkg
    craters dataset make mosaic.tif run -o my_craters --min-score pure --test 0
    """
    from lunarcraters import api

    with progress_bar("writing", quiet=quiet) as progress:
        made = api.make_dataset(
            mosaic, catalogue, out, fractions=_shares(valid, test), progress=progress, **options
        )
    if quiet:
        return
    for note in made.notes:
        click.echo(f"note: {note}")
    counts = (
        f"{name} {count} images, {made.craters[name]} labels" for name, count in made.images.items()
    )
    click.echo(f"{out}: " + "; ".join(counts))


@command.command("check")
@_DATASET
@classes_option
@click.option("--sample", type=click.IntRange(0), default=12, show_default=True,
              help="Images in which craters are detected, to see whether labels are shifted; "
                   "0 for none.")  # fmt: skip
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print problems only, no notes and no progress.")
def check_command(dataset: Path, as_json: bool, quiet: bool, **options: Any) -> None:
    """Find what is wrong in DATASET.

    Label files without image, malformed labels, images that cannot be read or occur twice, labels
    that lie beside the craters. Exits with code 1 if there are problems; images without craters or
    of another size than most are counted and are no problem.

    \b
    craters dataset check LU3M6TGT_yolo_format
    craters dataset check LU3M6TGT_yolo_format --sample 0
    craters dataset check LU3M6TGT_yolo_format --json > problems.json
    """
    from lunarcraters import api
    from lunarcraters.records import to_plain

    with progress_bar("reading", quiet=quiet, unit="images") as progress:
        search_progress = partial(progress_bar, quiet=quiet)
        findings = api.check_dataset(dataset, progress, search_progress=search_progress, **options)
    problems = [finding for finding in findings if not finding.is_note]
    if as_json:
        entries = [{**to_plain(finding), "is_note": finding.is_note} for finding in findings]
        click.echo(json.dumps(entries, indent=1))
    else:
        for problem in problems:
            click.echo(f"{problem.kind}: {problem.path} {problem.detail}")
        if not quiet:
            _print_notes(findings, api.count_pairs(dataset))
            click.echo(f"{len(problems)} problems")
    if problems:
        raise DatasetError(f"{dataset} has {len(problems)} problems: mend or remove these files")


def _print_notes(findings: "list[Problem]", pairs: dict[str, int]) -> None:
    """Print what is no problem of a dataset."""
    click.echo(", ".join(f"{name}: {count} pairs" for name, count in pairs.items()))
    for note in findings:
        if note.kind == "class":
            click.echo(f"classes: {note.detail}")
    kinds = Counter(finding.kind for finding in findings)
    if kinds["background"]:
        click.echo(f"{kinds['background']} images without label file are background")
    if kinds["size"]:
        click.echo(f"{kinds['size']} images are of another size than most")
    click.echo(f"{kinds['empty']} label files hold no crater")
    for note in findings:
        if note.kind == "offset":
            click.echo(note.detail)
        elif note.kind == "scale":
            click.echo(f"doubtful: {note.path} {note.detail}")


@command.command("clean")
@_DATASET
@click.option("--dry-run", is_flag=True, help="Only tell what would move.")
@click.option("--undo", "back", is_flag=True, help="Put back all that was moved.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def clean_command(dataset: Path, dry_run: bool, back: bool, quiet: bool) -> None:
    """Move pairs without craters aside.

    Images of DATASET whose label file is empty go, with it, to `empty/empty_images` and
    `empty/empty_labels` inside their split. The log `cleaning_log.json` lets --undo put
    everything back.

    \b
    craters dataset clean LU3M6TGT_yolo_format --dry-run
    craters dataset clean LU3M6TGT_yolo_format
    craters dataset clean LU3M6TGT_yolo_format --undo
    """
    from lunarcraters import api

    if back and dry_run:
        raise click.UsageError("--undo and --dry-run do not go together")
    moves = api.undo_cleaning(dataset) if back else api.clean_dataset(dataset, dry_run=dry_run)
    if quiet:
        return
    if dry_run:
        for move in moves:
            click.echo(f"{move.source} -> {move.target}")
    done = "put back" if back else "would be moved" if dry_run else "moved"
    click.echo(f"{len(moves)} files {done}")


@command.command("split")
@_DATASET
@output_option("Directory of the new dataset.")
@_VALID
@_TEST
@click.option("--block", "block_deg", type=click.FloatRange(0, 90, min_open=True), default=15.0,
              show_default=True, help="Side of a block, degrees.")  # fmt: skip
@click.option("--random", "at_random", is_flag=True,
              help="At random, for images whose names tell no place.")  # fmt: skip
@click.option("--disjoint", is_flag=True,
              help="Leave out tiles that share ground with another split.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Seed of all random choices.")  # fmt: skip
@click.option("--link/--copy", default=False, show_default=True,
              help="Hard links or copies of the files.")  # fmt: skip
@json_option
@quiet_option
def split_command(
    dataset: Path,
    out: Path,
    valid: float,
    test: float,
    block_deg: float,
    at_random: bool,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Split by blocks of the Moon into a new dataset.

    Whole blocks of longitude and latitude of DATASET go to one split.
    Tiles cut from one grid at random leak from one split into the next, because neighbours share
    craters and light; tiles of one block stay together here. A tile belongs to the block of its
    centre: where tiles overlap, the command tells how much ground splits share. Images that are not
    named by their edges can only be split at random.

    \b
    craters dataset split LU3M6TGT_yolo_format -o blocks
    craters dataset split LU3M6TGT_yolo_format -o blocks --valid 0.2 --test 0 --link
    craters dataset split LU3M6TGT_yolo_format -o blocks --disjoint
    craters dataset split LU3M6TGT_yolo_format -o parts --random
    """
    from lunarcraters import api

    counts = api.split_dataset(
        dataset,
        out,
        fractions=_shares(valid, test),
        block_deg=None if at_random else block_deg,
        **options,
    )
    if as_json:
        click.echo(json.dumps(counts))
    elif not quiet:
        click.echo(f"{out}: " + ", ".join(f"{name} {n}" for name, n in counts.items()))


def _shares(valid: float, test: float) -> dict[str, float]:
    """Shares of the splits."""
    if valid + test >= 1.0:
        raise click.UsageError("--valid and --test leave nothing to train on")
    return {"train": 1.0 - valid - test, "valid": valid, "test": test}
