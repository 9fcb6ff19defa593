from unittest.mock import patch

import pytest

from lunarcraters.execution import assembly, engine
from lunarcraters.execution import search as searching
from lunarcraters.execution.detect import open_source
from lunarcraters.execution.manifest import Manifest
from lunarcraters.network.model_file import read_info, shipped_model


@pytest.fixture(scope="session")
def search_here():
    """`craters detect` without workers, in this process, where the network is loaded once."""
    from lunarcraters.network.inference import Detector

    model = shipped_model()
    detector = Detector(model, precision="int8")

    def search(path, folder, **options):
        folder.mkdir()
        source = open_source([path], model, **options)
        plugin = engine.SearchPlugin(source, model, "int8", {})
        plugin.loaded = detector
        batches = list(searching.plan_batches(source.tiles))
        with patch.object(engine, "worker_state", lambda: plugin):
            for batch in batches:
                searching.search(folder, None, True, batch)
        manifest = Manifest("", "", "", str(model), {})
        files = [folder / batch.file for batch in batches]
        return assembly.put_together(source, files, folder, read_info(model), manifest, {}).read()

    return search
