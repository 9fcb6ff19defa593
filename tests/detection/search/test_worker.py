import asyncio
import shutil
from types import SimpleNamespace

import pytest

from lunarcraters.detection.options import DetectOptions
from lunarcraters.detection.search import worker
from lunarcraters.errors import RunError
from lunarcraters.network.model_file import shipped_model


def test_a_worker_refuses_a_model_that_was_replaced_when_it_loads_it(tmp_path):
    model = tmp_path / "model.keras"
    shutil.copyfile(shipped_model(), model)
    options = DetectOptions(precision="int8")
    plugin = worker.DetectionPlugin(None, model, options, "a", is_local=True)
    model.write_bytes(shipped_model().read_bytes() + b" ")
    with pytest.raises(RunError, match=r"model\.keras was replaced while it was used"):
        plugin.detector()


def make_worker(address, **others):
    async def ncores():
        return {address: 1, **others}

    state, scheduler = SimpleNamespace(nthreads=1), SimpleNamespace(ncores=ncores)
    return SimpleNamespace(address=address, state=state, scheduler=scheduler)


def test_a_worker_counts_the_tasks_that_share_its_cores(monkeypatch):
    plugin = worker.DetectionPlugin(None, shipped_model(), DetectOptions(precision="int8"), "a")
    monkeypatch.setattr(plugin, "detector", lambda: None)
    others = {"tcp://10.0.0.7:4001": 2, "tcp://10.0.0.8:4000": 4}
    asyncio.run(plugin.setup(make_worker("tcp://10.0.0.7:4000", **others)))
    assert (plugin.tasks, plugin.sharing) == (1, 3)


def test_a_worker_keeps_to_one_precision_of_tensorflow(monkeypatch):
    plugin = worker.DetectionPlugin(None, shipped_model(), DetectOptions(precision="float32"), "a")
    monkeypatch.setattr(worker, "_started", ["bfloat16"])
    with pytest.raises(RunError, match="give --precision bfloat16, or restart the worker"):
        plugin.detector()


def test_a_worker_with_other_versions_is_named(monkeypatch):
    plugin = worker.DetectionPlugin(None, shipped_model(), DetectOptions(precision="float32"), "a")
    assert {"lunarcraters", "tensorflow", "keras", "numpy"} <= plugin.versions.keys()
    monkeypatch.setattr(worker, "list_versions", lambda: {**plugin.versions, "keras": "2.4"})
    asyncio.run(plugin.setup(make_worker("tcp://10.0.0.7:4000")))
    with pytest.raises(RunError, match=r"10\.0\.0\.7:4000 .* keras 2\.4"):
        plugin.detector()
