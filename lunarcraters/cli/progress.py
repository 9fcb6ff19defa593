"""Progress: a bar on a terminal, a line now and then elsewhere, nothing when quiet."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from lunarcraters.catalogue.wording import format_number

_LINE_EVERY_S = 10.0


@contextmanager
def progress_bar(
    what: str, *, quiet: bool, unit: str = "tiles"
) -> Iterator[Callable[[int, int], None]]:
    """Give a function that is called with the number of tiles, or other units, done and in all."""
    if quiet:
        yield lambda done, total: None
    elif sys.stderr.isatty():
        yield from _bar(what, unit)
    else:
        yield _lines(what, unit)


def _bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit),
        TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task, pace = progress.add_task(what, rate=""), _Pace()

        def show(done: int, total: int) -> None:
            rate = pace.rate(done)
            text = f"{format_number(rate, 2)}/s" if rate else ""
            progress.update(task, completed=done, total=total, rate=text)

        yield show


def _lines(what: str, unit: str) -> Callable[[int, int], None]:
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
