"""Transfer: the number of bytes that a run would fetch from the network."""

from rasterio.errors import RasterioError

from lunarcraters.geometry.box import intersects
from lunarcraters.mosaic.identity import containing_file
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.names import is_remote
from lunarcraters.mosaic.opening import open_dataset
from lunarcraters.mosaic.remote.access import remote_environment
from lunarcraters.mosaic.remote.virtual_files import file_size
from lunarcraters.mosaic.tiff_blocks import find_stored_blocks, has_positions


def count_fetched_bytes(mosaic: Mosaic) -> int | None:
    """Count the bytes that a run fetches at most.

    Of a TIFF these are the blocks that may hold data, overviews included; of other files all bytes.

    Returns:
        Number of bytes; None for a local mosaic.
    """
    if mosaic.remote is None:
        return None
    files = {containing_file(file) for file in mosaic.sources}
    total = 0
    for file in filter(is_remote, files):
        with remote_environment(file):
            size = file_size(file) or 0
            blocks = _count_block_bytes(mosaic) if file == mosaic.uri else None
            total += size if blocks is None else min(blocks, size)
    return total


def _count_block_bytes(mosaic: Mosaic) -> int | None:
    """Bytes of the blocks of a TIFF that lie in the mosaic's extents; None for other formats."""
    try:
        with open_dataset(mosaic.uri) as dataset:
            if not has_positions(dataset):
                return None
            return sum(
                block.size
                for block in find_stored_blocks(dataset, mosaic.bands)
                if intersects(mosaic.extent_table, block.box).any()
            )
    except RasterioError:
        return None
