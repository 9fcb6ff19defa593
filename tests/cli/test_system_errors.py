"""What the system refuses outside the functions that say so: a line on stderr, no traceback."""

import errno
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lunarcraters.cli.main import main


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((str(Path(tempfile.gettempdir(), "a")),), ": name another directory in TMPDIR"),
        (("model.keras", 0, "/scratch/a"), "Error: /scratch/a cannot be read or written"),
        ((), "Error: the output cannot be read or written (No space left on device)"),
    ],
)
def test_a_full_disk_is_named_wherever_it_was_met(monkeypatch, capsys, names, told):
    """Temporary files are written, and results are printed, in many places."""

    def fail(**_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *names)

    monkeypatch.setattr("lunarcraters.cli.main.cli", fail)
    monkeypatch.setattr(sys, "argv", ["craters", "csfd", "run"])
    with pytest.raises(SystemExit, match="1"):
        main()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert told in error


def test_a_system_without_a_directory_for_temporary_files_is_told_in_a_line(monkeypatch, capsys):
    """In a container that is read-only, say: its search fails once more when it is repeated."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    monkeypatch.setattr("lunarcraters.cli.main.cli", lambda **_: tempfile.mkdtemp())
    monkeypatch.setattr(sys, "argv", ["craters", "calibrate", "model.keras", "dataset"])
    with pytest.raises(SystemExit, match="1"):
        main()
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "No usable temporary directory" in error


def test_a_command_works_where_all_streams_are_closed(scene, tmp_path):
    """As programs do that start it in the background."""
    words = [sys.executable, "-m", "lunarcraters", "tile", scene, "-o", tmp_path / "tiles"]
    closed = shlex.join([str(word) for word in [*words, "--levels", "1"]]) + " <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", closed], check=False).returncode == 0
    assert any(tmp_path.glob("tiles/tiles/*.tif"))
