"""Lunar terrain: shading of elevation models, and rendered scenes whose craters are known."""

from lunarcraters.terrain.shading import shade

__all__ = ["shade"]
