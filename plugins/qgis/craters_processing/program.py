"""The program `craters`: where it is, whether it fits this plugin, and how it is run.

This module knows nothing of QGIS.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import threading
from configparser import ConfigParser
from pathlib import Path
from typing import Callable

VARIABLE = "CRATERS_PROGRAM"
"""Environment variable with the path of the program."""

_PLACES = ("~/.local/bin", "/opt/homebrew/bin", "/usr/local/bin")
_OF_QGIS = (
    "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__",
    "GDAL_DATA", "GDAL_DRIVER_PATH", "PROJ_DATA", "PROJ_LIB",
)  # fmt: skip
_PROGRESS = re.compile(r"^\w[\w ]*: (\d+) of (\d+) tiles")
_POLL_S = 0.2
_STOP_S = 20.0
_IS_WINDOWS = os.name == "nt"


class ProgramError(Exception):
    """The program is missing, does not fit, was stopped or failed; one sentence says what."""


def find_program(path: str = "") -> str:
    """Find the program.

    Args:
        path: Path from the settings; empty: from the environment, or on the search path.

    Raises:
        ProgramError: There is none.
    """
    hint = (
        "install it (pip install .), and give its path in Settings > Options > Processing > "
        f"Providers > craters, or in the environment variable {VARIABLE}"
    )
    given = path.strip() or os.environ.get(VARIABLE, "")
    if given:
        found = shutil.which(str(Path(given).expanduser()))
        if found is None:
            raise ProgramError(f"{given} is not a program: {hint}")
        return found
    places = os.pathsep.join(str(Path(place).expanduser()) for place in _PLACES)
    found = shutil.which("craters") or shutil.which("craters", path=places)
    if found is None:
        raise ProgramError(f"The program craters was not found: {hint}")
    return found


def plugin_version() -> str:
    """Read the version of this plugin, which is that of its program."""
    metadata = ConfigParser()
    metadata.read(Path(__file__).with_name("metadata.txt"), encoding="utf-8")
    return metadata["general"]["version"]


def check_version(program: str) -> None:
    """Make sure that the program has the major and minor version of the plugin.

    Args:
        program: Path of the program.

    Raises:
        ProgramError: It has another version, or is another program.
    """
    told = run_program(program, ["--version"])
    match = re.match(r"craters, version (\d+)\.(\d+)\S*\s*$", told)
    if match is None:
        raise ProgramError(f"{program} does not tell the version of craters: give another path")
    wanted = plugin_version()
    if list(match.groups()) != wanted.split(".")[:2]:
        version = told.split()[-1]
        raise ProgramError(
            f"{program} has version {version}, and this plugin is for version {wanted}: install "
            "the plugin of the program's version, or give the path of another program"
        )


def clean_environment() -> dict[str, str]:
    """Make the environment of the program: that of QGIS, without the places of QGIS's libraries."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_QGIS}
    return {**kept, "PYTHONUTF8": "1", "COLUMNS": "100", "NO_COLOR": "1"}


def read_progress(line: str) -> float | None:
    """Read the percentage of a line such as `detecting: 3 of 7 tiles`; None where it has none."""
    match = _PROGRESS.match(line)
    if match is None or int(match[2]) == 0:
        return None
    return 100.0 * int(match[1]) / int(match[2])


def run_program(
    program: str,
    arguments: list[str],
    *,
    show: Callable[[str], None] = lambda line: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> str:
    """Run the program to its end.

    Args:
        program: Path of the program.
        arguments: Its arguments.
        show: Function of each line of its stderr, as it comes.
        is_cancelled: Function that tells whether to stop it.

    Returns:
        Its stdout.

    Raises:
        ProgramError: It could not be started, failed or was stopped.
    """
    said: list[str] = []
    with _start([program, *arguments]) as process:
        lines: queue.Queue[str | None] = queue.Queue()
        output: list[str] = []
        readers = [
            threading.Thread(target=_pass_on, args=(process.stderr, lines), daemon=True),
            threading.Thread(target=lambda: output.append(process.stdout.read()), daemon=True),
        ]
        for reader in readers:
            reader.start()
        while (line := _next(lines)) is not None:
            if line:
                said.append(line)
                show(line)
            if is_cancelled():
                _stop(process)
                raise ProgramError("The program was stopped.")
        process.wait()
        readers[1].join()
    if process.returncode != 0:
        raise ProgramError(_reason(said, process.returncode))
    return output[0]


def _start(command: list[str]) -> subprocess.Popen[str]:
    options = {"creationflags": 0x08000000} if _IS_WINDOWS else {"start_new_session": True}
    try:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=clean_environment(), encoding="utf-8", errors="replace", **options,
        )  # fmt: skip
    except OSError as error:
        raise ProgramError(f"{command[0]} does not start: {error.strerror}") from error


def _pass_on(stream, lines: queue.Queue) -> None:
    """Put the lines of a stream into a queue, and None at its end."""
    for line in stream:
        if line.strip():
            lines.put(line.rstrip())
    lines.put(None)


def _next(lines: queue.Queue) -> str | None:
    """Wait for a line for a moment; empty where none came, None at the end."""
    try:
        return lines.get(timeout=_POLL_S)
    except queue.Empty:
        return ""


def _stop(process: subprocess.Popen) -> None:
    """Stop the program and its workers as Ctrl+C does, and by force if they do not end."""
    if _IS_WINDOWS:
        tree = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(tree, capture_output=True, check=False)
        return
    for number, patience in ((signal.SIGINT, _STOP_S), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def _reason(said: list[str], code: int) -> str:
    """Find the sentence by which the program says why it failed."""
    for line in reversed(said):
        if line.startswith("Error: "):
            return line[len("Error: ") :]
    last = said[-1] if said else "it said nothing"
    return f"The program craters failed with code {code}: {last}"
