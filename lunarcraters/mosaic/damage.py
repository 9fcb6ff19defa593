"""Damage: what can be read of a local mosaic whose files cannot be read everywhere."""

from dataclasses import dataclass, fields, replace

from lunarcraters.mosaic.handles import Raster
from lunarcraters.mosaic.mosaic import Mosaic


@dataclass(frozen=True)
class _ReadableMosaic(Mosaic):
    """A mosaic in which pixels that cannot be read hold no data."""

    @property
    def raster(self) -> Raster:
        """Raster that is read."""
        return replace(super().raster, leaves_out_damage=True)


def leave_out_damage(mosaic: Mosaic) -> Mosaic:
    """Return a mosaic in which pixels that cannot be read hold no data.

    A mosaic on the network stays as it is: its server may answer later.
    """
    if mosaic.remote is not None:
        return mosaic
    return _ReadableMosaic(**{one.name: getattr(mosaic, one.name) for one in fields(mosaic)})
