"""The command `craters`: its subcommands are imported when they are called, so help is instant."""

import gc
import os
import sys
import tempfile
import warnings
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click

from lunarcraters._version import __version__
from lunarcraters.errors import CratersError, CratersWarning
from lunarcraters.process import end_as_by_ctrl_c

COMMANDS = {
    "tile": "Cut mosaics into georeferenced tiles for the network.",
    "info": "Tell what a run would search, and what it would cost.",
    "detect": "Find the craters of a mosaic or of its tiles.",
    "merge": "Merge runs of a picture and of an elevation model.",
    "export": "Write a catalogue as GeoPackage, GeoJSON, CSV ...",
    "evaluate": "Score a catalogue against a reference.",
    "measure": "Measure craters on an elevation model: depth, rim, slopes.",
    "completeness": "Measure which craters a run misses.",
    "purity": "Measure which detections of a run are craters.",
    "review": "Say what a reviewer changed, and how good the run is.",
    "csfd": "Count craters by size, and estimate how many there are.",
    "randomness": "Tell by bins of diameter whether craters are clustered.",
    "date": "Fit model ages to the craters of areas.",
    "plot": "Draw pictures of what was found.",
    "report": "Show a run as one HTML page.",
    "stac": "Describe a run as a STAC item.",
    "train": "Train a network on LU3M6TGT or a dataset of its layout.",
    "calibrate": "Choose a model's thresholds on a validation split.",
    "dataset": "Make, check, clean and split training data.",
    "run": "Run the commands of a recipe, one after another.",
}


def load_command(name: str) -> click.Command:
    """Import a subcommand."""
    command: click.Command = import_module(f"lunarcraters.cli.{name}").command
    return command


class _LazyGroup(click.Group):
    """Lists commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return load_command(name) if name in COMMANDS else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="craters")
def cli() -> None:
    """From a lunar mosaic to a georeferenced crater catalogue.

    \b
    craters detect mosaic.tif -o run
    craters export run craters.gpkg
    """


_OBJECTS_BETWEEN_COLLECTIONS = 50_000  # Python's 700 cost a sixth of the time of imports

_show_other_warning = warnings.showwarning


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning of ours as one line, and others as Python does."""
    if issubclass(category, CratersWarning):
        click.echo(f"Warning: {' '.join(str(message).split())}", err=True)
    else:
        _show_other_warning(message, category, filename, lineno, file, line)


def _open_closed_streams() -> None:
    """Let streams that the caller has closed lead nowhere: files would take their numbers."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115


def _print_any_text() -> None:
    """Let stdout print `?` for a character that its encoding lacks, rather than fail by it."""
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")


def _explain(error: OSError) -> str:
    """Say what the system refused where no function of ours has said it."""
    name = str(error.filename2 or error.filename or "the output")
    # No function that finds the directory: where none has room, it would fail again.
    is_temporary = tempfile.tempdir is not None and name.startswith(tempfile.tempdir)
    remedy = ": name another directory in TMPDIR" if is_temporary else ""
    return f"{name} cannot be read or written ({error.strerror}){remedy}"


def main() -> None:
    """Run the command line; errors of ours and of the system become one line and exit code 1."""
    _open_closed_streams()
    warnings.showwarning = _show_warning
    _print_any_text()
    end_as_by_ctrl_c()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    try:
        cli(standalone_mode=True)
    except CratersError as error:
        click.echo(f"Error: {' '.join(str(error).split())}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.errno is None:  # none of the system
            raise
        click.echo(f"Error: {_explain(error)}", err=True)
        sys.exit(1)
    finally:
        gc.freeze()  # lest all objects of all libraries be looked at once more at the end
