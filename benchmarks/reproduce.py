"""Whether a recipe still trains as its log says: its first steps, against the losses logged then.

    python benchmarks/reproduce.py pipelines/wac_weights.yaml docs/training/wac/losses.csv

Begins the first training of the recipe anew in a temporary directory, stops it after so many steps
and compares. Threads add in any order, so the losses agree closely, not to the last digit.
"""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from lunarcraters.cli.recipe import arguments_of, read_steps
from lunarcraters.training.history_files import LOSSES, read_losses


@click.command()
@click.argument("recipe", type=click.Path(path_type=Path))
@click.argument("log", type=click.Path(path_type=Path))
@click.option("--steps", default=200, show_default=True)
@click.option("--tolerance", default=0.03, show_default=True, help="Relative, of the loss.")
def main(recipe: Path, log: Path, steps: int, tolerance: float) -> None:
    """Train the first steps of RECIPE again and compare with LOG, a losses.csv."""
    name, found, given = next(step for step in read_steps(recipe) if step[0] == "train")
    logged = {step: loss for step, loss in read_losses(log.parent).items() if step <= steps}
    if log.name != LOSSES or not logged:
        raise click.UsageError(f"{log} holds no losses of the first {steps} steps")
    with TemporaryDirectory() as folder:
        out = Path(folder) / "training"
        arguments = arguments_of(recipe, name, found, {**given, "output": str(out)})
        command = [sys.executable, "-m", "lunarcraters", name, *arguments]
        training = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while training.poll() is None and max(logged) not in read_losses(out):
                time.sleep(2)
        finally:
            training.kill()
            training.wait()
        again = read_losses(out)
    print("| step | loss logged | loss again | difference |\n|---|---|---|---|")
    agrees = True
    for step, loss in logged.items():
        difference = again.get(step, float("nan")) / loss - 1.0
        agrees &= abs(difference) <= tolerance  # NaN does not
        print(f"| {step} | {loss:.4f} | {again.get(step, float('nan')):.4f} | {difference:+.2%} |")
    if not agrees:
        sys.exit(f"the losses differ by more than {tolerance:.0%}")


if __name__ == "__main__":
    main()
