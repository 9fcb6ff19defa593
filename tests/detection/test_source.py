from dataclasses import replace

import pytest

from lunarcraters.detection.options import SourceOptions
from lunarcraters.detection.source import choose_size_px, open_source
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import read_info, shipped_model

MODEL = shipped_model()


@pytest.mark.parametrize(
    ("raster", "int8", "size"), [("cap", True, 1440), ("cap", False, 1024), ("globe", True, 1024)]
)
def test_tiles_are_large_where_that_costs_less(request, raster, int8, size):
    mosaic = open_mosaic(request.getfixturevalue(raster))
    info = read_info(MODEL)
    assert choose_size_px(mosaic, info, int8=int8) == size
    bound = replace(info, input_size=256)
    assert choose_size_px(mosaic, bound, int8=int8) == 256, "the network takes no other"


def test_the_precision_decides_unless_a_size_is_given(cap):
    assert open_source([cap], MODEL).settings.max_size == 1440
    assert open_source([cap], MODEL, precision="float32").settings.max_size == 1024
    assert open_source([cap], MODEL, SourceOptions(size=512)).settings.max_size == 512


def test_xml_of_any_length_is_a_mosaic(cap):
    mosaic = open_mosaic(cap, nodata=-1)
    name = mosaic.uri.replace("<SRS", " " * 255 + "<SRS")  # more than the name of a file may have
    assert open_source([name], MODEL).mosaic.grid == mosaic.grid
