"""Lunar terrain: shading of elevation models, and rendered scenes whose craters are known."""

from lunarcraters.terrain.profiles import crater_profile
from lunarcraters.terrain.scene import Scene, render_scene
from lunarcraters.terrain.shading import shade

__all__ = ["Scene", "crater_profile", "render_scene", "shade"]
