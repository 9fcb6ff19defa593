"""The EXIF orientation of images: how their pixels are to be turned for display."""

import struct
from contextlib import suppress
from pathlib import Path

from PIL import Image

from lunarcraters.errors import DatasetError
from lunarcraters.process import suppress_warnings

_ORIENTATION = 0x0112  # 1 for an upright image
_OTHERS = range(2, 9)
_DAMAGES = "(possibly )?corrupt EXIF|truncated file|tag data|metadata warning"
_FAULTS = (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError)


def require_upright(path: Path) -> None:
    """Refuse an image that is to be turned or mirrored for display.

    Some programs draw labels on the image as it is displayed, and some on its pixels as they are
    stored, as `craters detect` reads them.

    Args:
        path: Image file. One that Pillow cannot read, or takes for too large, is passed over, and
            so is one with damaged metadata.

    Raises:
        DatasetError: The image is to be turned or mirrored.
    """
    orientation = 1
    with (
        suppress(*_FAULTS),
        suppress_warnings(Image.DecompressionBombWarning),
        suppress_warnings(UserWarning, _DAMAGES),
        Image.open(path) as image,
    ):
        # Pillow would decode all of a PNG to find the tag behind its pixels.
        if image.format != "PNG" or "exif" in image.info:
            orientation = image.getexif().get(_ORIENTATION, 1)
    if orientation in _OTHERS:
        raise DatasetError(
            f"{path} is to be turned or mirrored for display (EXIF orientation {orientation}), so "
            "it is not clear which view its labels are of: turn its pixels (mogrify -auto-orient "
            "of ImageMagick), then look whether the labels fit"
        )
