import builtins
import os
import signal
import subprocess
import sys
import warnings
from contextlib import ExitStack

import pytest

from lunarcraters.process import (
    cpu_count,
    end_as_by_ctrl_c,
    suppress_native_stderr,
    suppress_warnings,
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="quotas are those of Linux")
def test_the_quota_of_a_container_limits_the_cores(monkeypatch, tmp_path):
    """With `docker run --cpus=1` all cores of the machine are seen, but time is that of one."""
    (tmp_path / "cpu.max").write_text("100000 100000")
    (tmp_path / "cgroup").write_text("0::/\n")
    places = {
        "/proc/self/cgroup": tmp_path / "cgroup",
        "/sys/fs/cgroup/cpu.max": tmp_path / "cpu.max",
    }
    real = builtins.open

    def open_in_container(file, *arguments, **options):
        if str(file).startswith("/sys/fs/cgroup/") and file not in places:
            raise FileNotFoundError(file)
        return real(places.get(file, file), *arguments, **options)

    monkeypatch.setattr(builtins, "open", open_in_container)
    assert cpu_count() == 1


def test_stderr_is_back_when_the_last_of_several_threads_is_done(capfd):
    """The first that was silenced may be done first."""
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(suppress_native_stderr())
        second.enter_context(suppress_native_stderr())
        first.close()
        os.write(2, b"of the second\n")
        second.close()
        os.write(2, b"of all\n")
    assert capfd.readouterr().err == "of all\n"


@pytest.mark.parametrize("category", [UserWarning, RuntimeWarning])
def test_warnings_are_suppressed_until_the_last_of_several_threads_is_done(category):
    """Filters that one thread puts back are not those of the others."""
    before = list(warnings.filters)
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(suppress_warnings(category))
        second.enter_context(suppress_warnings(UserWarning))
        first.close()
        with warnings.catch_warnings(record=True) as caught:
            warnings.warn("of the second", UserWarning, stacklevel=1)
    assert caught == []
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    ("text", "is_shown"),
    [
        ("'CRS' was not provided", False),
        ("the name is not conformant", False),
        ("no 'crs' was provided", True),
    ],
)
def test_warnings_that_begin_otherwise_are_shown(text, is_shown):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with suppress_warnings(UserWarning, "'crs' was|.*conformant"):
            warnings.warn(text, UserWarning, stacklevel=1)
    assert len(caught) == is_shown


WRITE = """
import sys, time
from pathlib import Path
from lunarcraters.files import replacing
from lunarcraters.process import end_as_by_ctrl_c

end_as_by_ctrl_c()
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("ctrl_c", [signal.SIG_DFL, signal.SIG_IGN])
def test_nothing_is_left_half_written_by_a_process_that_a_scheduler_or_a_terminal_ends(
    number, ctrl_c, tmp_path
):
    """What a shell starts in the background ignores Ctrl-C, and ends too."""

    def begin():
        signal.signal(number, signal.SIG_DFL)  # nohup may have started the tests
        signal.signal(signal.SIGINT, ctrl_c)

    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(tmp_path / "a.txt")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=begin,
    )
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode
    assert list(tmp_path.iterdir()) == []


def test_a_system_without_the_signal_of_terminals_starts_too(monkeypatch):
    """Windows has no SIGHUP."""
    handled = set()
    monkeypatch.delattr(signal, "SIGHUP")
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.SIG_DFL)
    monkeypatch.setattr(signal, "signal", lambda number, handler: handled.add(number))
    end_as_by_ctrl_c()
    assert handled == {signal.SIGTERM}
