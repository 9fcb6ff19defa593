"""Whether a run that is killed time and again ends as one that was left alone.

    python benchmarks/kills.py sample_tiles/rendered_scene.tif --kills 20

Runs `craters detect` undisturbed; then, for each trial, kills the client, a worker or both
(SIGKILL) at a random moment of a new run, gives the same command again until it is done, and
compares every row of every layer of the exported GeoPackages.
"""

import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import geopandas as gpd
import psutil
import pyogrio

VICTIMS = ("client", "worker", "client and workers")


@click.command()
@click.argument("mosaic", type=click.Path(path_type=Path))
@click.option("--kills", default=20, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--size", default=256, show_default=True, help="Of the tiles: smaller, more tasks.")
@click.option("--smallest", type=float, help="Smallest crater, pixels [default: the network's].")
def main(mosaic: Path, kills: int, seed: int, size: int, smallest: float | None) -> None:
    """Kill runs over MOSAIC and compare what becomes of them."""
    rng = random.Random(seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "lunarcraters", "detect", str(mosaic), "-q"]
        command += ["--size", str(size), "--workers", "2"]
        command += ["--smallest", str(smallest), "-o"] if smallest else ["-o"]
        begun = time.monotonic()
        subprocess.run([*command, str(folder / "calm")], check=True)
        calm_s = time.monotonic() - begun
        wanted = content(folder / "calm")
        print(f"undisturbed: {calm_s:.0f} s, {sum(map(len, wanted.values()))} rows")
        print("| trial | killed | after, s | parts by then | runs until done | same |")
        print("|---|---|---|---|---|---|")
        failed = 0
        for trial in range(kills):
            run, victim = folder / f"run{trial}", rng.choice(VICTIMS)
            moment = rng.uniform(0.1, 0.98) * calm_s
            kill_at(moment, victim, [*command, str(run)])
            parts = len(list((run / "parts").glob("*.part")))
            again = 1
            while subprocess.run([*command, str(run)], capture_output=True).returncode:
                again += 1
                if again > 5:
                    break
            same = again <= 5 and all(
                found.equals(wanted[layer]) for layer, found in content(run).items()
            )
            failed += not same
            print(f"| {trial} | {victim} | {moment:.1f} | {parts} | {again} | {same} |", flush=True)
    if failed:
        sys.exit(f"{failed} of {kills} runs ended otherwise")


def kill_at(moment_s: float, victim: str, command: list[str]) -> None:
    """Start a command, kill at that moment, and wait until all of it is gone."""
    client = psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(moment_s)
    try:
        children = client.children(recursive=True)
    except psutil.NoSuchProcess:
        children = []
    # A worker's process is the one that has TensorFlow in it: the largest.
    workers = sorted(children, key=_memory, reverse=True)[:2]
    for process in {"client": [client], "worker": workers[:1]}.get(victim, [client, *workers]):
        with suppress(psutil.NoSuchProcess):
            process.kill()
    client.wait()
    psutil.wait_procs(children, timeout=30)


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def content(run: Path) -> dict[str, gpd.GeoDataFrame]:
    """Every layer of the run's GeoPackage."""
    path = run.with_suffix(".gpkg")
    command = [sys.executable, "-m", "lunarcraters", "export", str(run), str(path), "--overwrite"]
    subprocess.run([*command, "--min-score", "0"], check=True, capture_output=True)
    layers = [layer for layer, _ in pyogrio.list_layers(path)]
    return {layer: gpd.read_file(path, layer=layer) for layer in layers}


if __name__ == "__main__":
    main()
