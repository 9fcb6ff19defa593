"""A Dask cluster of other machines: scheduler and workers in network namespaces of their own."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pandas as pd
import pytest

from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.source import open_source
from lunarcraters.errors import RunError
from lunarcraters.network.model_file import shipped_model

from ...rasters import write_part

MODEL = shipped_model()
NET = f"10.213.{os.getpid() % 255}"  # of this process: another, or one that was killed, has its own
PORT = 8786


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def machines():
    """Names and addresses of three network namespaces on one bridge with this one."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and the command ip")
    tag = f"{os.getpid() % 100_000}"
    bridge, names = f"cb{tag}", [f"cm{tag}n{number}" for number in range(3)]
    try:
        ip("link", "add", bridge, "type", "bridge")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
    try:
        ip("addr", "add", f"{NET}.1/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        for number, name in enumerate(names):
            ip("netns", "add", name)
            ip("link", "add", f"v{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"v{name}", "master", bridge, "up")
            inside = ("-n", name)
            ip(*inside, "addr", "add", f"{NET}.{number + 2}/24", "dev", "eth0")
            ip(*inside, "link", "set", "eth0", "up")
            ip(*inside, "link", "set", "lo", "up")
        yield {name: f"{NET}.{number + 2}" for number, name in enumerate(names)}
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", bridge], capture_output=True)


@pytest.fixture
def cluster(machines, tmp_path):
    """Address of a scheduler, and its process and those of its two workers, each on a machine."""
    processes = []

    def start(machine, *words):
        command = ["ip", "netns", "exec", machine, sys.executable, "-m", "dask", *words]
        log = (tmp_path / f"{machine}.log").open("w")
        processes.append(subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True))

    (head, address), *others = machines.items()
    start(head, "scheduler", "--host", address, "--port", str(PORT), "--no-dashboard")
    for name, own in others:
        start(name, "worker", f"tcp://{address}:{PORT}", "--host", own, "--nthreads", "1",
              "--no-nanny", "--no-dashboard")  # fmt: skip
    yield f"tcp://{address}:{PORT}", processes
    for process in processes:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def mosaic(scene, tmp_path_factory):
    return write_part(tmp_path_factory.mktemp("mosaic") / "part.tif", scene, (836, 896, 512, 512))


def unplug(process, out, parts):
    """Kill a process when so many parts of a run are there."""

    def wait():
        while len(list((out / "parts").glob("*.part"))) < parts:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)

    accident = threading.Thread(target=wait, daemon=True)
    accident.start()
    return accident


@pytest.mark.slow
def test_a_run_outlives_one_of_its_machines(cluster, mosaic, tmp_path, monkeypatch):
    address, (_, worker, _) = cluster
    monkeypatch.setattr("lunarcraters.detection.search.batches.TASK_PX", 128 * 128)  # many tasks
    source = open_source([mosaic], MODEL, SourceOptions(size=128, halo=32))
    alone = detect(source, tmp_path / "alone", MODEL, DetectOptions(workers=2)).read()
    out = tmp_path / "run"
    accident = unplug(worker, out, parts=5)
    found = detect(source, out, MODEL, DetectOptions(scheduler=address)).read()
    accident.join(timeout=5)
    assert worker.wait(timeout=5) == -signal.SIGKILL, "it was still at work"
    pd.testing.assert_frame_equal(found.craters, alone.craters)


@pytest.mark.slow
def test_a_run_whose_scheduler_dies_says_so_and_goes_on_later(
    cluster, mosaic, tmp_path, monkeypatch, capfd
):
    address, (scheduler, _, _) = cluster
    monkeypatch.setattr("lunarcraters.detection.search.batches.TASK_PX", 128 * 128)
    source = open_source([mosaic], MODEL, SourceOptions(size=128, halo=32))
    out = tmp_path / "run"
    unplug(scheduler, out, parts=3)
    with pytest.raises(RunError, match=f"connection to the Dask scheduler at {address} was lost"):
        detect(source, out, MODEL, DetectOptions(scheduler=address))
    assert "Traceback" not in capfd.readouterr().err
    assert len(list((out / "parts").glob("*.part"))) >= 3
    found = detect(source, out, MODEL, DetectOptions(workers=2)).read()
    alone = detect(source, tmp_path / "alone", MODEL, DetectOptions(workers=2)).read()
    pd.testing.assert_frame_equal(found.craters, alone.craters)
