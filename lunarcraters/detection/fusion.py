"""Fusion: runs of the same ground become one, as the octaves of a run do.

A picture and an elevation model show different craters well. Of detections that are the same crater
the surer one gives place and size, and all runs that should see it give the score.
"""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.formats import write_catalogue_parts
from lunarcraters.catalogue.formats.parquet import StoredCatalogue, open_stored
from lunarcraters.catalogue.ground import sum_unread_tiles, warn_of_unread_tiles
from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.table import PART_ROWS, Catalogue
from lunarcraters.detection.fetched import refuse_other_directory
from lunarcraters.detection.leftovers import empty_run
from lunarcraters.detection.manifest import MANIFEST, Manifest, read_manifest, write_manifest
from lunarcraters.detection.merging import average_octaves, suppress
from lunarcraters.detection.options import SMALLEST_PX
from lunarcraters.detection.run import (
    CRATERS,
    MASK,
    RunResult,
    open_run,
    read_result,
    write_result,
)
from lunarcraters.errors import OptionError, OutputError
from lunarcraters.files import check_outside, locked
from lunarcraters.geometry import sphere
from lunarcraters.geometry.area import Area
from lunarcraters.geometry.box import Box
from lunarcraters.geometry.circles import compute_diameters_px
from lunarcraters.mask.cog import NODATA, SCALE, UNIT_PX, Mask, open_mask, write_mask
from lunarcraters.mask.footprint import searched_footprint
from lunarcraters.mosaic.mosaic import Mosaic
from lunarcraters.mosaic.resampling import read_frame
from lunarcraters.network.decoding import detectability

_BLOCK_PX = 2 * UNIT_PX
_UNSEEN, _LOWEST = 0.01, 1e-4  # score where a run has not seen a crater: most and least

Float = NDArray[np.float64]


@dataclass(frozen=True)
class _Run:
    """A run that is fused with others.

    Attributes:
        path: Directory.
        manifest: Manifest.
        result: Result in numbers.
        catalogue: Catalogue.
        mask: Mask, whose grid is that of the mosaic.
    """

    path: Path
    manifest: Manifest
    result: RunResult
    catalogue: Catalogue
    mask: Mosaic

    @property
    def smallest_px(self) -> float:
        """Smallest crater that was searched for, pixels of the mosaic."""
        return float(self.manifest.settings.get("smallest_px") or SMALLEST_PX[1])

    @property
    def largest_px(self) -> float:
        """Largest crater that was searched for, pixels of the mosaic; infinite if not noted."""
        settings, diameters_px = self.manifest.tiling_settings, self.manifest.diameters_px
        if settings is None or diameters_px is None:
            return np.inf
        return diameters_px[1] * 2.0 ** (settings.levels - 1)

    def measure_px(self, positions: Float, diameters: Float) -> Float:
        """Measure craters in pixels of the mosaic, (n,)."""
        grid, pixel_size_m = self.mask.grid, self.mask.meridian_pixel_size_m
        return compute_diameters_px(positions, diameters, grid, pixel_size_m)

    def weights(self, positions: Float, diameters: Float) -> Float:
        """Compute to what degree the run should have seen craters, 0 to 1, (n,)."""
        footprint = self.catalogue.footprint
        searched = np.ones(len(diameters), bool)
        if footprint is not None:
            searched = Area(footprint, self.catalogue.crs).contains(*positions.T)
        diameters_px = self.measure_px(positions, diameters)
        return searched * detectability(diameters_px, (self.smallest_px, self.largest_px))


def merge_runs(paths: Sequence[Path], out: Path, *, overwrite: bool = False) -> StoredCatalogue:
    """Fuse runs of the same ground, for example of a picture and of an elevation model.

    The result is a run on the grid and on the ground of the first, whose mosaic pictures show. A
    score is the mean over the runs that should see the crater, as over octaves; the operating
    points are means too. The mask is the largest of all.

    Args:
        paths: Directories of two finished runs or more.
        out: Directory of the run to write.
        overwrite: True to replace a run in `out`.

    Returns:
        Catalogue that was written.

    Raises:
        RunError: A directory is not a finished run, or another process is at work in `out`.
        OptionError: There are less than two runs, one is named twice, or they are of images without
            coordinates, or of two bodies, or of other ground.
        OutputError: `out` cannot be written, or holds a run, or one of those to be fused.
    """
    started = time.monotonic()
    runs = _open(paths, out)
    _check_output(out, overwrite=overwrite)
    check_outside(out, paths)
    craters = _fuse(runs)
    with locked(out):
        _check_output(out, overwrite=overwrite)  # another process may have made a run meanwhile
        empty_run(out)
        manifest = _describe(runs)
        write_manifest(manifest, out)
        _write_mask(runs, out / MASK)
        info = _info(runs, manifest, *searched_footprint(runs[0].mask, out / MASK))
        warn_of_unread_tiles(info)
        write_catalogue_parts(info, _parts(craters, info), out / CRATERS, overwrite=True)
        result = RunResult(
            craters=len(craters),
            tiles=sum(run.result.tiles for run in runs),
            unread_tiles={
                f"{run.path}/{name}": why
                for run in runs
                for name, why in run.result.unread_tiles.items()
            },
            searched_km2=info.footprint_area_km2,
            seconds=round(time.monotonic() - started, 1),
        )
        write_result(result, out)
    return open_stored(out / CRATERS)


def _check_output(out: Path, *, overwrite: bool) -> None:
    """Refuse a directory that is not a run, or that of a run that may not be replaced."""
    refuse_other_directory(out)
    if (out / MANIFEST).is_file() and not overwrite:
        raise OutputError(f"{out} exists: give another --output, or --overwrite to replace it")


def _open(paths: Sequence[Path], out: Path) -> list[_Run]:
    """Open runs that can be fused."""
    folders = {path.resolve() for path in paths}
    if len(folders) < len(paths):
        raise OptionError("a run is named twice, and would count twice: name each run once")
    if len(folders) < 2:
        raise OptionError(
            "fewer than two runs were given: name two runs of the same ground, or more"
        )
    if out.resolve() in folders:
        raise OptionError(f"{out} is one of the runs: give another --output")
    runs = []
    for path in paths:
        catalogue = open_run(path).read()
        mask = open_mask(path / MASK)
        runs.append(_Run(path, read_manifest(path), read_result(path), catalogue, mask))
    first = runs[0]
    for run in runs:
        if not run.catalogue.has_crs:
            raise OptionError(
                f"{run.path} is a run of an image without coordinates: runs are merged by their "
                "longitudes and latitudes"
            )
        if not run.catalogue.info.is_on_body(first.catalogue.radius_m):
            raise OptionError(f"{first.path} and {run.path} are runs of bodies of other radii")
        ground, other = first.catalogue.footprint, run.catalogue.footprint
        if ground is not None and other is not None and not ground.intersects(other):
            raise OptionError(f"{first.path} and {run.path} share no ground: give runs that do")
    return runs


def _fuse(runs: Sequence[_Run]) -> pd.DataFrame:
    """Fuse the craters of runs: every crater on the ground of the first once, largest first."""
    columns = runs[0].catalogue.columns
    table = pd.concat([_with_tiles_of(runs[0], run) for run in runs], ignore_index=True)
    numbers = np.repeat(np.arange(len(runs)), [len(run.catalogue) for run in runs])
    on_ground = numbers == 0
    if runs[0].catalogue.footprint is not None:
        ground = Area(runs[0].catalogue.footprint, runs[0].catalogue.crs)
        on_ground |= ground.contains(table[columns.x], table[columns.y])
    table, numbers = table[on_ground], numbers[on_ground]
    places = table[[columns.x, columns.y]].to_numpy(float)
    positions = sphere.unit_vectors(*places.T) * (runs[0].catalogue.radius_m or 1000.0) / 1000.0
    diameters, scores = (table[name].to_numpy(float) for name in (columns.diameter, columns.score))
    kept = suppress(positions, diameters, scores)
    weights = np.column_stack([run.weights(places[kept], diameters[kept]) for run in runs])
    unseen = float(np.clip(scores.min(initial=_UNSEEN), _LOWEST, _UNSEEN))
    _, _, fused = average_octaves(
        kept, positions, diameters, scores, numbers, weights, unseen=unseen
    )
    table = table.iloc[kept].assign(**{columns.score: fused})
    return table.sort_values(columns.diameter, ascending=False, kind="stable", ignore_index=True)


def _with_tiles_of(first: _Run, run: _Run) -> pd.DataFrame:
    """Craters of a run with octaves of the first run's mosaic, and without tiles of another."""
    catalogue, table = run.catalogue, run.catalogue.table
    if run.manifest.input == first.manifest.input:
        return table
    ours, theirs = (
        one.measure_px(catalogue.positions, catalogue.diameters) for one in (first, run)
    )
    coarser = np.rint(np.log2(ours / theirs)).astype(np.int64)
    return table.assign(tile="", level=table["level"] + coarser)


def _parts(craters: pd.DataFrame, info: CatalogueInfo) -> Iterator[Catalogue]:
    """Number craters, and give them a part at a time."""
    for start in range(0, max(len(craters), 1), PART_ROWS):
        some = craters.iloc[start : start + PART_ROWS].copy()
        some[info.columns.crater_id] = [f"{start + i:07d}" for i in range(1, len(some) + 1)]
        yield Catalogue.from_table(some, info)


def _describe(runs: Sequence[_Run]) -> Manifest:
    """Manifest of the fused run."""
    first = runs[0].manifest
    manifests = [run.manifest for run in runs]
    return replace(
        first,
        input=_hash([manifest.input for manifest in manifests]),
        model=_hash([manifest.model for manifest in manifests]),
        model_name=" + ".join(Path(manifest.model_name).name for manifest in manifests),
        settings=first.settings | {"merged": " + ".join(m.input_name for m in manifests)},
        tiling=None,
        tiling_settings=None,
        diameters_px=None,
    )


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _info(
    runs: Sequence[_Run], manifest: Manifest, footprint: BaseGeometry, area_km2: float | None
) -> CatalogueInfo:
    """Description of the fused catalogue."""
    first = runs[0].catalogue.info
    names = set.intersection(*(set(run.catalogue.thresholds) for run in runs))
    thresholds = {
        name: round(float(np.mean([run.catalogue.thresholds[name] for run in runs])), 4)
        for name in first.thresholds
        if name in names
    }
    unread = sum_unread_tiles(run.catalogue.info for run in runs)
    return CatalogueInfo(
        first.crs,
        footprint=footprint,
        footprint_area_km2=area_km2,
        thresholds=thresholds,
        properties=manifest.properties | unread,
    )


def _write_mask(runs: Sequence[_Run], path: Path) -> None:
    """Write the largest of the masks, where the first has one."""
    first, *others = (run.mask for run in runs)

    def blocks() -> Iterator[tuple[Box, Mask]]:
        for box in first.grid.box.blocks(_BLOCK_PX):
            values, valid = first.read(box)
            if not valid.any():
                continue
            square = Box(box.left, box.top, _BLOCK_PX, _BLOCK_PX)
            frame = first.grid.window(square, 1.0, _BLOCK_PX, _BLOCK_PX)
            for other in others:
                further, known = read_frame(other, frame)
                # Interpolation overshoots, and the value after the largest is nodata.
                further = np.where(known, np.minimum(further, SCALE), 0)
                values = np.maximum(values, further[: box.height, : box.width])
            yield box, np.where(valid, values, NODATA).astype(np.uint8)

    write_mask(first, blocks(), path)
