import logging
import os
import sys
import time
import warnings
from types import SimpleNamespace

import psutil
import pytest
from dask import config
from distributed import Client, LocalCluster, default_client
from distributed.versions import VersionMismatchWarning

from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.search import cluster, tasks, worker
from lunarcraters.detection.search.preload import preload
from lunarcraters.errors import ModelError, RunError
from lunarcraters.mosaic.handles import Raster, get_dataset
from lunarcraters.network.model_file import shipped_model

from ...rasters import write_raster


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "_CONNECT_TIMEOUT_S", 1)
    model = tmp_path / "model.keras"
    with (
        pytest.raises(ModelError),
        cluster.cluster(None, model, DetectOptions(1, precision="float32"), tasks=1),
    ):
        pass
    address = "tcp://127.0.0.1:9"
    with (
        pytest.raises(RunError, match=address),
        cluster.cluster(None, shipped_model(), DetectOptions(None, address, "float32"), tasks=1),
    ):
        pass


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("tls://127.0.0.1:9", r"needs the certificates .*TLS__CA_FILE.*TLS__CLIENT__CERT"),
        ("ucx://127.0.0.1:9", r"no connection .* give an address that begins with tcp://"),
    ],
)
def test_connections_that_this_python_cannot_make_are_explained(address, reason):
    options = DetectOptions(None, address, "float32")
    with (
        pytest.raises(RunError, match=reason),
        cluster.cluster(None, shipped_model(), options, tasks=1),
    ):
        pass


def test_other_versions_of_a_cluster_are_not_told_as_a_table(monkeypatch, recwarn):
    def connect(*arguments, **options):
        warnings.warn(VersionMismatchWarning("Mismatched versions found"), stacklevel=2)
        raise TimeoutError

    monkeypatch.setattr(cluster, "Client", connect)
    options = DetectOptions(None, "tcp://127.0.0.1:9", "float32")
    with (
        pytest.raises(RunError, match="no Dask scheduler answers"),
        cluster.cluster(None, shipped_model(), options, tasks=1),
    ):
        pass
    assert not [one for one in recwarn if one.category is VersionMismatchWarning]


@pytest.mark.slow
def test_a_scheduler_without_workers_is_left_alone(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_TIMEOUT_S", 1)
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as local:
        options = DetectOptions(None, local.scheduler_address, "float32")
        with (
            pytest.raises(
                RunError, match=f"at {local.scheduler_address} answers, but has no worker yet"
            ),
            cluster.cluster(None, shipped_model(), options, tasks=1),
        ):
            pass
        with pytest.raises(ValueError, match="No clients found"):
            default_client()


@pytest.fixture
def begin():
    """A function that begins a run on a cluster which runs, and the client of its owner."""
    with (
        LocalCluster(
            1, threads_per_worker=2, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as local,
        Client(local) as owner,
    ):
        options = DetectOptions(None, local.scheduler_address, "int8")

        def begin(source):
            return cluster.cluster(source, shipped_model(), options, tasks=1)

        yield begin, owner


def list_runs(owner):
    return [run for runs in owner.run(worker.list_runs).values() for run in runs]


@pytest.mark.slow
def test_runs_on_one_cluster_have_each_their_own_source_and_leave_nothing(begin, noise, tmp_path):
    begin, owner = begin
    raster = Raster(str(write_raster(tmp_path / "a.tif", noise)), (1,), None)

    def read(detector, source, task):
        get_dataset(raster, None).read(1)
        return source

    def list_open():
        return [file.path for file in psutil.Process().open_files() if file.path == raster.uri]

    with begin("a") as first:
        with begin("b") as second:
            assert list(tasks.run_tasks(first, read, range(3))) == ["a"] * 3
            assert list(tasks.run_tasks(second, read, range(3))) == ["b"] * 3
            assert any(owner.run(list_open).values())
            assert sorted(list_runs(owner)) == sorted([first.id, second.id])
        assert list(tasks.run_tasks(first, read, range(3))) == ["a"] * 3
    assert list_runs(owner) == []
    wait_until(lambda: not any(owner.run(list_open).values()))
    with pytest.raises(RunError, match="stop"), begin("c"):
        raise RunError("stop")
    assert list_runs(owner) == []


@pytest.mark.slow
def test_the_run_of_a_client_that_was_killed_is_forgotten_when_another_begins(begin):
    begin, owner = begin
    options = DetectOptions(precision="int8")
    with Client(owner.scheduler.address, set_as_default=False) as killed:
        killed.register_plugin(worker.DetectionPlugin("a", shipped_model(), options, killed.id))
    assert list_runs(owner) == [killed.id]
    with begin("b") as client:
        assert list_runs(owner) == [client.id]


class ForOneWorker:
    """A source that every second worker cannot load, as one that lacks the package."""

    loaded = 0

    def __reduce__(self):
        return ForOneWorker.load, ()

    @staticmethod
    def load():
        ForOneWorker.loaded += 1
        if ForOneWorker.loaded % 2 == 0:
            raise ModuleNotFoundError("No module named 'lunarcraters'")
        return ForOneWorker()


@pytest.mark.slow
def test_a_run_that_one_worker_cannot_load_says_so_and_leaves_nothing(monkeypatch):
    monkeypatch.setattr(worker.DetectionPlugin, "detector", lambda self: None)
    here = {"host": "127.0.0.1", "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(n_workers=2, processes=False, **here) as local:
        options = DetectOptions(None, local.scheduler_address, "int8")
        for _ in range(2):
            with (
                pytest.raises(RunError, match="a worker cannot import what the run needs"),
                cluster.cluster(ForOneWorker(), shipped_model(), options, tasks=1),
            ):
                pass
            for each in local.workers.values():
                assert worker.list_runs(each) == []
            assert not [name for name in local.scheduler.worker_plugins if "Client" in name]


def wait_until(condition):
    for _ in range(100):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not happen")


@pytest.mark.slow
def test_what_dask_tells_stays_off_the_screen(capfd):
    """As of a heartbeat that the closing of the cluster cut short: an error, with its traceback."""

    def tell():
        logging.getLogger("distributed.worker").error("Failed to communicate with scheduler")

    level = logging.getLogger("distributed").level
    with cluster.cluster(
        None, shipped_model(), DetectOptions(1, precision="float32"), tasks=1
    ) as client:
        client.submit(tell).result()
        tell()
    assert capfd.readouterr().err == ""
    assert logging.getLogger("distributed").level == level, "another's work with Dask is as before"


@pytest.mark.slow
def test_clusters_at_once_leave_dask_and_the_environment_as_they_were():
    def look():
        level = logging.getLogger("distributed").level
        return level, str(config.config), dict(os.environ)

    def open_cluster():
        return cluster.cluster(None, shipped_model(), DetectOptions(1, precision="int8"), tasks=1)

    before, first, second = look(), open_cluster(), open_cluster()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    during = logging.getLogger("distributed").level
    second.__exit__(None, None, None)
    assert during == logging.CRITICAL
    assert look() == before


@pytest.mark.parametrize(
    ("daemon", "file", "said"),
    [(True, __file__, "worker of multiprocessing.Pool"), (False, "<stdin>", "save it as a file"),
     (False, __file__, "if __name__"), (False, None, "if __name__")],
)  # fmt: skip
def test_why_worker_processes_do_not_start_is_said(monkeypatch, daemon, file, said):
    main = SimpleNamespace() if file is None else SimpleNamespace(__file__=file)
    process = SimpleNamespace(daemon=daemon)
    monkeypatch.setattr(cluster.multiprocessing, "current_process", lambda: process)
    monkeypatch.setitem(sys.modules, "__main__", main)
    monkeypatch.setattr(cluster, "preload", lambda: None)

    def fail(workers):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(cluster, "_start_workers", fail)
    options = DetectOptions(1, precision="int8")
    with pytest.raises(RunError, match=said):
        cluster.cluster(None, shipped_model(), options, tasks=1).__enter__()


def test_a_fork_of_a_process_that_has_searched_is_refused(monkeypatch):
    monkeypatch.setattr(cluster, "_users", [os.getppid()])  # as a fork would see it
    options = DetectOptions(1, precision="int8")
    with pytest.raises(RunError, match=r'this process is a fork .*get_context\("spawn"\)'):
        cluster.cluster(None, shipped_model(), options, tasks=1).__enter__()


def test_a_working_directory_that_was_removed_is_told(monkeypatch, tmp_path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    options = DetectOptions(1, precision="int8")
    with pytest.raises(RunError, match="the working directory was removed"):
        cluster.cluster(None, shipped_model(), options, tasks=1).__enter__()


def test_workers_know_the_environment_as_it_is_after_preloading(monkeypatch):
    before = dict(os.environ)
    preload()
    assert dict(os.environ) == before
    monkeypatch.setenv("LUNARCRATERS_LATE", "yes")
    with cluster.cluster(
        None, shipped_model(), DetectOptions(1, precision="int8"), tasks=1
    ) as client:
        assert client.submit(os.environ.get, "LUNARCRATERS_LATE").result() == "yes"
