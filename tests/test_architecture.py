"""The house rules that a machine can check."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lunarcraters

PACKAGE = Path(lunarcraters.__file__).parent
LAYERS = (
    "errors", "files", "machine", "moon", "terrain", "raster", "network", "catalogue", "training",
    "evaluation", "execution", "report", "api", "cli",
)  # fmt: skip
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def imports(path):
    for node in ast.walk(ast.parse((PACKAGE / path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def layer(name):
    parts = name.split(".")
    return LAYERS.index(parts[1]) if len(parts) > 1 and parts[1] in LAYERS else None


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_imports_only_what_lies_upstream(module):
    own = layer(".".join(["lunarcraters", *module.with_suffix("").parts]))
    if own is None:
        return
    for name in imports(module):
        other = layer(name) if name.startswith("lunarcraters.") else None
        assert other is None or other <= own, f"{module} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_are_short_and_named_by_what_they_hold(module):
    assert len((PACKAGE / module).read_text().splitlines()) <= 300
    assert not {"utils", "helpers", "common", "misc", "manager"} & set(module.with_suffix("").parts)


def test_help_is_instant_and_needs_no_tensorflow():
    code = (
        "import sys; from lunarcraters.cli.main import cli; "
        "cli(['--help'], standalone_mode=False); "
        "heavy = {'tensorflow', 'keras', 'rasterio', 'geopandas', 'dask', 'matplotlib'}; "
        "sys.exit(len(heavy & set(sys.modules)))"
    )
    begun = time.perf_counter()
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0
    # Half a second on an idle machine; the bound leaves room for a busy one.
    assert time.perf_counter() - begun < 2.0


@pytest.mark.parametrize("command", ["tile", "export", "evaluate", "dataset", "detect", "train"])
def test_the_help_of_a_command_needs_no_tensorflow(command):
    code = (
        "import sys; from lunarcraters.cli.main import cli; "
        f"cli(['{command}', '--help'], standalone_mode=False); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    assert "craters " + command in found.stdout, "an example"
