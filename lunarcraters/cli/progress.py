"""Progress: a bar on a terminal, a line now and then elsewhere, nothing when quiet."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from lunarcraters.catalogue.wording import format_number
from lunarcraters.progress import Progress, no_progress

_LINE_EVERY_S = 10.0


@contextmanager
def progress_bar(what: str, *, quiet: bool, unit: str = "tiles") -> Iterator[Progress]:
    """Give a function that is called with the number of tiles, or other units, done and in all."""
    if quiet:
        yield no_progress
    elif sys.stderr.isatty():
        yield from _bar(what, unit)
    else:
        yield _lines(what, unit)


def _bar(what: str, unit: str) -> Iterator[Progress]:
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn(),
        bars.TextColumn(unit), bars.TextColumn("{task.fields[rate]}"), bars.TimeElapsedColumn(),
        bars.TextColumn("left"), bars.TimeRemainingColumn(),
    )  # fmt: skip
    with bars.Progress(*columns, console=Console(stderr=True)) as progress:
        task, pace = progress.add_task(what, rate=""), _Pace()

        def show(done: int, total: int) -> None:
            rate = pace.rate(done)
            text = f"{format_number(rate, 2)}/s" if rate else ""
            progress.update(task, completed=done, total=total, rate=text)

        yield show


def _lines(what: str, unit: str) -> Progress:
    said, pace = 0.0, _Pace()

    def show(done: int, total: int) -> None:
        nonlocal said
        now, rate = time.monotonic(), pace.rate(done)
        if done == total or now - said >= _LINE_EVERY_S:
            said = now
            line = f"{what}: {done} of {total} {unit}"
            if rate and done < total:
                left = timedelta(seconds=round((total - done) / rate))
                line += f", {format_number(rate, 2)} a second, {left} left"
            click.echo(line, err=True)

    return show


class _Pace:
    """How fast it goes, what was done before left out."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None

    def rate(self, done: int) -> float | None:
        """Tiles a second so far; None at first."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, done
        seconds, more = now - self._first[0], done - self._first[1]
        return more / seconds if seconds > 0.0 and more > 0 else None
