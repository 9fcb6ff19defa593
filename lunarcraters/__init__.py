"""From a lunar mosaic of any size and projection to a georeferenced crater catalogue."""

__version__ = "0.1.0"
