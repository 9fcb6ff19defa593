#!/usr/bin/env bash
# SAHI cuts 16-bit mosaics of the Moon into white slices, and mosaics of reflectance into black ones.
#
# SAHI slices large images for a detector, and is what a user of YOLO would take for a lunar mosaic. These
# mosaics are 8-bit, 16-bit or 32-bit I/F. We expected that SAHI scales their values, or refuses them.
# SAHI 0.12.8 (with Pillow 13.0.0) clips all values to the range from 0 to 255: each pixel of a 16-bit mosaic
# of 2,000 to 10,000 is 255, and each pixel of an I/F mosaic of 0.02 to 0.12 is 0. There is no warning, and a
# detector then finds nothing.
#
# For us: images are normalised by their local mean and deviation, whatever their type. The mosaic with which
# benchmarks/peers.py compares has 8 bits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sahi==0.12.8 pillow==13.0.0 rasterio==1.4.4
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings

import numpy as np
import rasterio
import sahi
from rasterio.errors import NotGeoreferencedWarning
from sahi.slicing import slice_image

warnings.simplefilter("error")
warnings.simplefilter("ignore", NotGeoreferencedWarning)
print("sahi", sahi.__version__)
rows, columns = np.mgrid[:600, :800]
ground = 0.5 + 0.5 * np.sin(rows / 20.0) * np.sin(columns / 20.0)  # 0 to 1
mosaics = {
    "8 bits": ((255 * ground).astype(np.uint8), None),
    "16 bits": ((2000 + 8000 * ground).astype(np.uint16), 255),
    "I/F": ((0.02 + 0.1 * ground).astype(np.float32), 0),
}
for name, (values, only) in mosaics.items():
    with rasterio.open("mosaic.tif", "w", driver="GTiff", width=800, height=600, count=1, dtype=values.dtype) as raster:
        raster.write(values, 1)
    result = slice_image("mosaic.tif", slice_height=512, slice_width=512)
    found = np.unique(np.concatenate([np.ravel(image) for image in result.images]))
    print(f"{name}: values from {values.min():.5g} to {values.max():.5g} become {len(found)} grey values, "
          f"{found.min()} to {found.max()}")
    assert len(found) > 200 if only is None else found.tolist() == [only], "the behaviour has changed"
PYTHON
