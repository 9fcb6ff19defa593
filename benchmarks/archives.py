"""Compare archive products with what pdr, pds4_tools and planetaryimage read of them.

The readers know nothing of GDAL. They need an environment of their own:

    python3 -m venv readers
    readers/bin/pip install pdr==1.4.4 pds4_tools==1.4 planetaryimage==0.5 'numpy<2.3'
    python benchmarks/archives.py readers/bin/python

The products are those of the tests (tests/archives.py). Of each, the values and the numbers of the
label are read independently; the place of the corner pixels follows from these numbers by the
formulas of the archives' documents, and is compared with that of `open_mosaic`.
"""

import contextlib
import hashlib
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

NUMBERS = (
    "LINE_PROJECTION_OFFSET", "SAMPLE_PROJECTION_OFFSET", "MAP_SCALE", "CENTER_LONGITUDE",
    "MAP_RESOLUTION", "UPPER_LEFT_LONGITUDE", "UPPER_LEFT_LATITUDE",
)  # fmt: skip


def fingerprint(values):
    """Type, size and hash of an array in native byte order."""
    values = np.ascontiguousarray(values.astype(values.dtype.newbyteorder("=")))
    return [values.dtype.name, values.shape, hashlib.sha256(values.tobytes()).hexdigest()[:12]]


def read_independently(path):
    """What another reader than GDAL has of a product, with its name."""
    if b"IsisCube" in path.read_bytes()[:100]:
        return read_cube(path)
    if path.suffix.lower() in (".xml", ".lblx", ".2cl"):
        import pds4_tools

        with contextlib.redirect_stdout(None):
            label = pds4_tools.read(str(path), lazy_load=True, quiet=True)
        tags = (
            "upperleft_corner_x",
            "upperleft_corner_y",
            "longitude_of_central_meridian",
            "pixel_scale_x",
            "pixel_resolution_x",
        )
        found = {tag: label.label.find(f".//cart:{tag}") for tag in tags}
        numbers = {tag: float(e.text) for tag, e in found.items() if e is not None}
        return "pds4_tools", np.asarray(label[0].data), numbers
    import pdr

    product = pdr.read(str(path))
    numbers = {}
    for key in NUMBERS:
        value = product.metaget(key)
        if value is not None:
            numbers[key] = float(value["value"] if isinstance(value, dict) else value)
    return "pdr", np.asarray(product["IMAGE"]), numbers


def read_cube(path):
    """An ISIS cube by planetaryimage, or by the label alone where that is detached."""
    import pvl
    from planetaryimage import CubeFile

    label = pvl.load(path)["IsisCube"]
    mapping, core = label["Mapping"], label["Core"]
    keys = ("UpperLeftCornerX", "UpperLeftCornerY", "PixelResolution", "CenterLongitude")
    numbers = {key: float(getattr(mapping[key], "value", mapping[key])) for key in keys}
    if path.suffix == ".cub":
        return "planetaryimage", np.asarray(CubeFile.open(str(path)).data)[0], numbers
    size = core["Dimensions"]["Lines"], core["Dimensions"]["Samples"]
    values = np.fromfile(path.parent / core["^Core"], ">i2").reshape(size)
    return "pvl", values, numbers


def report_readings(paths):
    """Print what the readers have, one line of JSON a product."""
    for path in map(Path, paths):
        try:
            name, values, numbers = read_independently(path)
            values = values[0] if values.ndim == 3 else values
            print(json.dumps([name, fingerprint(values), numbers]))
        except Exception as error:
            print(json.dumps([f"{type(error).__name__}: {error}"[:80], None, {}]))


def origin_px(numbers):
    """Sample and line, 0 at the first pixel's centre, of the origin of the map projection."""
    if "UPPER_LEFT_LONGITUDE" in numbers:
        east = numbers["UPPER_LEFT_LONGITUDE"] - numbers["CENTER_LONGITUDE"]
        resolution = numbers["MAP_RESOLUTION"]
        return -east * resolution, numbers["UPPER_LEFT_LATITUDE"] * resolution
    if "SAMPLE_PROJECTION_OFFSET" in numbers:
        return numbers["SAMPLE_PROJECTION_OFFSET"], numbers["LINE_PROJECTION_OFFSET"]
    if "UpperLeftCornerX" in numbers:
        x, y, size = (
            numbers[k] for k in ("UpperLeftCornerX", "UpperLeftCornerY", "PixelResolution")
        )
    else:
        x, y = numbers["upperleft_corner_x"], numbers["upperleft_corner_y"]
        size = numbers.get("pixel_scale_x", numbers["pixel_resolution_x"])
    return -x / size - 0.5, y / size - 0.5


def main(reader):
    """Print a table of the products; exit with 1 where a reading differs."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from lunarcraters.errors import CratersWarning
    from lunarcraters.mosaic.mosaic import open_mosaic
    from tests import archives

    warnings.simplefilter("ignore", CratersWarning)
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        products = []
        for write in archives.PRODUCTS:
            if write in (archives.tmc2_ortho, archives.tmc2_raw, archives.change2_dom):
                continue  # GeoTIFF and TIFF, which these readers do not read
            place = Path(folder, write.__name__)
            place.mkdir()
            products.append(write(place))
        paths = [str(product.path) for product in products]
        command = [reader, __file__, "--read", *paths]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for product, line in zip(products, done.stdout.splitlines(), strict=True):
            name, values, numbers = json.loads(line)
            mosaic = open_mosaic(product.path)
            column, row = (~mosaic.grid.affine) @ (0.0, 0.0)
            raw = fingerprint(np.asarray(product.values))
            off = np.nan
            if numbers:
                origin = np.array(origin_px(numbers))
                off = np.abs(np.array([column - 0.5, row - 0.5]) - origin).max()
            same = values is not None and values == json.loads(json.dumps(raw))
            different += not same or not off < 0.01
            kind = product.values.dtype.str
            print(f"{product.path.name:32} {kind:4} {name:15} values {same!s:5} off {off:.6f} px")
    sys.exit(bool(different))


if __name__ == "__main__":
    if sys.argv[1] == "--read":
        report_readings(sys.argv[2:])
    else:
        main(sys.argv[1])
