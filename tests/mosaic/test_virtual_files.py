"""GDAL's functions are found wherever rasterio keeps its library."""

import pytest
import rasterio._base

from lunarcraters.mosaic.remote import virtual_files


@pytest.mark.parametrize("library", ["gdal-0123abcd.dll", None])
def test_the_library_of_gdal_on_windows_is_a_file_of_its_own(tmp_path, monkeypatch, library):
    """Modules of rasterio do not give its functions there; without a wheel it is loaded already."""
    module = tmp_path / "rasterio" / "_base.cp311-win_amd64.pyd"
    monkeypatch.setattr(rasterio._base, "__file__", str(module))
    expected = "gdal.dll"
    if library is not None:
        (tmp_path / "rasterio.libs").mkdir()
        for name in (library, "geos-0123abcd.dll"):
            (tmp_path / "rasterio.libs" / name).touch()
        expected = str(tmp_path / "rasterio.libs" / library)
    assert virtual_files._find_library() == expected
