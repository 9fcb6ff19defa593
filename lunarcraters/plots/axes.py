"""Axes that several figures share."""

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator


def label_diameters(axes: Axes) -> None:
    """Label a logarithmic axis of diameters with plain numbers, at 1, 2, 5 and so on.

    Args:
        axes: Axes whose x is the diameter.
    """
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
    axes.xaxis.set_minor_formatter("{x:g}")
