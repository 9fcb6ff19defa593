"""Rendered scenes with complete craters: the sample tiles, planted craters, comparisons, tests."""

from lunarcraters.rendering.scene import Scene, render_scene

__all__ = ["Scene", "render_scene"]
