"""Docstrings say what a reader of one parameter needs: noun, meaning, unit, shape, default."""

import ast
import re
from pathlib import Path

import pytest

import lunarcraters

PACKAGE = Path(lunarcraters.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))
RIDDLE = re.compile(r"\s+\w+: (Of|What|Whose|How|As|Where|Which|The same)\b")
SECTIONS = ("Args:", "Attributes:")


def documented(path):
    """Public functions, classes and methods of a module, and the module itself."""
    tree = ast.parse((PACKAGE / path).read_text())
    yield tree
    waiting = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node
            waiting += node.body if isinstance(node, ast.ClassDef) else []


def parameter_lines(docstring):
    """The lines of the sections that describe parameters and attributes."""
    section = ""
    for line in docstring.splitlines():
        if line.strip().endswith(":") and not line.startswith(" "):
            section = line.strip()
        elif section in SECTIONS:
            yield line


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_everything_public_has_a_docstring(module):
    nodes = [node for node in documented(module) if not ast.get_docstring(node)]
    assert [getattr(node, "name", "module") for node in nodes] == []


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_parameter_is_documented_by_a_riddle(module):
    docstrings = [ast.get_docstring(node) or "" for node in documented(module)]
    lines = [line for docstring in docstrings for line in parameter_lines(docstring)]
    assert [line for line in lines if RIDDLE.match(line)] == []
