"""Damage: what can be read of a local mosaic whose files cannot be read everywhere."""

from dataclasses import replace

from lunarcraters.mosaic.mosaic import Mosaic


def leave_out_damage(mosaic: Mosaic) -> Mosaic:
    """Return a mosaic in which pixels that cannot be read hold no data.

    A mosaic on the network stays as it is: its server may answer later.
    """
    return mosaic if mosaic.remote is not None else replace(mosaic, leaves_out_damage=True)
