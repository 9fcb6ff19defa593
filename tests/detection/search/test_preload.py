"""Preloading takes no module from the working directory."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest


@pytest.mark.slow
def test_files_of_the_user_are_not_taken_for_modules(scene, tmp_path):
    for name in ("statistics.py", "distributed.py"):
        (tmp_path / name).write_text("open('imported', 'w').close()\nraise RuntimeError\n")
    command = Path(sysconfig.get_path("scripts")) / "craters"
    if not command.exists():
        pytest.skip(f"the command craters is not installed for {sys.executable}")
    done = subprocess.run(
        [command, "detect", scene, "-o", "run", "--levels", "1", "--workers", "1"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "imported").exists()
