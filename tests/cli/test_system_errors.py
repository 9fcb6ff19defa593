"""What the system refuses outside the functions that say so: a line on stderr, no traceback."""

import errno
import os
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
