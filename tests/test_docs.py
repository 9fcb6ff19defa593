"""The documentation is a site that builds without a warning, and names what there is."""

import re
import runpy
from pathlib import Path

import pytest


def test_the_functions_that_the_architecture_names_are_there(repository):
    text = (repository / "docs" / "architecture.md").read_text()
    named = re.findall(r"`(?:\w+\.)?(\w+)` in `([\w/]+\.py)`", text)
    assert len(named) > 20
    for name, module in named:
        source = (repository / "lunarcraters" / module).read_text()
        assert re.search(rf"^ *(?:def |class )?{name}\b", source, re.MULTILINE), (name, module)


@pytest.mark.slow
def test_the_site_builds_strictly(repository, tmp_path):
    mkdocs_build = pytest.importorskip("mkdocs.commands.build", reason="needs lunarcraters[docs]")
    from mkdocs.config import load_config

    config = load_config(str(repository / "mkdocs.yml"), strict=True, site_dir=str(tmp_path))
    config.plugins.run_event("startup", command="build", dirty=False)
    mkdocs_build.build(config)
    errors = (tmp_path / "errors" / "index.html").read_text()
    assert "has no coordinate system" in errors
    commands = (tmp_path / "commands" / "index.html").read_text()
    assert "craters detect" in commands
    assert "--min-score" in commands
    assert (tmp_path / Path("tutorials/date_a_surface/index.html")).is_file()


def test_every_record_that_a_type_names_has_a_table(repository):
    hooks = runpy.run_path(str(repository / "docs" / "hooks.py"))
    rows = re.findall(r"^\| `\w+` \| (.*?) \| ", hooks["_records"](), re.MULTILINE)
    assert not [types for types in rows if re.search(r"\w\.\w", types)], "words of JSON alone"
    named = {name for types in rows for name in re.findall(r"\b[A-Z]\w*", types)}
    assert len(named) > 20
    assert named <= {kind.split(":")[1] for kind in hooks["RECORDS"].values()}


def test_errors_and_warnings_are_listed_under_their_classes(repository):
    listed = runpy.run_path(str(repository / "docs" / "hooks.py"))["_errors"]()
    sections = dict(part.split("\n", 1) for part in listed.split("## ")[1:])
    for kind, words in (
        ("CatalogueError", "does not tell which ground"),
        ("CratersError", "is on the network, where only rasters are read"),
        ("CratersWarning", "…: its longitudes are read as degrees to the west"),
        ("CratersWarning", "shows … craters upside down and … as it is"),
    ):
        assert words in sections[kind]
    assert "Args:" not in listed
