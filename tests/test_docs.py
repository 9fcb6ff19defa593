"""The documentation is a site that builds without a warning."""

from pathlib import Path

import pytest

mkdocs_build = pytest.importorskip("mkdocs.commands.build", reason="needs lunarcraters[docs]")


@pytest.mark.slow
def test_the_site_builds_strictly(repository, tmp_path):
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
