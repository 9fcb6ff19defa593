import logging
import os
from types import SimpleNamespace

import pytest
from distributed import LocalCluster, default_client

from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.search import cluster, tasks, worker
from lunarcraters.detection.search.preload import preload
from lunarcraters.errors import ModelError, RunError
from lunarcraters.network.model_file import shipped_model


class Client:
    """Runs what is submitted at once, in this process."""

    def __init__(self, workers):
        self.workers, self.waiting, self.most = workers, 0, 0

    def scheduler_info(self, n_workers):
        return {"workers": {number: {"nthreads": 1} for number in range(self.workers)}}

    def submit(self, work, *task, pure):
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        return Future(self, work, task)


class Future:
    def __init__(self, client, work, task):
        self.client, self.result = client, lambda: work(*task)

    def release(self):
        self.client.waiting -= 1


class Completed(list):
    add = list.append


@pytest.fixture
def here(monkeypatch):
    """Tasks run in this process."""
    state = type("State", (), {"detector": lambda self: None, "source": None})()
    monkeypatch.setattr(tasks, "worker_state", lambda: state)
    monkeypatch.setattr(tasks, "as_completed", Completed)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("count", [0, 1, 3, 4, 50])
def test_every_task_is_run_once_and_few_wait(count):
    client, done = Client(workers=2), []

    def work(detector, source, task):
        done.append(task)
        return task

    results = list(tasks.run_tasks(client, work, range(count)))
    assert sorted(done) == sorted(results) == list(range(count))
    assert client.most <= 6


@pytest.mark.usefixtures("here")
def test_an_error_of_ours_is_raised_here():
    def fail(detector, source, task):
        raise ModelError(f"task {task} failed")

    with pytest.raises(ModelError, match="task 0 failed"):
        list(tasks.run_tasks(Client(workers=1), fail, range(3)))


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


@pytest.mark.slow
def test_a_scheduler_without_workers_is_left_alone(monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_TIMEOUT_S", 1)
    with LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as local:
        options = DetectOptions(None, local.scheduler_address, "float32")
        with (
            pytest.raises(RunError, match="no Dask cluster with a worker"),
            cluster.cluster(None, shipped_model(), options, tasks=1),
        ):
            pass
        with pytest.raises(ValueError, match="No clients found"):
            default_client()


def test_a_worker_with_other_versions_is_named(monkeypatch):
    plugin = worker.DetectionPlugin(None, shipped_model(), DetectOptions(precision="float32"), {})
    assert {"lunarcraters", "tensorflow", "keras", "numpy"} <= plugin.versions.keys()
    state = SimpleNamespace(nthreads=1)
    monkeypatch.setattr(worker, "installed_versions", lambda: {**plugin.versions, "keras": "2.4"})
    plugin.setup(SimpleNamespace(address="tcp://10.0.0.7:4000", state=state))
    with pytest.raises(RunError, match=r"10\.0\.0\.7:4000 .* keras 2\.4"):
        plugin.detector()


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


def test_workers_know_the_environment_as_it_is_after_preloading(monkeypatch):
    before = dict(os.environ)
    preload()
    assert dict(os.environ) == before
    monkeypatch.setenv("LUNARCRATERS_LATE", "yes")
    with cluster.cluster(
        None, shipped_model(), DetectOptions(1, precision="int8"), tasks=1
    ) as client:
        assert client.submit(os.environ.get, "LUNARCRATERS_LATE").result() == "yes"
