import signal
import threading
from contextlib import suppress

import pytest

from lunarcraters.execution.interrupts import ctrl_c_kept


def test_ctrl_c_that_is_lost_is_raised_where_it_is_heeded():
    before = signal.getsignal(signal.SIGINT)
    with ctrl_c_kept() as heed:
        heed()
        with suppress(KeyboardInterrupt):  # as a finalizer does
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            heed()
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_is_raised_at_once():
    with pytest.raises(KeyboardInterrupt), ctrl_c_kept():
        signal.raise_signal(signal.SIGINT)


def test_handlers_of_others_stay():
    caught = []
    before = signal.signal(signal.SIGINT, lambda *_: caught.append(1))
    try:
        with ctrl_c_kept() as heed:
            signal.raise_signal(signal.SIGINT)
            heed()
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [1]


def test_other_threads_may_use_it():
    done = []

    def work():
        with ctrl_c_kept() as heed:
            heed()
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]
