"""Rendered scenes whose every crater is known, for samples and tests."""

from lunarcraters.rendering.scene import Scene, render_scene

__all__ = ["Scene", "render_scene"]
