"""Real values become those of a raster's type."""

import tracemalloc

import numpy as np
import pytest

from lunarcraters.mosaic.dtypes import as_dtype


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32"])
@pytest.mark.parametrize("real", ["float32", "float64"])
def test_integers_are_rounded_and_clipped_to_their_range(dtype, real):
    ends = np.iinfo(dtype)
    values = np.array([-1e12, 0.4, 6.6, 1e12, float(ends.max)], real)
    converted = as_dtype(values, np.dtype(dtype))
    assert converted.dtype == dtype
    assert converted.tolist() == [ends.min, 0, 7, ends.max, ends.max]


def test_real_numbers_stay_as_they_are():
    values = np.array([-1e12, 0.4])
    np.testing.assert_array_equal(as_dtype(values, values.dtype), values)


def test_double_precision_is_not_rounded_twice():
    assert as_dtype(np.array([127.5 - 1e-9]), np.dtype("uint8")).tolist() == [127]


def test_values_are_rounded_and_clipped_in_one_array():
    real = np.full(1_000_000, 300.4, np.float32)
    tracemalloc.start()
    whole = as_dtype(real, np.dtype(np.uint8))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1.1 * (real.nbytes + whole.nbytes)
    assert real[0] == np.float32(300.4)
    assert as_dtype(np.array(300.4), np.dtype(np.uint8)) == 255
