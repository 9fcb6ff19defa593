import os
from contextlib import ExitStack

from lunarcraters.process import suppress_native_stderr


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
