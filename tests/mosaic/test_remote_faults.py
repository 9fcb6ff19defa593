"""What cannot be opened on a server is told with the name that can be."""

import tarfile

import numpy as np
import pytest

from lunarcraters.errors import MosaicError
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.mosaic.names import RasterName
from lunarcraters.mosaic.remote import faults
from lunarcraters.mosaic.vrt.faults import why_not_read

from .. import archives
from ..rasters import write_raster
from ..servers import serve


def test_a_label_on_a_server_is_named_for_its_image_and_what_to_download(tmp_path):
    label = archives.kaguya(tmp_path).path
    image = next(path for path in tmp_path.iterdir() if path != label)
    with serve(tmp_path) as server:
        with pytest.raises(MosaicError, match=f"label, and GDAL opens that: give .*/{label.name}$"):
            open_mosaic(f"{server.url}/{image.name}")
        open_mosaic(f"{server.url}/{label.name}")
        error = RuntimeError("Range downloading not supported by this server!")
        said = why_not_read(f"/vsicurl/{server.url}/{label.name}", error, served=True)
    assert said.endswith("download it first, with the files that belong to it")


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.tgz"])
def test_a_tar_on_a_server_is_named_with_the_way_to_its_rasters(tmp_path, name):
    write_raster(tmp_path / "a.tif", np.full((600, 800), 50, np.uint8))
    with tarfile.open(tmp_path / name, "w:gz" if name.endswith("gz") else "w") as archive:
        archive.add(tmp_path / "a.tif", "d/a.tif")
    with serve(tmp_path) as server:
        with pytest.raises(MosaicError, match=rf"packed with tar: .* 'tar\+http.*/{name}!NAME'"):
            open_mosaic(f"{server.url}/{name}")
        there = open_mosaic(f"tar+{server.url}/{name}!d/a.tif")
    assert there.grid == open_mosaic(tmp_path / "a.tif").grid


def test_a_server_that_tells_no_size_is_told_from_one_that_does_not_answer(tmp_path, monkeypatch):
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    monkeypatch.setattr(faults, "read_headers", lambda _: {"transfer-encoding": "chunked"})
    with serve(tmp_path) as server:
        name = RasterName(f"/vsicurl/{server.url}/a.tif")
        said = faults.why_not_served(name, RuntimeError("not recognized as being in a supported"))
    assert said.endswith("/a.tif does not tell how many bytes it has: download it first")


def test_a_description_of_a_server_that_does_not_answer_is_told_from_a_damaged_file(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(
        "<GDAL_WMS><Service name='TMS'><ServerUrl>http://127.0.0.1:9/${z}/${x}/${y}.png</ServerUrl>"
        "</Service><DataWindow><UpperLeftX>-180</UpperLeftX><UpperLeftY>90</UpperLeftY>"
        "<LowerRightX>180</LowerRightX><LowerRightY>-90</LowerRightY><SizeX>512</SizeX><SizeY>256"
        "</SizeY></DataWindow><Projection>IAU_2015:30100</Projection><BandsCount>1</BandsCount>"
        "</GDAL_WMS>"
    )
    with pytest.raises(MosaicError, match=r"does not give its pixels .*try again"):
        open_mosaic(path)
