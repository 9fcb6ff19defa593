"""Names of image files: their suffixes, and the edges of a tile in the layout of LU3M6TGT."""

from dataclasses import dataclass
from pathlib import Path

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"})
"""Suffixes of image files, in lower case."""


@dataclass(frozen=True)
class TileName:
    """The outer edges of a tile, as its file name holds them.

    Attributes:
        lon_min: Western edge, degrees.
        lon_max: Eastern edge, degrees.
        lat_min: Southern edge, degrees.
        lat_max: Northern edge, degrees.
    """

    lon_min: float
    lon_max: float
    lat_min: float
    lat_max: float

    @classmethod
    def parse(cls, name: str | Path) -> "TileName | None":
        """Read edges from a name `lonmin,lonmax,latmin,latmax`.

        Args:
            name: File name, with or without folder and suffix.

        Returns:
            Edges; None if the name is of another kind, or its edges are not on the Moon.
        """
        stem = Path(name).name
        for suffix in (*IMAGE_SUFFIXES, ".txt"):
            stem = stem[: -len(suffix)] if stem.lower().endswith(suffix) else stem
        try:
            lon_min, lon_max, lat_min, lat_max = (float(part) for part in stem.split(","))
        except ValueError:
            return None
        # Longitudes run to 180 or to 360, and a tile may reach a little past either.
        possible = -540.0 <= lon_min < lon_max <= 540.0 and lon_max - lon_min <= 360.0
        if possible and -90.0 <= lat_min < lat_max <= 90.0:
            return cls(lon_min, lon_max, lat_min, lat_max)
        return None

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the centre, degrees."""
        return (self.lon_min + self.lon_max) / 2, (self.lat_min + self.lat_max) / 2
