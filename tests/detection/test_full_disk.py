"""A disk that runs full: one clear error, nothing wrong exported, and the same command finishes."""

import pandas as pd
import pytest

from lunarcraters.detection.detect import detect
from lunarcraters.detection.options import DetectOptions, SourceOptions
from lunarcraters.detection.run import read_run
from lunarcraters.detection.source import open_source
from lunarcraters.errors import OutputError, RunError
from lunarcraters.network.model_file import shipped_model

from ..rasters import write_part

MODEL = shipped_model()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("small_disk", "message"),
    [(64, "parts/.*No space left"), (320, "mask.tif.*is the disk full")],
    indirect=["small_disk"],
)
def test_a_run_waits_for_room(small_disk, message, scene, tmp_path, capfd):
    place, enlarge = small_disk
    mosaic = write_part(tmp_path / "part.tif", scene, (836, 896, 384, 384))
    source = open_source([mosaic], MODEL, SourceOptions(size=256))
    with pytest.raises(OutputError, match=message):
        detect(source, place / "run", MODEL, DetectOptions(workers=1))
    assert capfd.readouterr().err == ""
    with pytest.raises(RunError):
        read_run(place / "run")
    enlarge()
    found = detect(source, place / "run", MODEL, DetectOptions(workers=1)).read()
    expected = detect(source, tmp_path / "run", MODEL, DetectOptions(workers=1)).read()
    pd.testing.assert_frame_equal(found.craters, expected.craters)
