"""Time and memory of `craters detect` in two checkouts, by turns.

    python benchmarks/turns.py ../before . mosaic.tif --repeat 5

Every checkout searches the mosaic with its own code, in the environment that runs this script, once
before the other and once after it, and so on. Prints seconds from start to end, the largest
proportional set size of all processes of a run, and the ratios of the medians.
"""

import os
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
from speed import watch


@click.command()
@click.argument("before", type=click.Path(path_type=Path, exists=True))
@click.argument("after", type=click.Path(path_type=Path, exists=True))
@click.argument("mosaic", type=click.Path(path_type=Path, exists=True))
@click.option("--repeat", default=5, show_default=True)
def main(before: Path, after: Path, mosaic: Path, repeat: int) -> None:
    """Time the checkouts BEFORE and AFTER on MOSAIC."""
    checkouts = {"before": before.resolve(), "after": after.resolve()}
    seconds, sizes = {name: [] for name in checkouts}, dict.fromkeys(checkouts, 0)
    for _ in range(repeat):
        for name, checkout in checkouts.items():
            took, size = time_run(checkout, mosaic.resolve())
            seconds[name].append(took)
            sizes[name] = max(sizes[name], size)
            print(f"{name}: {took:.2f} s, {size / 1e9:.2f} GB", flush=True)
    ratio = median(seconds["after"]) / median(seconds["before"])
    print("| | median, s | fastest to slowest, s | GB |\n|---|---|---|---|")
    for name, took in seconds.items():
        span = f"{min(took):.2f} to {max(took):.2f}"
        print(f"| {name} | {median(took):.2f} | {span} | {sizes[name] / 1e9:.2f} |")
    print(f"| ratio | {ratio:.3f} | | {sizes['after'] / max(sizes['before'], 1):.3f} |")


def time_run(checkout: Path, mosaic: Path) -> tuple[float, int]:
    """Run once; seconds, and the largest proportional set size of its processes, bytes."""
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    with TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "lunarcraters", "detect", str(mosaic), "-o", "run", "-q"]
        return watch(words, env=environment, cwd=folder)


if __name__ == "__main__":
    main()
