"""What a review or a reference improves in the estimated numbers of craters on rendered scenes.

    python benchmarks/purity.py scenes

Takes the scenes, runs and completenesses of `python benchmarks/counts.py scenes`, which has to run
first. Detections are labelled by the truth, as a reviewer would label them, in several ways:

- `random`: chosen at random among those that `craters export` writes (score of balanced and more);
- `suggested`: half of them so, and half as `craters review --suggest` names them;
- `sizes`: as many of each octave of diameter, at random, from the score of complete on;
- `wrong`: the same, with one in ten labels wrong;
- `quarter`: a reference on a quarter of the ground (craters purity RUN REFERENCE --area).

Prints for each sqrt(2) bin of 10 px and more with at least 30 craters how far the count and the
estimates are off, in the mean over the seeds. Then, for each way: the median error, how many are
within 15 %, how many intervals hold the truth, and how many are trusted.
"""

import tempfile
from pathlib import Path

import click
import numpy as np
import pandas as pd
from completeness import LEAST_COUNT, LEAST_PX, PIXEL_M, SCENES

import lunarcraters as lc
from lunarcraters.catalogue.formats import write_catalogue
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.evaluation.matching import match_craters
from lunarcraters.evaluation.rules import get_rule
from lunarcraters.purity.record import PURITY

WAYS = {
    "none": 0,
    "random 100": 100,
    "random 300": 300,
    "suggested 300": 300,
    "sizes 100": 100,
    "sizes 300": 300,
    "wrong 300": 300,
    "quarter": 0,
}
WRONG = 0.1


def choose(run, way, count, file, random):
    """Rows of the detections that are reviewed."""
    catalogue = lc.read_run(run)
    exact = way in ("random", "suggested")
    least = catalogue.thresholds["balanced" if exact else "complete"]
    shown = np.flatnonzero(catalogue.scores >= least)
    if way == "suggested":
        write_catalogue(catalogue.filter(least), file, overwrite=True)
        told = lc.review(run, file, suggest=count // 2).suggested
        ids = catalogue.craters["crater_id"].isin([one.crater_id for one in told])
        first = np.flatnonzero(ids)
        others = random.permutation(np.setdiff1d(shown, first))
        return np.append(first, others[: count - len(first)])
    shown = random.permutation(shown)
    if exact:
        return shown[:count]
    octave = pd.Series(np.floor(np.log2(catalogue.diameters[shown])))
    turn = octave.groupby(octave).cumcount().to_numpy()
    return shown[np.argsort(turn, kind="stable")[:count]]


def measure(folder, name, way, count, seed):
    """Measure the purity of a run by labels."""
    run, table = folder / f"{name}_run", folder / f"{name}.csv"
    random = np.random.default_rng(seed)
    if way == "quarter":
        west, south, east, north = lc.read_run(run).footprint.bounds
        x, y = (west, (west + east) / 2.0, east), (south, (south + north) / 2.0, north)
        i, j = seed % 2, seed // 2 % 2
        area = x[i], y[j], x[i + 1], y[j + 1]
        lc.measure_purity(run, table, area=area, overwrite=True)
        return
    catalogue = lc.read_run(run)
    reference = lc.read_reference(table)
    true = match_craters(catalogue, reference, get_rule("circle")).reference_of >= 0
    if way == "wrong":
        true ^= random.random(len(true)) < WRONG
    states = np.full(len(true), "unseen", object)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "reviewed.parquet"
        seen = choose(run, way, count, file, random)
        states[seen] = np.where(true[seen], "accepted", "rejected")
        marked = Catalogue.from_table(catalogue.craters.assign(review=states), catalogue.info)
        write_catalogue(marked, file, overwrite=True)
        lc.measure_purity(run, file, overwrite=True)


def compare(folder, name):
    """Rows of the bins: lower edge, true number, errors, whether the interval holds, trusted."""
    sizes, rows = pd.read_csv(folder / f"{name}.csv")["diam_km"].to_numpy(), []
    for row in lc.csfd(folder / f"{name}_run").bins:
        true = int(((sizes >= row.min_km) & (sizes < row.max_km)).sum())
        small = row.min_km * 1000.0 / PIXEL_M < LEAST_PX * (1.0 - 1e-9)
        if row.estimate is None or true < LEAST_COUNT or small:
            continue
        held = row.low90 <= true <= row.high90
        errors = row.raw / true - 1.0, row.estimate / true - 1.0
        rows.append((f"{row.min_km:.2f}-{row.max_km:.2f} km", true, *errors, held, row.trusted))
    return pd.DataFrame(rows, columns=["bin", "true", "raw", "off", "held", "trusted"])


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seeds", default=4, show_default=True)
@click.option("--scene", "names", multiple=True, type=click.Choice(list(SCENES)))
def main(folder, seeds, names):
    """Compare estimates with and without labels."""
    parts = []
    for name in names or SCENES:
        record = folder / f"{name}_run" / PURITY
        for title, count in WAYS.items():
            way = title.split()[0]
            for seed in range(1 if way == "none" else seeds):
                record.unlink(missing_ok=True)
                if way != "none":
                    measure(folder, name, way, count, seed)
                parts.append(compare(folder, name).assign(scene=name, way=title))
        record.unlink(missing_ok=True)
    rows = pd.concat(parts)
    pd.options.display.width = 200
    rows[["raw", "off"]] *= 100.0
    by_bin = rows.pivot_table("off", ["scene", "bin", "true", "raw"], "way", sort=False)
    click.echo(by_bin.reset_index().round().to_string(index=False, float_format="%.0f"))
    for title, some in rows.groupby("way", sort=False):
        off = some["off"].abs()
        click.echo(
            f"{title:>13}: {len(some)} estimates, median error {off.median():.1f} %, within 15 %: "
            f"{100 * (off < 15.0).mean():.0f} %, intervals that hold the truth: "
            f"{100 * some['held'].mean():.0f} %, trusted {100 * some['trusted'].mean():.0f} %"
        )


if __name__ == "__main__":
    main()
