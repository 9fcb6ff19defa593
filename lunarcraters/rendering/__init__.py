"""Rendered scenes with complete reference craters, for the sample tiles, planted craters, comparisons and tests."""

from lunarcraters.rendering.scene import Scene, render_scene

__all__ = ["Scene", "render_scene"]
