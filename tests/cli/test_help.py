"""Every example in the help of every command is one that works."""

import json
import re
import shlex
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from click.testing import CliRunner
from rasterio.windows import Window

from lunarcraters.catalogue.formats import read_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.cli.main import COMMANDS, cli, load_command
from lunarcraters.geometry import sphere
from lunarcraters.mosaic.mosaic import open_mosaic
from lunarcraters.network.model_file import shipped_model
from lunarcraters.rendering.profiles import compute_crater_profile

# These take long, or a cluster or a database: their words are checked here, and other tests run
# them on data of their own.
CHECKED = tuple(
    f"craters {name}" for name in ("train", "calibrate", "info", "detect", "run", "plot errors")
)
DATABASE = "postgresql://"
DATING = ("craters date", "--isochrons")
HAS_CRATERSTATS = sys.version_info >= (3, 12) and find_spec("craterstats") is not None


def commands():
    for name in COMMANDS:
        found = load_command(name)
        yield name, found
        for word in found.commands if isinstance(found, click.Group) else ():
            yield f"{name} {word}", found.commands[word]


def examples(command):
    """The lines of its help that are commands."""
    verbatim = [p for p in (command.help or "").split("\n\n") if p.lstrip(" ").startswith("\b")]
    return re.findall(r"^\s*(craters .+)$", "\n".join(verbatim), re.MULTILINE)


EXAMPLES = sorted({line for _, command in commands() for line in examples(command)})


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: str(value))
def test_a_command_has_an_example(name, command):
    own = examples(command)
    assert own or isinstance(command, click.Group)
    assert all(line.startswith(f"craters {name}") for line in own[:1])


@pytest.mark.parametrize(("name", "command"), commands(), ids=lambda value: str(value))
def test_the_help_explains_every_option(name, command):
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert not [one.name for one in options if not one.help], name


@pytest.fixture(scope="session")
def workspace(tmp_path_factory, scene, repository):
    """What the examples speak of: a mosaic, its run, a reference, a dataset."""
    root = tmp_path_factory.mktemp("workspace")
    whole = open_mosaic(scene)
    truth = pd.read_csv(repository / "sample_tiles" / "rendered_scene_craters.csv")
    cut(scene, root / "mosaic.tif", (200, 100, 480, 448))
    cut(scene, root / "cube.cub", (0, 0, 300, 300), driver="ISIS3")
    (root / "wac").mkdir()
    cut(scene, root / "wac" / "a.tif", (0, 0, 300, 300))
    cut(scene, root / "wac" / "b.tif", (300, 0, 300, 300))
    shutil.copy(repository / "sample_tiles" / "rendered_scene_craters.csv", root / "reference.csv")
    for number, split in enumerate(("train", "train", "train", "train", "valid")):
        folder, corner = root / "LU3M6TGT_yolo_format" / split, (200 * number, 100)
        label(folder, scene, whole, truth, corner, shift=20.0 * number, empty=number == 3)
    label(root / "LU3M6TGT" / "test", scene, whole, truth, (230, 120))
    write_elevations(root, scene, truth)
    lon, lat = whole.grid.to_lonlat([250, 500], [450, 150])
    mare = gpd.GeoDataFrame(
        geometry=[shapely.box(lon[0], lat[0], lon[1], lat[1])], crs=sphere.geographic_crs()
    )
    mare.to_file(root / "mare_outline.gpkg")
    (root / "training").mkdir()
    (root / "training" / "history.json").write_text(json.dumps([{"epoch": 1.0, "loss": 0.5}]))
    for name in ("model.keras", "my.keras"):
        shutil.copy(shipped_model(), root / name)
    for line in (
        f"detect {root}/mosaic.tif -o {root}/run --workers 1 -q",
        f"export {root}/run {root}/craters.gpkg -q",
        f"export {root}/run {root}/counted.gpkg -q",
        f"export {root}/run {root}/counts.csv -q",
        f"export {root}/run {root}/mare.gpkg --area {root}/mare_outline.gpkg -q",
    ):
        assert CliRunner().invoke(cli, line.split(), catch_exceptions=False).exit_code == 0
    craters = read_catalogue(root / "craters.gpkg")
    states = np.where(craters.scores > 0.5, "accepted", "rejected")
    reviewed = Catalogue.from_table(craters.craters.assign(review=states), craters.info)
    reviewed.to_file(root / "reviewed.gpkg")
    for name in ("picture_run", "relief_run"):
        shutil.copytree(root / "run", root / name)
    return root


def write_elevations(root, scene, truth):
    """Elevation models of the scene in metres and in km, with its largest craters."""
    with rasterio.open(scene) as raster:
        profile = raster.profile | {"dtype": "float32", "nodata": None}
        x, y = np.meshgrid(np.arange(raster.width) + 0.5, np.arange(raster.height) + 0.5)
    lon, lat = open_mosaic(scene).grid.to_lonlat(x, y)
    heights = np.zeros(lon.shape, np.float32)
    for crater in truth.nlargest(20, "diam_km").itertuples():
        away = sphere.distance_km(lon, lat, crater.lon, crater.lat)
        heights += compute_crater_profile(away / crater.diam_km * 2.0, crater.diam_km)
    for name, unit, metres in (("dem", "m", 1.0), ("dem_km", "", 1000.0)):
        with rasterio.open(root / f"{name}.tif", "w", **profile) as raster:
            raster.write(heights / metres, 1)
            raster.units = (unit,)


def cut(scene, path, box, driver="GTiff"):
    with rasterio.open(scene) as raster:
        window = Window(*box)
        values = raster.read(1, window=window)
        size = {"width": box[2], "height": box[3], "count": 1, "dtype": values.dtype}
        place = {"crs": raster.crs, "transform": raster.window_transform(window)}
    with rasterio.open(path, "w", driver=driver, **size, **place) as out:
        out.write(values, 1)


def label(folder, scene, whole, truth, corner, shift=0.0, side=416, empty=False):
    """A tile of the scene named by its edges, and its craters as boxes."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    west, north = whole.grid.to_lonlat(*corner)
    east, south = whole.grid.to_lonlat(corner[0] + side, corner[1] + side)
    west, east = west + shift, east + shift
    stem = f"{west:.7f},{east:.7f},{south:.7f},{north:.7f}"
    with rasterio.open(scene) as raster:
        values = raster.read(1, window=Window(*corner, side, side))
    size = {"width": side, "height": side, "count": 1, "dtype": "uint8"}
    with rasterio.open(folder / "images" / f"{stem}.png", "w", driver="PNG", **size) as out:
        out.write(values, 1)
    lon = sphere.wrap_longitude(truth["lon"].to_numpy())
    x, y = whole.grid.from_lonlat(lon, truth["lat"].to_numpy())
    reach = truth["diam_km"].to_numpy() * 500.0 / whole.pixel_size_m
    x, y = x - corner[0], y - corner[1]
    inside = (np.minimum(x, y) > reach) & (np.maximum(x, y) < side - reach) & (reach > 5)
    boxes = np.column_stack([x, y, 2 * reach, 2 * reach])[inside] / side
    lines = [" ".join(["0", *(f"{value:.6f}" for value in box)]) for box in boxes]
    text = "" if empty else "\n".join(lines) + "\n"  # `dataset clean` looks for empty ones
    (folder / "labels" / f"{stem}.txt").write_text(text)


@pytest.mark.slow
@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_works(line, workspace, tmp_path, monkeypatch):
    line = line.split(" > ")[0]
    words = shlex.split(line)[1:]
    checked = line.startswith(CHECKED) or DATABASE in line
    checked |= not HAS_CRATERSTATS and any(words in line for words in DATING)
    written = set(outputs(words))
    for path in workspace.iterdir():
        if path.name in written:
            continue
        if path.is_dir():
            shutil.copytree(path, tmp_path / path.name)
        else:
            (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    words = [name for word in words for name in (sorted(map(str, Path().glob(word)))
                                                 if "*" in word else [word])]  # fmt: skip
    if checked:
        command = cli
        while isinstance(command, click.Group):
            command = command.get_command(click.Context(command), words[0])
            words = words[1:]
        command.make_context("craters", words)
        return
    if "--undo" in words:
        CliRunner().invoke(cli, words[:-1], catch_exceptions=False)
    found = CliRunner().invoke(cli, words)
    if "check" in words:  # tells that the split test is missing, by its exit code
        assert isinstance(found.exception, SystemExit | type(None))
    else:
        assert found.exit_code == 0, (found.output, found.exception)
    assert all((tmp_path / name).exists() for name in written)


def outputs(words):
    """Names of what an example writes."""
    if "-o" in words:
        yield words[words.index("-o") + 1]
    elif words[0] in ("export", "plot"):
        yield [word for word in words if not word.startswith("-")][2 + (words[0] == "plot")]
