"""The house rules that a machine can check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lunarcraters

PACKAGE = Path(lunarcraters.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

ROOT_MODULES = {"_version", "errors", "files", "process", "progress", "records", "redaction"}
"""Modules at the root that every package may import."""

MAY_IMPORT = {
    # The wings: mosaic, catalogue and datasets do not know each other.
    "geometry": set(),
    "mosaic": {"geometry", "elevation"},
    "tiling": {"geometry", "mosaic"},
    "mask": {"geometry", "mosaic", "tiling"},
    "catalogue": {"geometry"},
    "datasets": {"geometry"},
    "labelling": {"geometry", "mosaic", "tiling", "catalogue", "datasets"},
    # Networks and what they are taught.
    "morphometry": {"geometry", "mosaic", "catalogue"},
    "elevation": set(),
    "hazard": {"geometry", "mosaic", "mask", "elevation"},
    "rendering": {"elevation"},
    "network": {"mosaic", "elevation"},
    "training": {"geometry", "datasets", "elevation", "rendering", "network", "plots"},
    # Runs and what is measured and drawn of them.
    "detection": {"geometry", "mosaic", "tiling", "mask", "network", "catalogue"},
    "counts": {"geometry", "catalogue", "detection", "completeness", "purity"},
    "dating": {"geometry", "catalogue", "counts", "completeness", "purity", "plots"},
    "completeness": {"geometry", "mosaic", "tiling", "network", "catalogue", "detection",
                     "elevation", "rendering"},
    "purity": {"geometry", "catalogue", "datasets", "detection", "evaluation", "reviews"},
    "reviews": {"catalogue"},
    "evaluation": {"geometry", "catalogue", "datasets"},
    "calibration": {"geometry", "tiling", "network", "catalogue", "datasets", "detection",
                    "evaluation", "rendering"},
    "plots": {"geometry", "mosaic", "mask", "catalogue", "counts", "evaluation", "network",
              "hazard"},
    "report": {"geometry", "mosaic", "mask", "catalogue", "detection", "evaluation", "plots",
               "morphometry", "reviews"},
}  # fmt: skip


EXCEPTIONS = {
    # Methods of a catalogue that call the function of a command.
    ("catalogue/table.py", "api"),
    ("catalogue/notebook.py", "api"),
    # A recipe is made of command lines.
    ("api/recipes.py", "cli"),
}


def imports(path):
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "lunarcraters":
            yield from (f"lunarcraters.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def room(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "lunarcraters" else None


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_what_its_package_may(module):
    own = module.with_suffix("").parts[0]
    others = {room(name) for name in imports(module)} - {None, own} - ROOT_MODULES
    others -= {other for path, other in EXCEPTIONS if path == module.as_posix()}
    if own in ROOT_MODULES:
        assert not others
    elif own in MAY_IMPORT:
        assert others <= MAY_IMPORT[own], f"{module} imports {others - MAY_IMPORT[own]}"
    elif own == "api":
        assert others <= MAY_IMPORT.keys() - {"rendering"}
    else:
        assert own in ("__init__", "__main__", "cli"), f"{own} has no rule: add it to MAY_IMPORT"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_are_short_and_named_by_what_they_hold(module):
    assert len((PACKAGE / module).read_text().splitlines()) <= 300
    assert not {"utils", "helpers", "common", "misc", "manager"} & set(module.with_suffix("").parts)


def test_help_needs_no_library_that_takes_long_to_import():
    code = (
        "import sys, lunarcraters; from lunarcraters.cli.main import cli; "
        "cli(['--help'], standalone_mode=False); "
        "heavy = {'tensorflow', 'keras', 'rasterio', 'geopandas', 'dask', 'matplotlib'}; "
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("command", ["tile", "export", "evaluate", "dataset", "detect", "train"])
def test_the_help_of_a_command_needs_no_tensorflow(command):
    code = (
        "import sys; from lunarcraters.cli.main import cli; "
        f"cli(['{command}', '--help'], standalone_mode=False); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "craters " + command in done.stdout, "an example"
