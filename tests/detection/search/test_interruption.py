"""Ctrl-C while workers start."""

import os
import signal
from contextlib import contextmanager, nullcontext

import pytest

from lunarcraters.detection.search import cluster


def test_ctrl_c_waits_until_workers_have_started_and_then_stops_them(monkeypatch):
    done = []

    @contextmanager
    def start(workers):
        os.kill(os.getpid(), signal.SIGINT)
        done.append("started")
        try:
            yield
        finally:
            done.append("stopped")

    for name, stand_in in {"_start_workers": start, "Client": nullcontext, "preload": int}.items():
        monkeypatch.setattr(cluster, name, stand_in)
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), cluster._local_cluster(1):
            done.append("searched")
    finally:
        signal.signal(signal.SIGINT, former)
    assert done == ["started", "stopped"]
