"""Files that appear whole or not at all, and directories that one process at a time writes."""

import csv
import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from lunarcraters.errors import OptionError, OutputError, RunError
from lunarcraters.process import suppress_warnings

_MARKED = re.compile(r"\.(.+)\.[0-9a-f]{8}((?:\.[^.]+)*)")
_NOT_LOCAL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|/vsi[a-z0-9_]+[/?]")

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""First bytes of the text that Git LFS leaves in place of a file."""

LOCK = ".lock"
"""A locked directory's lock; the system releases it when its process ends, however it ends.

Where the file system has no such locks, the file itself is the lock: that of a process which was
killed on another host stays, and must be removed by hand.
"""


def is_database(name: str | os.PathLike[str]) -> bool:
    """Whether a name is the address of a database rather than a file."""
    return str(name).startswith(("postgresql://", "postgres://"))


def require_name(
    given: object,
    wanted: str = "name of a file or directory: give one, or make a lunarcraters.Catalogue of a "
    "table, and a GeoTIFF of pixels",
) -> str:
    """Return the name of a file as text; refuse an object in memory, and say what is wanted.

    Raises:
        OptionError: It is no name.
    """
    if not isinstance(given, str | os.PathLike):
        raise OptionError(f"{type(given).__name__} is no {wanted}")
    return os.fspath(given)


def local_output(name: str | os.PathLike[str]) -> Path:
    """Return the path of an output.

    Args:
        name: Path as the user gave it.

    Raises:
        OutputError: It is a URL, or a virtual file of GDAL.
    """
    text = os.fspath(name)
    if _NOT_LOCAL.match(text):
        shown = re.sub(r":/+", "://", text, count=1)
        raise OutputError(
            f"{shown} is not a local path, and results are only written to one: give a local path, "
            "and copy the results from there"
        )
    return Path(text)


def new_output(name: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return the path of an output that is not there yet.

    Args:
        name: Path as the user gave it.
        overwrite: True to take one that is there.

    Raises:
        OutputError: It is there, or is not local.
    """
    path = local_output(name)
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already: give --overwrite or another --output")
    return path


def new_table(
    name: str | os.PathLike[str] | None,
    suffixes: Sequence[str] = (".csv",),
    *,
    inputs: Iterable[object] = (),
    overwrite: bool,
) -> Path | None:
    """Return the path of a table that is not there yet; None where none is to be written.

    Args:
        name: Path as the user gave it; None for none.
        suffixes: Suffixes of the formats in which it can be written.
        inputs: Files, and other things than files, that it is made from.
        overwrite: True to take one that is there.

    Raises:
        OutputError: The name ends otherwise, it is there, is one of the inputs, or is not local.
    """
    if name is None:
        return None
    path = local_output(name)
    if path.suffix.lower() not in suffixes:
        raise OutputError(
            f"{path}: this table is written as {' or '.join(suffixes)}: give a name that ends so "
            "(craters export writes .scc and .diam, and --json prints JSON)"
        )
    check_apart(path, inputs)
    return new_output(path, overwrite=overwrite)


def check_apart(path: Path, inputs: Iterable[object], remedy: str = "give another name") -> None:
    """Refuse to replace a file that the result is made from.

    Args:
        path: File to write.
        inputs: Files, and other things than files, that it is made from.
        remedy: Advice at the end of the message.

    Raises:
        OutputError: The file is one of them.
    """
    files = [Path(one) for one in inputs if isinstance(one, str | os.PathLike)]
    if path.exists() and any(file.exists() and path.samefile(file) for file in files):
        raise OutputError(f"{path} is read for the result, so it cannot be replaced: {remedy}")


def check_outside(path: Path, inputs: Iterable[Path]) -> None:
    """Refuse to remove what an input of the result lies in, or is linked from.

    Args:
        path: Directory or file that is removed.
        inputs: Files and directories that are read for the result.

    Raises:
        OutputError: One of them lies there.
    """
    for one in sorted(inputs):
        named = tuple(Path(os.path.normpath(name.absolute())) for name in (one, path))
        places = named, (one.resolve(), path.resolve())
        if any(place.is_relative_to(removed) for place, removed in places):
            raise OutputError(
                f"{one} lies in {path}, which --overwrite removes: give another --output"
            )


def write_rows(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    """Write a table as CSV, in UTF-8.

    Args:
        rows: Rows by the names of columns, those of the first, at least one.
        path: File to write, replaced if it is there.

    Raises:
        OutputError: The file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def new_mark() -> str:
    """A mark of who writes a file: two threads may, or processes of one number on two hosts."""
    return uuid4().hex[:8]


@contextmanager
def replacing(path: Path, mark: str = "") -> Iterator[Path]:
    """Give a temporary sibling, of the same suffix, that takes the file's place if all goes well.

    Args:
        path: File to write.
        mark: Text that tells the name from those of other writers; "" for one of its own.
            Files that belong together have the same.

    Raises:
        OutputError: It cannot be written: no such directory, no permission, no room.
    """
    if not path.name:  # `.` or `/`
        raise OutputError(f"{path} is a directory: give the name of a file")
    suffixes = "".join(path.suffixes[-2 if path.suffix.lower() == ".gz" else -1 :])
    stem = path.name[: len(path.name) - len(suffixes)]
    temporary = path.with_name(f".{stem}.{mark or new_mark()}{suffixes}")
    try:
        if path.parent == Path("/dev") or (path.exists() and not path.is_file()):
            raise OSError("it is no file that another can replace")
        temporary.touch()  # libraries would give a worse reason, and only after the work
        temporary.unlink()
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # of a read-only file system: it must not hide the first error
            temporary.unlink(missing_ok=True)


def find_replaced(path: Path) -> Path | None:
    """Find the file whose place an unfinished one of `replacing` was to take.

    Returns:
        File of that name in the same directory; None where the name is not one of `replacing`.
    """
    name = _MARKED.fullmatch(path.name)
    return path.with_name(name[1] + name[2]) if name else None


def empty_directory(path: Path, *, keep: Sequence[str] = ()) -> None:
    """Remove all that is in a directory.

    Args:
        path: Directory.
        keep: Names in it that stay.

    Raises:
        OSError: Something in it cannot be removed.
    """
    for item in (one for one in path.iterdir() if one.name not in keep):
        if item.is_dir() and not item.is_symlink():
            shutil.rmtree(item)
        else:
            item.unlink()


def remove_directory(path: Path) -> None:
    """Remove a directory with all that is in it; a link to one, or a mount point, is left empty.

    Raises:
        OSError: Something in it cannot be removed.
    """
    empty_directory(path)
    with suppress(OSError):
        path.rmdir()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a directory, which is made if need be, against other processes.

    Raises:
        RunError: Another process holds it.
        OutputError: It cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK)
        with suppress_warnings(UserWarning, "flock not supported"):  # the file is the lock then
            lock.acquire(timeout=0)
    except Timeout as error:
        raise RunError(
            f"another process is at work in {folder}: wait until it ends; if there is none on any "
            f"host, remove {folder / LOCK}"
        ) from error
    except NotImplementedError as error:  # of a filelock that does not lock by the file itself
        raise OutputError(
            f"{folder} cannot be locked, because its file system has no flock: give an --output on "
            "another one, or install a later filelock"
        ) from error
    except OSError as error:
        raise OutputError(f"{folder} cannot be written: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def workplace(out: Path) -> Iterator[Path]:
    """Give an empty directory to fill, which the block moves to its place when it is whole.

    It lies in one beside the place `out`, of one name for all processes: one that is killed leaves
    it to the next.

    Raises:
        RunError: Another process fills it.
        OutputError: It cannot be written.
    """
    folder = out.with_name(f".{out.name}.part")
    with locked(folder):
        try:
            empty_directory(folder, keep=(LOCK,))
            temporary = folder / out.name
            temporary.mkdir()
            yield temporary
        except OSError as error:
            raise OutputError(f"{out} cannot be written: {error.strerror or error}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
