"""Looks: relief that is turned, so that the network sees it from several sides.

The network takes relief as light from the left. A look is a tile that is turned by quarter turns,
and its maps are turned back; the mean over four looks does not depend on how the ground lies.
"""

import numpy as np
from numpy.typing import NDArray

from lunarcraters.errors import check_choice

LOOKS = {1: (0,), 2: (0, 2), 4: (0, 1, 2, 3), 8: (0, 1, 2, 3, 4, 5, 6, 7)}
"""Looks of each possible number. The first four are quarter turns, the others also mirrored."""

DEFAULT_LOOKS = 4

Float32 = NDArray[np.float32]


def choose_looks(number: int) -> tuple[int, ...]:
    """Choose the looks of a number.

    Raises:
        OptionError: There is no such number of looks.
    """
    check_choice("looks", number, LOOKS)
    return LOOKS[number]


def turn_relief(relief: Float32, look: int) -> Float32:
    """Turn relief to a look: what the channels would be if the ground lay so.

    Args:
        relief: Slope to the right, slope downwards and local height, (n, side, side, 3).
        look: Look, 0 for none.

    Returns:
        Relief, (n, side, side, 3).
    """
    mirrored, turns = divmod(look, 4)
    if mirrored:
        relief = relief.swapaxes(1, 2)[..., [1, 0, 2]]
    turned = np.rot90(relief, turns, (1, 2))
    right, down, height = np.moveaxis(turned, -1, 0)
    # A quarter turn to the left: what rose downwards rises to the right.
    right, down = ((right, down), (down, -right), (-right, -down), (-down, right))[turns]
    return np.stack([right, down, height], axis=-1)


def turn_back(maps: Float32, look: int) -> Float32:
    """Turn the maps of a look back.

    Args:
        maps: Maps, (n, side, side, heads).
        look: Look, 0 for none.
    """
    mirrored, turns = divmod(look, 4)
    maps = np.rot90(maps, -turns, (1, 2))
    return maps.swapaxes(1, 2) if mirrored else maps
