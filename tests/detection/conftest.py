import pytest

from lunarcraters.detection.manifest import Manifest
from lunarcraters.detection.options import SourceOptions
from lunarcraters.detection.outputs import write_run_outputs
from lunarcraters.detection.search.batch import search_batch
from lunarcraters.detection.search.batches import plan_batches
from lunarcraters.detection.search.results import Results, stitching
from lunarcraters.detection.source import open_source
from lunarcraters.network.looks import DEFAULT_LOOKS
from lunarcraters.network.model_file import read_info, shipped_model


def make_search(model, looks=DEFAULT_LOOKS, **kind):
    """`craters detect` without workers, in this process, where the network is loaded once."""
    from lunarcraters.network.inference import Detector

    detector = Detector(model, precision="int8", looks=looks)

    def search(path, folder, **options):
        folder.mkdir()
        source = open_source([path], model, SourceOptions(**kind, **options))
        batches = list(plan_batches(source.tiles))
        for batch in batches:
            search_batch(folder, None, True, detector, source, batch)
        manifest = Manifest("", "", "", str(model), {})
        files = [folder / batch.file for batch in batches]
        with stitching(source, Results(batches, folder, missing=()), folder) as mask:
            info = read_info(model)
            return write_run_outputs(source, files, folder, info, manifest, {}, mask).read()

    return search


@pytest.fixture(scope="session")
def search_here():
    """A search of pictures."""
    return make_search(shipped_model())


@pytest.fixture(scope="session")
def search_heights():
    """A search of elevation models."""
    return make_search(shipped_model(relief=True), elevation=True)
