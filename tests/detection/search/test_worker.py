import shutil

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
