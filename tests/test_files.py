"""Files appear whole or not at all, and say why they cannot be written."""

import errno
import fcntl
import os
import warnings
from pathlib import Path

import pytest

from lunarcraters.errors import OutputError, RunError
from lunarcraters.files import LOCK, FileLock, check_outside, locked, replacing, workplace


def _refuse(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def _write(path: Path, error: Exception) -> None:
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise error


def test_a_read_only_file_system_is_named(monkeypatch, tmp_path):
    """Where nothing can be written, nothing can be removed either, be it there or not."""
    for name in ("touch", "unlink"):
        monkeypatch.setattr(Path, name, _refuse)
    with pytest.raises(OutputError, match=r"a\.gpkg cannot be written: Read-only file system"):
        _write(tmp_path / "a.gpkg", ValueError("nothing is computed for such a file"))


def test_a_first_error_is_not_hidden_by_one_of_removing(monkeypatch, tmp_path):
    unlink = Path.unlink
    monkeypatch.setattr(
        Path, "unlink", lambda path, **_: _refuse() if path.stat().st_size else unlink(path)
    )
    with pytest.raises(OutputError, match="No space left"):
        _write(tmp_path / "a.gpkg", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def test_nothing_is_left_of_a_file_that_fails(tmp_path):
    with pytest.raises(ValueError, match="wrong"):
        _write(tmp_path / "a.gpkg", ValueError("wrong"))
    assert not list(tmp_path.iterdir())


def test_a_file_that_two_write_at_once_is_whole(tmp_path):
    path = tmp_path / "a.part"
    with replacing(path) as first, replacing(path) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first", "which ended last"
    assert list(tmp_path.iterdir()) == [path]


def test_what_lies_beside_the_working_directory_does_not_lie_in_it(tmp_path, monkeypatch):
    for name in ("run", "other"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "run")
    for out in (Path(), tmp_path / "run"):
        check_outside(out, [Path("../other"), tmp_path / "run" / ".." / "other"])
        with pytest.raises(OutputError, match=r"mosaic\.tif lies in .*--overwrite removes"):
            check_outside(out, [Path("mosaic.tif")])


def test_a_lock_that_a_killed_process_left_can_be_removed(monkeypatch, tmp_path):
    """Without locks of the file system, one that was killed on another host holds its own."""
    monkeypatch.setattr(fcntl, "flock", _refuse_locks)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with locked(tmp_path):
            lock = tmp_path / LOCK
            pid, _, token = lock.read_text().splitlines()
            left = f"{pid}\nanother-host\n{token}\n"
    lock.write_text(left)
    # Commands on a run, such as craters completeness, have no other --output to be advised of.
    told = rf"another process .*: wait until it ends; if there is none .* remove {lock}"
    with pytest.raises(RunError, match=told), locked(tmp_path):
        pass
    lock.unlink()
    with locked(tmp_path):
        pass


def _refuse_locks(*_: object) -> None:
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


def test_a_file_system_without_locks_is_named(monkeypatch, tmp_path):
    """Earlier versions of filelock do not lock by the file itself."""

    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError("FileSystem does not appear to support flock")

    monkeypatch.setattr(FileLock, "acquire", refuse)
    with pytest.raises(OutputError, match=r"cannot be locked, .* no flock"), locked(tmp_path):
        pass


@pytest.mark.parametrize("name", ["pipe", "/dev/craters.csv"])
def test_pipes_and_devices_are_not_replaced(name, tmp_path):
    """Root may write there, and a device that is gone breaks what runs beside."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OutputError, match="it is no file that another can replace"):
        _write(tmp_path / name, ValueError("nothing is computed for it"))
    assert [path.is_fifo() for path in tmp_path.iterdir()] == [True]


def test_a_directory_is_filled_by_one_process_and_without_what_another_left(tmp_path):
    out, left = tmp_path / "out", tmp_path / ".out.part" / "out" / "old"
    left.parent.mkdir(parents=True)
    left.write_text("of a process that was killed")
    with workplace(out) as folder:
        assert list(folder.iterdir()) == []
        with pytest.raises(RunError, match="another process"), workplace(out):
            pass
        folder.rename(out)
    assert list(tmp_path.iterdir()) == [out]
    with pytest.raises(OutputError, match="out cannot be written: Read-only"), workplace(out):
        _refuse()
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("name", [".", "/"])
def test_a_directory_without_a_name_is_no_file_to_write(name):
    with pytest.raises(OutputError, match="is a directory: give the name of a file"):
        replacing(Path(name)).__enter__()
