"""A Dask cluster of Slurm jobs, for `craters detect --scheduler`.

    pip install dask-jobqueue
    python pipelines/slurm.py --jobs 20 -- craters detect mosaic.tif -o run

Starts a scheduler here and workers as jobs, waits for the first job to leave the queue, runs the
command with `--scheduler` and the scheduler's address added, and ends the jobs with it. A job that
reaches its wall time is no harm: give the same command again. Change the numbers below to what your
cluster has.
"""

import subprocess
import sys

import click
from dask_jobqueue import SLURMCluster

CORES = 16  # a job has
WORKERS = 4  # processes a job, of CORES / WORKERS threads each
MEMORY = "16GB"  # a job has; a worker needs about 2 GB
WALLTIME = "04:00:00"


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--jobs", default=4, show_default=True)
@click.option("--partition", help="Slurm partition.")
@click.option("--account", help="Slurm account.")
@click.option("--interface", help="Network interface between nodes, for example ib0.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def main(
    jobs: int,
    partition: str | None,
    account: str | None,
    interface: str | None,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND with the workers of so many Slurm jobs."""
    with SLURMCluster(
        queue=partition,
        account=account,
        cores=CORES,
        processes=WORKERS,
        memory=MEMORY,
        walltime=WALLTIME,
        interface=interface,
        python=sys.executable,
        # Each task runs alone in its worker; TensorFlow uses the worker's threads itself.
        worker_extra_args=["--nthreads", "1"],
    ) as cluster:
        cluster.scale(jobs=jobs)
        click.echo("Waiting for the first job to leave the queue.", err=True)
        cluster.wait_for_workers(1)
        address = cluster.scheduler_address
        sys.exit(subprocess.run([*command, "--scheduler", address]).returncode)


if __name__ == "__main__":
    main()
