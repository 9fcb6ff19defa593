"""Counted and estimated against true numbers of craters on rendered scenes.

    python benchmarks/counts.py scenes

Takes the scenes and runs of `python benchmarks/completeness.py scenes`, and makes those that are
not there. Measures the completeness with several seeds, and prints for each sqrt(2) bin of 10 px
and more with at least 30 craters: the true number, the raw count, the estimate with its 90 %
interval and whether it is trusted, and how far both are off. Then how many estimates are within 15
%, and how many intervals hold the truth; and the same if peppered craters count too, whose rim
later craters smaller than 0.3 of their diameter have replaced piece by piece. With --ages
(lunarcraters[dating]): the ages that craterstats gives the true, the counted and the estimated
craters of 1 to 8 km, and how far the N(1) of both are off.
"""

from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from completeness import LEAST_COUNT, LEAST_PX, PIXEL_M, SCENES, write_scene

import lunarcraters as lc
from lunarcraters.catalogue.table import Catalogue

DATED_KM = (1.0, 8.0)


def compare_ages(name, craters, run):
    """One line: ages of the true, the counted and the estimated craters, and their N(1)."""
    found = lc.date(run, fit_range=DATED_KM).areas[0]
    table = craters.rename(columns={"diam_km": "diameter_km"})[["lon", "lat", "diameter_km"]]
    info = replace(lc.read_run(run).info, thresholds={})
    truth = Catalogue.from_table(table.assign(score=1.0), info)
    true = lc.date(truth, fit_range=DATED_KM).areas[0].raw
    ages = [f"{true.age_ga:.3f} Ga true"]
    for how, age in (("raw", found.raw), ("estimated", found.estimated)):
        off = 100.0 * (age.n1_per_km2 / true.n1_per_km2 - 1.0)
        ages.append(f"{age.age_ga:.3f} {how} (N(1) {off:+.0f} %)")
    click.echo(f"{name:>14} {', '.join(ages)}")


def count(craters, row):
    """Number of craters in a bin."""
    sizes = craters["diam_km"].to_numpy()
    return int(((sizes >= row.min_km) & (sizes < row.max_km)).sum())


def compare(name, craters, peppered, table):
    """One line for each bin: true, raw and estimated numbers.

    Returns for each bin: errors of the raw count and the estimate, whether the interval holds; the
    same with peppered craters; and whether the estimate is trusted.
    """
    lines = []
    for row in table.bins:
        true, more = count(craters, row), count(peppered, row)
        if row.estimate is None or true < LEAST_COUNT:
            continue
        if row.min_km * 1000.0 / PIXEL_M < LEAST_PX * (1.0 - 1e-9):
            continue
        line = [
            (row.raw / number - 1.0, row.estimate / number - 1.0, row.low90 <= number <= row.high90)
            for number in (true, true + more)
        ]
        (raw, off, holds), _ = line
        lines.append((*line, row.trusted))
        click.echo(
            f"{name:>14} {row.min_km:6.2f}-{row.max_km:5.2f} km {true:6} true ({more} peppered), "
            f"{row.raw:6.0f} raw "
            f"({100 * raw:+4.0f} %), {row.estimate:6.0f} estimated ({100 * off:+4.0f} %), 90 % "
            f"{row.low90:.0f} - {row.high90:.0f}{'' if holds else ', does not hold'}"
            f"{'' if row.trusted else ', not trusted'}"
        )
    return lines


def summarize(title, lines):
    """One line on many bins."""
    raw, off, holds = (np.array(values) for values in zip(*lines, strict=True))
    raw, off = 100.0 * np.abs(raw), 100.0 * np.abs(off)
    click.echo(
        f"{title}: {len(off)} bins, median error {np.median(off):.1f} % (raw {np.median(raw):.1f} "
        f"%), within 15 %: {100 * np.mean(off < 15.0):.0f} % (raw "
        f"{100 * np.mean(raw < 15.0):.0f} %), intervals that hold the truth: "
        f"{100 * holds.mean():.0f} %"
    )


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--side", default=4096, show_default=True, help="Side of a scene, pixels.")
@click.option("--budget", default=0.25, show_default=True)
@click.option("--scene", "names", multiple=True, type=click.Choice(list(SCENES)))
@click.option("--seeds", default=2, show_default=True, help="Seeds of planted craters.")
@click.option("--workers", default=2, show_default=True)
@click.option("--ages", is_flag=True, help="Fit ages too, by craterstats.")
def main(folder, side, budget, names, seeds, workers, ages):
    """Compare counted and estimated with true numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for name in names or SCENES:
        image, craters, peppered = write_scene(folder, name, side)
        run = folder / f"{name}_run"
        lc.detect(image, run, workers=workers)
        for seed in range(seeds):
            lc.measure_completeness(run, budget=budget, seed=seed, workers=workers, overwrite=True)
            lines += compare(name, craters, peppered, lc.csfd(run))
            if ages:
                compare_ages(name, craters, run)
    trusted = [line for line in lines if line[-1]]
    for title, some in (("all", lines), ("trusted", trusted)):
        summarize(title, [line[0] for line in some])
        summarize(f"{title}, with peppered craters", [line[1] for line in some])


if __name__ == "__main__":
    main()
