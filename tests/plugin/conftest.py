import importlib.util
import os
import sys
import zipfile

import pytest


def load_module(path):
    """Import a file that is not of the package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def plugin_zip(repository, tmp_path_factory):
    """The zip as `make plugin` builds it."""
    out = tmp_path_factory.mktemp("zip") / "craters_qgis.zip"
    load_module(repository / "plugins" / "qgis" / "build_zip.py").build_zip(out)
    return out


@pytest.fixture(scope="session")
def plugin_folder(plugin_zip, tmp_path_factory):
    """The folder in which the zip was unpacked, as QGIS does it."""
    folder = tmp_path_factory.mktemp("plugins")
    with zipfile.ZipFile(plugin_zip) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def program(plugin_folder):
    """The module of the plugin that runs the program."""
    return load_module(plugin_folder / "craters_processing" / "program.py")


@pytest.fixture(scope="session")
def craters_program(repository, tmp_path_factory):
    """The program `craters` of this repository, as an executable file."""
    if os.name == "nt":
        pytest.skip("needs a POSIX shell")
    path = tmp_path_factory.mktemp("bin") / "craters"
    path.write_text(
        f'#!/bin/sh\nPYTHONPATH="{repository}" exec "{sys.executable}" -m lunarcraters "$@"\n'
    )
    path.chmod(0o755)
    return path
