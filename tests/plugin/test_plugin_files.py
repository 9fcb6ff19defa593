"""The plugin for QGIS, as far as it goes without QGIS: its files, and how it runs the program."""

import ast
import os
import re
import signal
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

import lunarcraters
from lunarcraters.cli.main import cli

from .conftest import load_module

FAKE = """#!{python}
import os, sys, time
if sys.argv[1:] == ["--version"]:
    print("craters, version {version}")
    sys.exit()
{body}
"""


@pytest.fixture
def make_program(tmp_path):
    """A function that makes a program of a version and of lines of Python."""

    def make(body="", version=lunarcraters.__version__):
        path = tmp_path / "craters"
        path.write_text(FAKE.format(python=sys.executable, version=version, body=body))
        path.chmod(0o755)
        return str(path)

    return make


def test_the_zip_has_one_folder_with_what_qgis_asks_for(plugin_zip):
    names = zipfile.ZipFile(plugin_zip).namelist()
    assert {name.split("/")[0] for name in names} == {"craters_processing"}
    inside = {name.split("/")[1] for name in names}
    assert {"__init__.py", "metadata.txt", "LICENSE", "provider.py"} <= inside


def test_the_same_files_give_the_same_zip(plugin_zip, repository, tmp_path):
    load_module(repository / "plugins" / "qgis" / "build_zip.py").build_zip(tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_bytes() == plugin_zip.read_bytes()


def test_the_plugin_has_the_version_of_the_package(plugin_folder, program):
    metadata = ConfigParser()
    metadata.read(plugin_folder / "craters_processing" / "metadata.txt")
    general = metadata["general"]
    assert general["version"] == lunarcraters.__version__ == program.plugin_version()
    assert general["hasProcessingProvider"] == "yes", "qgis_process asks for it"


def test_the_plugin_is_short_and_of_the_oldest_python_of_qgis(plugin_folder):
    for path in (plugin_folder / "craters_processing").glob("*.py"):
        text = path.read_text()
        tree = ast.parse(text, feature_version=(3, 9))
        assert len(text.splitlines()) <= 300
        names = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        assert not any(name.startswith("lunarcraters") for name in names), "another Python has it"


def test_the_number_of_workers_is_told_as_the_program_tells_it(plugin_folder):
    told = re.search(r"Worker processes \(default: (.*?)\)", " ".join(
        path.read_text() for path in (plugin_folder / "craters_processing").glob("*.py")
    ))  # fmt: skip
    (workers,) = (one for one in cli.get_command(None, "detect").params if one.name == "workers")
    assert f"[default: {told[1]}]" in workers.help


def test_a_missing_program_is_said_with_what_to_do(program, monkeypatch, tmp_path):
    with pytest.raises(program.ProgramError, match=r"/nowhere is not a program: install it.*path"):
        program.find_program("/nowhere")
    monkeypatch.setenv(program.VARIABLE, "/no/craters")
    with pytest.raises(program.ProgramError, match="/no/craters"):
        program.find_program()
    monkeypatch.delenv(program.VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(program, "_PLACES", ())
    with pytest.raises(program.ProgramError, match="craters was not found"):
        program.find_program()


def test_the_program_is_found_by_setting_variable_and_search_path(
    program, make_program, monkeypatch
):
    path = make_program()
    assert program.find_program(path) == path
    monkeypatch.setenv(program.VARIABLE, path)
    assert program.find_program() == path
    monkeypatch.delenv(program.VARIABLE)
    monkeypatch.setenv("PATH", str(Path(path).parent))
    assert program.find_program() == path


@pytest.mark.parametrize(("version", "message"), [
    ("9.0.0", r"has version 9.0.0, and this plugin is for version"), ("is high", "another path"),
])  # fmt: skip
def test_another_version_is_said(program, make_program, version, message):
    with pytest.raises(program.ProgramError, match=message):
        program.check_version(make_program(version=version))


def test_another_patch_fits(program, make_program):
    major, minor, _ = lunarcraters.__version__.split(".")
    program.check_version(make_program(version=f"{major}.{minor}.99"))


def test_the_program_does_not_get_the_python_of_qgis(program, make_program, monkeypatch):
    for name in ("PYTHONHOME", "PYTHONPATH", "PROJ_LIB", "GDAL_DATA"):
        monkeypatch.setenv(name, "/of/qgis")
    path = make_program("print([n for n in os.environ if os.environ[n] == '/of/qgis'])")
    assert program.run_program(path, []).strip() == "[]"


def test_lines_come_as_they_are_printed_and_progress_is_read(program, make_program):
    body = (
        "for k in range(3):\n"
        "    print(f'detecting: {k} of 2 tiles, 1 a second', file=sys.stderr, flush=True)\n"
        "print('done')"
    )
    lines = []
    assert program.run_program(make_program(body), [], show=lines.append) == "done\n"
    assert [program.read_progress(line) for line in lines] == [0.0, 50.0, 100.0]
    assert program.read_progress("3 of 4 tiles could not be read") is None


@pytest.mark.parametrize(("text", "message"), [
    ("Usage: craters\\n\\nError: No such option", "No such option"),
    ("a\\nlast words", "failed with code 3: last words"),
])  # fmt: skip
def test_the_sentence_of_an_error_is_passed_on(program, make_program, text, message):
    path = make_program(f"print('{text}', file=sys.stderr); sys.exit(3)")
    with pytest.raises(program.ProgramError, match=message):
        program.run_program(path, [])


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("ends", [True, False])
def test_a_cancelled_program_is_interrupted_and_else_killed(
    program, make_program, monkeypatch, tmp_path, ends
):
    monkeypatch.setattr(program, "_STOP_S", 0.5)
    body = (
        f"import signal, pathlib\n"
        f"{'' if ends else 'signal.signal(signal.SIGINT, signal.SIG_IGN)'}\n"
        f"pathlib.Path({str(tmp_path)!r}, 'new').write_text(str(os.getpid()))\n"
        f"os.replace({str(tmp_path / 'new')!r}, {str(tmp_path / 'pid')!r})\n"
        f"time.sleep(60)"
    )
    with pytest.raises(program.ProgramError, match="stopped"):
        program.run_program(make_program(body), [], is_cancelled=(tmp_path / "pid").exists)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), signal.Signals(signal.SIGINT))
