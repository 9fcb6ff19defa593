"""The benchmarks use the package as it is."""

import ast
from importlib import import_module
from importlib.util import find_spec

import cv2
import numpy as np
import pytest

from benchmarks import ablations


@pytest.mark.slow
def test_benchmarks_import_what_the_package_has(repository):
    missing = []
    for path in sorted((repository / "benchmarks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module.startswith("lunarcraters"):
                module = import_module(node.module)
                for name in (alias.name for alias in node.names):
                    if not (hasattr(module, name) or find_spec(f"{node.module}.{name}")):
                        missing.append(f"{path.name}: {node.module}.{name}")
    assert not missing


@pytest.mark.parametrize(("isotropic", "width"), [(True, 100), (False, 200)])
def test_tiles_of_an_ablation_keep_their_stretch_where_circles_are_no_circles(
    tmp_path, isotropic, width
):
    for folder in ("images", "labels"):
        (tmp_path / "train" / folder).mkdir(parents=True)
    image = np.full((200, 200), 99, np.uint8)
    cv2.imwrite(str(tmp_path / "train/images/10,11,59.5,60.5.png"), image)  # twice as wide as tall
    (tmp_path / "train/labels/10,11,59.5,60.5.txt").write_text("0 0.5 0.5 0.2 0.1\n")
    tiles = ablations.find_tiles(tmp_path, "train", isotropic=isotropic)
    scene = tiles.scene(0, 1.0, 256, np.random.default_rng(0))
    assert scene.values.shape == (200, width)
