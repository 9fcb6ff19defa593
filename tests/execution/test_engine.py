import logging
import os

import pytest

from lunarcraters.errors import ModelError, RunError
from lunarcraters.execution import engine
from lunarcraters.execution.head_start import head_start
from lunarcraters.network.model_file import shipped_model


class Client:
    """Runs what is submitted at once, in this process."""

    def __init__(self, workers):
        self.workers, self.waiting, self.most = workers, 0, 0

    def scheduler_info(self, n_workers):
        return {"workers": dict.fromkeys(range(self.workers))}

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


@pytest.mark.parametrize("tasks", [0, 1, 3, 4, 50])
def test_every_task_is_run_once_and_few_wait(monkeypatch, tasks):
    monkeypatch.setattr(engine, "as_completed", Completed)
    client, done = Client(workers=2), []
    results = list(engine.run_tasks(client, lambda task: done.append(task) or task, range(tasks)))
    assert sorted(done) == sorted(results) == list(range(tasks))
    assert client.most <= 6


def test_an_error_of_ours_is_raised_here(monkeypatch):
    monkeypatch.setattr(engine, "as_completed", Completed)

    def fail(task):
        raise ModelError(f"task {task} failed")

    with pytest.raises(ModelError, match="task 0 failed"):
        list(engine.run_tasks(Client(workers=1), fail, range(3)))


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(engine, "_CONNECT_TIMEOUT_S", 1)
    model = tmp_path / "model.keras"
    with pytest.raises(ModelError), engine.cluster(None, model, "float32", 1, None, tasks=1):
        pass
    address = "tcp://127.0.0.1:9"
    with (
        pytest.raises(RunError, match=address),
        engine.cluster(None, shipped_model(), "float32", None, address, tasks=1),
    ):
        pass


def test_a_worker_with_other_versions_is_named(monkeypatch):
    plugin = engine.SearchPlugin(None, shipped_model(), "float32", {})
    assert {"lunarcraters", "tensorflow", "keras", "numpy"} <= plugin.versions.keys()
    worker = type("Worker", (), {"address": "tcp://10.0.0.7:4000"})
    monkeypatch.setattr(engine, "get_worker", worker)
    monkeypatch.setattr(engine, "versions", lambda: {**plugin.versions, "keras": "2.4"})
    with pytest.raises(RunError, match=r"10\.0\.0\.7:4000 .* keras 2\.4"):
        plugin.detector()


def test_what_dask_tells_stays_off_the_screen(capfd):
    """As of a heartbeat that the closing of the cluster cut short: an error, with its traceback."""

    def tell():
        logging.getLogger("distributed.worker").error("Failed to communicate with scheduler")

    level = logging.getLogger("distributed").level
    with engine.cluster(None, shipped_model(), "float32", 1, None, tasks=1) as client:
        client.submit(tell).result()
        tell()
    assert capfd.readouterr().err == ""
    assert logging.getLogger("distributed").level == level, "another's work with Dask is as before"


def test_workers_know_the_environment_as_it_is_after_the_head_start(monkeypatch):
    before = dict(os.environ)
    head_start()
    assert dict(os.environ) == before
    monkeypatch.setenv("LUNARCRATERS_LATE", "yes")
    with engine.cluster(None, shipped_model(), "int8", 1, None, tasks=1) as client:
        assert client.submit(os.environ.get, "LUNARCRATERS_LATE").result() == "yes"
