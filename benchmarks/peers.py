"""The same mosaic by `craters detect` and by what one would take instead.

    python3.11 -m venv peers
    peers/bin/pip install --extra-index-url https://download.pytorch.org/whl/cpu \\
        ultralytics==8.4.190 sahi==0.12.8 torch==2.13.0+cpu torchvision==0.28.0+cpu \\
        openvino==2026.4.1 nncf==3.4.0 numba==0.68.1
    python benchmarks/peers.py sample_tiles/rendered_scene.tif --peer-python peers/bin/python

Lays the scene side by side with its mirror images, as `speed.py` does, and searches this mosaic,
every way in a process of its own, by turns, from the start of the process to its end:

- `craters detect` as it is called without options: a catalogue, a mask and a footprint;
- YOLOv8s with SAHI on torch: boxes in pixels of slices of 640 px with 20 % overlap, merged;
- YOLOv8s alone on OpenVINO, in the precisions that the processor has: the same slices are read
  and given to the network. What comes out is thrown away, so it is a bound for whatever is built
  on it.

YOLOv8s has one class and random weights, since only its cost is measured. Its batch
normalizations are fitted to the mosaic. A shift of its scores gives as many boxes above SAHI's
default confidence, after non-maximum suppression, as `craters detect` finds craters above its
balanced threshold. Nothing is downloaded, and Ultralytics, OpenVINO and NNCF send nothing.
A mosaic pixel counts once in Mpx/s, whatever the overlap.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import click
import rasterio
from speed import watch, write_mosaic

OURS = "craters detect"
WAYS = {
    "sahi": "YOLOv8s with SAHI, torch",
    "float32": "YOLOv8s alone, OpenVINO, float32",
    "bfloat16": "YOLOv8s alone, OpenVINO, bfloat16",
    "int8": "YOLOv8s alone, OpenVINO, int8",
}
NEEDED = {"bfloat16": "BF16", "int8": "INT8"}  # of the capabilities that OpenVINO names


@click.command()
@click.argument("scene", type=click.Path(path_type=Path, exists=True))
@click.option("--peer-python", required=True, help="Python of the environment of the peers.")
@click.option("--side", default=4, show_default=True, help="Of the mosaic, scenes.")
@click.option("--repeat", default=3, show_default=True, help="Turns of every way.")
def main(scene: Path, peer_python: str, side: int, repeat: int) -> None:
    """Measure everything on a mosaic made of SCENE."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        mosaic = folder / "mosaic.tif"
        write_mosaic(scene, side, mosaic)
        with rasterio.open(mosaic) as raster:
            mpx = raster.width * raster.height / 1e6
        _, _, first = detect(mosaic, folder)  # the program and the mosaic are in memory from here
        ways = prepare(peer_python, mosaic, folder, first["balanced"] / mpx)
        turns: dict[str, list[tuple[float, int, dict[str, Any]]]] = {}
        for _ in range(repeat):
            turns.setdefault(OURS, []).append(detect(mosaic, folder))
            for way in ways:
                measured = peer(peer_python, way, mosaic, folder)
                turns.setdefault(WAYS[way], []).append(measured)
                click.echo(f"{way}: {measured}", err=True)
        show(turns, mpx)


def detect(mosaic: Path, folder: Path) -> tuple[float, int, dict[str, Any]]:
    """Seconds, peak memory in bytes and JSON of a run of `craters detect`."""
    command = [sys.executable, "-m", "lunarcraters", "detect", str(mosaic)]
    return answer([*command, "-o", str(folder / "run"), "--overwrite", "--json"], folder)


def peer(python: str, way: str, mosaic: Path, folder: Path) -> tuple[float, int, dict[str, Any]]:
    """Seconds, peak memory in bytes and JSON of a way of a peer."""
    return answer(peer_command(python, way, mosaic, folder), folder)


def peer_command(python: str, way: str, mosaic: Path, folder: Path) -> list[str]:
    return [python, str(Path(__file__).with_name("peer_yolo.py")), way, str(mosaic), str(folder)]


def answer(command: list[str], folder: Path) -> tuple[float, int, dict[str, Any]]:
    """Seconds, peak memory in bytes, and what the last line of the output says."""
    path = folder / "output.txt"
    with path.open("w") as output:
        seconds, peak = watch(command, stdout=output)
    return seconds, peak, json.loads(path.read_text().splitlines()[-1])


def prepare(python: str, mosaic: Path, folder: Path, boxes_per_mpx: float) -> list[str]:
    """Have the networks written; return the ways that can be measured, and print why not others."""
    command = [*peer_command(python, "prepare", mosaic, folder), str(boxes_per_mpx)]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        print(f"YOLOv8s is left out: there is no {python}.\n")
        return []
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["it says nothing"])[-1]
        print(f"YOLOv8s is left out: {reason}\n")
        return []
    told = json.loads(done.stdout.splitlines()[-1])
    print(", ".join(f"{name} {version}" for name, version in told["versions"].items()))
    print(f"Non-maximum suppression on slices: {told['suppression']}\n")
    lacking = {way for way, name in NEEDED.items() if name not in told["capabilities"]}
    for way in sorted(lacking):
        print(f"{WAYS[way]} is left out: the processor lacks it.\n")
    return [way for way in WAYS if way not in lacking]


def show(turns: dict[str, list[tuple[float, int, dict[str, Any]]]], mpx: float) -> None:
    """Print medians, and what the last turn gave."""
    ours = median(seconds for seconds, _, _ in turns[OURS])
    print(f"| way ({mpx:.1f} Mpx) | s (each turn) | Mpx/s | relative to {OURS} | GB | objects |")
    print("|---|---|---|---|---|---|")
    for name, measured in turns.items():
        seconds = median(one for one, _, _ in measured)
        each = " ".join(f"{one:.1f}" for one, _, _ in measured)
        peak = max(peak for _, peak, _ in measured) / 1e9
        said = measured[-1][2]
        objects = said.get("balanced", said.get("boxes", ""))
        speed = f"{mpx / seconds:.2f} | {ours / seconds:.2f}"
        print(f"| {name} | {seconds:.1f} ({each}) | {speed} | {peak:.2f} | {objects} |")


if __name__ == "__main__":
    main()
