"""What mkdocs fills in: the errors, from the program itself; the model card; outward links."""

import ast
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import lunarcraters
from lunarcraters import errors

_PACKAGE = Path(lunarcraters.__file__).parent
_LINK = re.compile(r"\[([^]]+)\]\((?:\.\./)+((?:pipelines|docs|lunarcraters|benchmarks)/[^)\s]*)\)")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Fill in a page; files of the repository that are not in the site are named, not linked."""
    if page.file.src_uri == "errors.md":
        markdown += "\n" + _errors()
    if page.file.src_uri == "model_card.md":
        markdown = (_PACKAGE / "network" / "weights" / "wac.md").read_text()
    return _LINK.sub(_inside, markdown)


def _inside(link: re.Match[str]) -> str:
    text, path = link.groups()
    if path.startswith("docs/") and path.endswith(".md"):
        return f"[{text}]({path.removeprefix('docs/')})"
    return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"


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
