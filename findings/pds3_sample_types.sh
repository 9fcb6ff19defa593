#!/bin/bash
# Sample types of PDS3 that GDAL reads as other numbers, without a warning.
#
# The PDS3 standard (chapter 3, data types) says: UNSIGNED_INTEGER means MSB_UNSIGNED_INTEGER, PC_INTEGER and
# its unsigned form are little-endian, and integers may have 32 bits. Guess: all read alike.
# Seen: UNSIGNED_INTEGER of 16 bits is read with its bytes swapped, so is PC_UNSIGNED_INTEGER, and
# integers of 32 bits are read as floating-point numbers (1 becomes 1.4e-45).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rasterio==1.4.4 numpy==2.2.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio

warnings.simplefilter("ignore")
print("rasterio", rasterio.__version__, "GDAL", rasterio.__gdal_version__)


def read(kind, dtype):
    """True where GDAL reads what the label says."""
    values = np.arange(1, 101).astype(dtype).reshape(10, 10)
    Path("a.img").write_bytes(values.tobytes())
    Path("a.lbl").write_text("\r\n".join([
        "PDS_VERSION_ID = PDS3", "RECORD_TYPE = FIXED_LENGTH",
        f"RECORD_BYTES = {10 * values.itemsize}", '^IMAGE = "a.img"', "OBJECT = IMAGE",
        "  LINES = 10", "  LINE_SAMPLES = 10", f"  SAMPLE_TYPE = {kind}",
        f"  SAMPLE_BITS = {8 * values.itemsize}", "END_OBJECT = IMAGE", "END", "",
    ]))
    with rasterio.open("a.lbl") as dataset:
        first = dataset.read(1)
        same = bool((first == values).all())
        print(f"{kind:22} {dtype}: read as {dataset.dtypes[0]:8} first values {first[0, :3]}")
    return same


right = [("MSB_UNSIGNED_INTEGER", ">u2"), ("LSB_UNSIGNED_INTEGER", "<u2"), ("LSB_INTEGER", "<i2")]
wrong = [("UNSIGNED_INTEGER", ">u2"), ("PC_UNSIGNED_INTEGER", "<u2"), ("LSB_INTEGER", "<i4"),
         ("MSB_UNSIGNED_INTEGER", ">u4")]
sys.exit(not all(read(*case) for case in right) or any(read(*case) for case in wrong))
PYTHON
