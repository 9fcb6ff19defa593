"""Counted and estimated numbers of craters beside those of a reference, on real ground.

    python benchmarks/reference_counts.py runs ../shared/data/gld100/north_cap.tif \\
        ../shared/data/gld100/north_cap_craters.csv --min-diameter 2.84
    python benchmarks/reference_counts.py runs ../shared/data/lroc_wac/test/images \\
        ../shared/data/lroc_wac/test --sun-azimuth 90

Runs `craters detect` and `craters completeness` on the mosaic, and prints for each sqrt(2) bin: the
number of the reference, the raw count, and the estimate with its 90 % interval. The reference is no
truth: people miss craters too, and the picture does not show all that an elevation model shows.
Runs that are there are used again.
"""

from pathlib import Path

import click

import lunarcraters as lc

LEAST_COUNT = 5


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("mosaic", type=click.Path(path_type=Path))
@click.argument("reference", type=click.Path(path_type=Path))
@click.option("--min-diameter", default=0.0, help="Smallest crater of the reference, km.")
@click.option("--budget", default=0.25, show_default=True)
@click.option("--sun-azimuth", type=float, help="Where the picture does not tell it, degrees.")
@click.option("--workers", default=2, show_default=True)
def main(folder, mosaic, reference, min_diameter, budget, sun_azimuth, workers):
    """Print a table of counts beside those of a reference."""
    run = folder / (mosaic.parent.name if mosaic.is_dir() else mosaic.stem)
    if not (run / "completeness.json").is_file():
        if not (run / "run.json").is_file():
            lc.detect(mosaic, run, workers=workers)
        lc.measure_completeness(run, sun_azimuth_deg=sun_azimuth, budget=budget, workers=workers)
    sizes = lc.read_reference(reference).diameters
    print(
        "| diameter, km | reference | raw | estimate | 90 % | trusted |\n|---|---|---|---|---|---|"
    )
    for row in lc.csfd(run).bins:
        there = int(((sizes >= row.min_km) & (sizes < row.max_km)).sum())
        if row.min_km < min_diameter or there < LEAST_COUNT:
            continue
        estimate = "- | - | -"
        if row.estimate is not None:
            trusted = "yes" if row.trusted else "no"
            estimate = f"{row.estimate:.0f} | {row.low90:.0f} to {row.high90:.0f} | {trusted}"
        print(f"| {row.min_km:.2f} to {row.max_km:.2f} | {there} | {row.raw:.0f} | {estimate} |")


if __name__ == "__main__":
    main()
