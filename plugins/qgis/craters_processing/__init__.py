"""A QGIS plugin: algorithms of Processing that run the program `craters`."""


def classFactory(iface):
    """Make the plugin; QGIS calls this.

    Args:
        iface: Interface of QGIS; None in `qgis_process`.
    """
    from .plugin import CratersPlugin

    return CratersPlugin()
