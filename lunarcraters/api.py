"""The Python interface: what the commands do, as functions."""

from collections.abc import Sequence
from dataclasses import fields, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from lunarcraters.catalogue import formats, outlines
from lunarcraters.catalogue import table as catalogue_schema
from lunarcraters.catalogue.filter import Selection
from lunarcraters.detection import detect as detection
from lunarcraters.detection import run as runs
from lunarcraters.evaluation.matching import match
from lunarcraters.evaluation.reference import from_catalogue, read_reference
from lunarcraters.evaluation.rules import RULES, Rule
from lunarcraters.evaluation.scores import Scores, score
from lunarcraters.geometry.area import area_of
from lunarcraters.mosaic import mosaic as mosaics
from lunarcraters.network.model_file import shipped_model

PathOrText = str | PathLike[str]


class Catalogue(catalogue_schema.Catalogue):
    """A catalogue with what users do with one; its table is `craters`."""

    @property
    def geodataframe(self) -> gpd.GeoDataFrame:
        """The craters as circles in longitude and latitude (pixels: y turned over)."""
        return gpd.GeoDataFrame(self.craters, geometry=outlines.crater_outlines(self), crs=self.crs)

    def chosen(
        self,
        min_score: float | str | None = None,
        *,
        min_diameter: float = 0.0,
        max_diameter: float = np.inf,
        area: PathOrText | tuple[float, float, float, float] | None = None,
        fractions: bool = False,
    ) -> "Catalogue":
        """The craters that are meant, as of `craters export`.

        With an area, the ground searched is no longer known: `craters export RUN --area` counts it.

        Args:
            min_score: A score, or an operating point; None for `balanced` where there is one.
            min_diameter: Smallest diameter, km (pixels where there is no coordinate system).
            max_diameter: Largest diameter.
            area: A file of polygons, or west, south, east and north in degrees.
            fractions: All craters that touch the area, with the part inside as `fraction`.

        Raises:
            CatalogueError: There is no such operating point.
            AreaError: The area is none.
        """
        ground = None
        if area is not None:
            given = Path(area) if isinstance(area, str | PathLike) else area
            ground = area_of(given, is_pixels=self.is_pixels)
        selection = Selection(min_diameter, max_diameter, ground, fractions)
        chosen = selection.of(self.select(self.threshold(min_score)))
        if ground is not None:
            chosen = replace(chosen, footprint=None, footprint_area_km2=None)
        return _own(chosen)

    def to_file(self, path: PathOrText, *, overwrite: bool = False) -> None:
        """Write all craters; the name says the format (see `craters export`).

        Raises:
            OutputError: The file exists, or cannot be written, or its suffix is not known.
            CatalogueError: The format needs what the catalogue does not have.
        """
        formats.write_catalogue(self, fspath(path), overwrite=overwrite)

    def evaluate(
        self,
        reference: "PathOrText | catalogue_schema.Catalogue",
        rule: str | Rule | None = None,
        *,
        min_diameter: float = 0.0,
        max_diameter: float = np.inf,
        min_score: float | str | None = None,
    ) -> Scores:
        """Score the catalogue, as of `craters evaluate`.

        Args:
            reference: A catalogue, a file of one, or labels in LU3M6TGT's layout.
            rule: When a detection is a reference crater: `circle`, `box`, `deepmoon`,
                `deepmoon-strict`, `offset`, or one of `lunarcraters.evaluation.rules`. None: box
                for labels, circle for catalogues.
            min_diameter: Smallest crater that counts, km (pixels).
            max_diameter: Largest crater that counts.
            min_score: From which a detection counts; None for `balanced` where there is one, else
                where F1 is best.

        Raises:
            CatalogueError: The reference cannot be read, or one is in pixels and the other not.
        """
        known = (
            from_catalogue(reference)
            if isinstance(reference, catalogue_schema.Catalogue)
            else read_reference(fspath(reference))
        )
        rule = rule or known.usual_rule
        terms = RULES[rule] if isinstance(rule, str) else rule
        if min_score is None and "balanced" in self.thresholds:
            min_score = "balanced"
        threshold = None if min_score is None else self.threshold(min_score)
        matches = match(self, known, terms, min_diameter=min_diameter, max_diameter=max_diameter)
        return score(matches, threshold)

    def plot(self, path: PathOrText, mosaic: "PathOrText | mosaics.Mosaic | None" = None) -> None:
        """Draw all craters over their mosaic, as a PNG.

        Args:
            path: PNG to write.
            mosaic: The picture underneath; None for the one that was searched.

        Raises:
            MosaicError: It cannot be read.
            CatalogueError: One is in pixels and the other not.
        """
        from lunarcraters.plots.maps import draw_map

        under = self.properties.get("input", "") if mosaic is None else mosaic
        draw_map(
            self, under if isinstance(under, mosaics.Mosaic) else open_mosaic(under), Path(path)
        )


def open_mosaic(
    paths: PathOrText | Sequence[PathOrText],
    *,
    crs: str | None = None,
    nodata: float | None = None,
) -> mosaics.Mosaic:
    """A mosaic of a raster, of several, or of all those in a directory.

    Raises:
        MosaicError: It cannot be used.
        CoordinateSystemError: Its coordinate system is missing or not of the Moon.
    """
    return mosaics.open_mosaic(_paths(paths), crs=crs, nodata=nodata)


def detect(
    source: PathOrText | Sequence[PathOrText],
    run: PathOrText,
    model: PathOrText | None = None,
    *,
    size: int | None = None,
    halo: int | None = None,
    levels: int | None = None,
    smallest_px: float | None = None,
    crs: str | None = None,
    nodata: float | None = None,
    **options: Any,
) -> Catalogue:
    """Find the craters of a mosaic or of tiles, as of `craters detect`; goes on where it stopped.

    A script that calls this starts workers, so it does so under `if __name__ == "__main__":`.

    Args:
        source: A raster, a directory of rasters or of tiles, or several as one mosaic.
        run: Directory for what is found.
        model: Model file; None for the one that comes with the program.
        size: Largest tile, pixels.
        halo: Margin around the core of each tile, pixels.
        levels: Octaves from full resolution on.
        smallest_px: Smallest crater to be found, pixels of the mosaic; None for 8. With 4 the
            mosaic is searched twice as large too, in four times the time; with 2.75, four times.
        crs: Coordinate system in place of the mosaic's own.
        nodata: Value that means "no data".
        options: Of `lunarcraters.execution.detect.detect`: `workers`, `scheduler`, `precision`,
            `mirrored`, `at_once`, `strict`, `overwrite`, `progress`.

    Returns:
        Everything that may be a crater, down to scores of some thousandths; `chosen()` leaves those
        of an operating point.

    Raises:
        CratersError: Something is wrong, in one sentence.
    """
    file = shipped_model() if model is None else Path(model)
    tiles = detection.open_source(
        _paths(source),
        file,
        size=size,
        halo=halo,
        levels=levels,
        smallest_px=smallest_px,
        crs=crs,
        nodata=nodata,
    )
    return _own(detection.detect(tiles, Path(run), file, **options).read())


def read_run(run: PathOrText) -> Catalogue:
    """The catalogue of a finished run of `craters detect`.

    Raises:
        RunError: It is no run, or not finished.
    """
    return _own(runs.read_run(Path(run)))


def read_catalogue(path: PathOrText) -> Catalogue:
    """Read a catalogue: one of this program, or a table with the usual column names.

    Raises:
        CatalogueError: The file is missing, damaged, of an unknown format, or not a catalogue.
    """
    return _own(formats.read_catalogue(fspath(path)))


def _own(catalogue: catalogue_schema.Catalogue) -> Catalogue:
    return Catalogue(**{field.name: getattr(catalogue, field.name) for field in fields(catalogue)})


def _paths(paths: PathOrText | Sequence[PathOrText]) -> list[Path]:
    if isinstance(paths, str | PathLike):
        return [Path(paths)]
    return [Path(path) for path in paths]
