"""What mkdocs fills in: the page of errors, from the program itself; links out of the site."""

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import lunarcraters
from lunarcraters import errors

_PACKAGE = Path(lunarcraters.__file__).parent
_REPOSITORY = _PACKAGE.parent
_SOURCE = "https://github.com/lunarcraters/lunarcraters/blob/main"
_LINK = re.compile(r"\]\(((?:\.\./)+(?:pipelines|docs|lunarcraters|benchmarks|tests)[^)\s]*)\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in a page."""
    if page.file.src_uri == "errors.md":
        markdown += "\n" + _errors()
    return markdown


def _errors() -> str:
    """Every message, under its class."""
    found = defaultdict(set)
    for path in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                name = getattr(node.exc.func, "id", "")
                message = _words(node.exc.args[0]) if node.exc.args else ""
                if name.endswith("Error") and hasattr(errors, name) and len(message) > 20:
                    found[name].add(message)
    lines = []
    for name in sorted(found):
        doc = (getattr(errors, name).__doc__ or "").strip()
        lines += [f"## {name}", "", doc, ""]
        lines += [f"- {message}" for message in sorted(found[name], key=str.lower)]
        lines.append("")
    return "\n".join(lines)


def _words(node: ast.expr) -> str:
    """A message, with what it is about in place of its values."""
    if isinstance(node, ast.Constant):
        return str(node.value).replace("<", "&lt;")
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(value) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return "…"
    return ""
