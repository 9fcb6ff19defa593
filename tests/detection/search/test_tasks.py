import pytest
from distributed.comm import CommClosedError

from lunarcraters.detection.search import tasks
from lunarcraters.errors import ModelError


class ClientHere:
    """Runs what is submitted at once, in this process."""

    id = "Client-1"

    def __init__(self, workers):
        self.workers, self.waiting, self.most = workers, 0, 0

    def nthreads(self):
        return dict.fromkeys(range(self.workers), 1)

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
    monkeypatch.setattr(tasks, "get_worker_state", lambda run: state)
    monkeypatch.setattr(tasks, "as_completed", Completed)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("count", [0, 1, 3, 4, 50])
def test_every_task_is_run_once_and_few_wait(count):
    client, done = ClientHere(workers=2), []

    def work(detector, source, task):
        done.append(task)
        return task

    results = list(tasks.run_tasks(client, work, range(count)))
    assert sorted(done) == sorted(results) == list(range(count))
    assert client.most <= 6


@pytest.mark.usefixtures("here")
def test_workers_that_join_later_have_tasks_at_once(monkeypatch):
    monkeypatch.setattr(tasks, "_RECOUNT_S", -1.0)
    client = ClientHere(workers=1)
    results = tasks.run_tasks(client, lambda detector, source, task: task, range(50))
    next(results)
    assert client.most == 3
    client.workers = 4
    next(results)
    assert client.waiting == 12
    client.workers = 1
    assert sorted(results) == list(range(2, 50))
    assert client.most == 12


@pytest.mark.usefixtures("here")
def test_an_error_of_ours_is_raised_here():
    def fail(detector, source, task):
        raise ModelError(f"task {task} failed")

    with pytest.raises(ModelError, match="task 0 failed"):
        list(tasks.run_tasks(ClientHere(workers=1), fail, range(3)))


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "fault", [OSError("Timed out trying to connect"), AttributeError("ncores")]
)
def test_a_scheduler_that_is_lost_while_workers_are_counted_closes_the_connection(
    monkeypatch, fault
):
    monkeypatch.setattr(tasks, "_RECOUNT_S", -1.0)
    client = ClientHere(workers=1)
    results = tasks.run_tasks(client, lambda detector, source, task: task, range(50))
    next(results)

    def fail():
        raise fault

    client.nthreads = fail
    with pytest.raises(CommClosedError, match=str(fault)):
        next(results)
