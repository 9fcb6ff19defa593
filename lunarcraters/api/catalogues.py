"""Verbs on catalogues: read, export, evaluate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lunarcraters.api.paths import Ground, PathOrText, as_file, find_target, read_ground
from lunarcraters.catalogue.format_names import FormatName
from lunarcraters.evaluation.rule_names import RuleName
from lunarcraters.files import local_output
from lunarcraters.mosaic.given_crs import GivenCrs

if TYPE_CHECKING:
    from lunarcraters.catalogue.formats.parquet import StoredCatalogue
    from lunarcraters.catalogue.info import CatalogueInfo
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.evaluation.evaluate import Evaluation
    from lunarcraters.evaluation.reference import Reference
    from lunarcraters.evaluation.rules import Rule
    from lunarcraters.evaluation.sizes import SizeComparison
    from lunarcraters.geometry.area import Area


def read_catalogue(path: PathOrText) -> "Catalogue":
    """Read a catalogue: one of this program, or a table with the usual column names.

    Args:
        path: File, or address of a PostGIS table.

    Raises:
        CatalogueError: The file is missing, damaged, of an unknown format, or not a catalogue.
    """
    from lunarcraters.catalogue.formats import read_catalogue

    return read_catalogue(as_file(path))


@dataclass(frozen=True)
class Exported:
    """Counts of an export.

    Attributes:
        written: Number of craters written.
        total: Number of craters in the run or catalogue.
        min_score: Lowest score of the craters written.
        clustered: Number of craters left out because they are members of clusters.
    """

    written: int
    total: int
    min_score: float
    clustered: int = 0


def export(
    run: PathOrText,
    out: PathOrText,
    *,
    form: FormatName | None = None,
    min_score: float | str | None = None,
    min_diameter: float = 0.0,
    max_diameter: float = float("inf"),
    area: Ground | None = None,
    fractions: bool = False,
    without_clusters: bool = False,
    lon_domain: Literal[180, 360] | None = None,
    overwrite: bool = False,
) -> Exported:
    """Write the catalogue of a run, or convert another (`craters export`), part by part.

    Args:
        run: Directory of a finished run, file of a catalogue, or address of a PostGIS table.
        out: File to write, whose name says the format; or the address of a PostGIS table.
        form: Format, whatever the name says.
        min_score: Lowest score, or operating point; None for "balanced" where there is one.
        min_diameter: Smallest diameter, km (pixels without a coordinate system).
        max_diameter: Largest diameter, km (pixels).
        area: File of polygons, or west, south, east and north in degrees (pixels without a
            coordinate system). The part that was searched is the ground counted on; all of it is
            where a catalogue does not tell what was searched, of which a `CratersWarning` tells.
        fractions: True for all craters that touch the area, each with its part inside.
        without_clusters: True to leave out the members of clusters, most of which are secondary
            craters; `lunarcraters.catalogue.clusters` has the rule.
        lon_domain: Largest longitude, 180 or 360; None for what the format has.
        overwrite: True to replace a file that is there.

    Raises:
        RunError: The directory is not a finished run.
        CatalogueError: The file is not a catalogue, there is no such operating point, or the format
            needs what is not there.
        AreaError: The area cannot be read, or nothing of it was searched.
        OptionError: Fractions are asked for without an area, or without clusters; a catalogue with
            fractions is exported without clusters and without an area; or there is no such format
            or domain of longitudes.
        OutputError: The file exists, cannot be written, or is that of the area or one of a run.
    """
    from lunarcraters.catalogue.filter import CraterFilter
    from lunarcraters.catalogue.formats import check_output, write_catalogue_parts
    from lunarcraters.catalogue.ground import warn_of_unread_tiles
    from lunarcraters.detection.run import open_stored_catalogue
    from lunarcraters.errors import OptionError

    if fractions and without_clusters:
        raise OptionError(
            "clusters are found by craters whose centre lies on the ground: leave out fractions "
            "or without_clusters (--fractions, --without-clusters)"
        )
    if lon_domain not in (None, 180, 360):
        raise OptionError(f"lon_domain is {lon_domain!r}: give 180 or 360")
    target = find_target(out)
    stored = open_stored_catalogue(run)
    if without_clusters:  # it takes half a second to import
        from lunarcraters.catalogue.clusters import (
            find_cluster_members,
            leave_out,
            refuse_fractions,
        )

        if area is None:
            refuse_fractions(stored)
    info = replace(stored.info, lon_domain=lon_domain)
    least, ground = info.threshold(min_score), None
    if area is not None:
        info, ground = _restrict_to(area, run, stored, info)
    crater_filter = CraterFilter(min_diameter, max_diameter, ground, fractions)
    limits = replace(crater_filter.limits(least, stored.info.limits), of_run=stored.info.has_header)
    info = replace(info, limits=limits)
    check_output(info, target, form=form, inputs=[area], overwrite=overwrite)
    written, clustered, total = 0, 0, len(stored)

    def filtered() -> "Iterator[Catalogue]":
        for part in stored.parts(least):
            yield crater_filter.apply(part).with_info(lon_domain=lon_domain)

    warn_of_unread_tiles(info)
    parts = filtered()
    if without_clusters:
        members = find_cluster_members(parts, info)
        clustered = int(members.sum())
        info = replace(info, limits=replace(limits, without_clusters=True))
        parts = leave_out(filtered(), members)

    def counted() -> "Iterator[Catalogue]":
        nonlocal written
        for part in parts:
            written += len(part)
            yield part

    write_catalogue_parts(info, counted(), target, form=form, overwrite=overwrite)
    return Exported(written, total, least, clustered)


def _restrict_to(
    area: Ground,
    run: PathOrText,
    stored: "StoredCatalogue | Catalogue",
    info: "CatalogueInfo",
) -> "tuple[CatalogueInfo, Area]":
    """Take an area, and the part of it that was searched as the ground of a catalogue."""
    from lunarcraters.catalogue.ground import restrict_ground
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.run import SearchedGround

    info.require_positions()
    ground = read_ground(area, info)
    if isinstance(stored, Catalogue):
        return restrict_ground(info, ground, fspath(run)), ground
    return SearchedGround(Path(run)).clip(info, ground), ground


def read_reference(path: PathOrText, classes: Sequence[str | int] = ()) -> "Reference":
    """Read reference craters for an evaluation.

    Args:
        path: Catalogue of any readable format; or labels: the directory of a split, of its label
            files or of its images, or one label file.
        classes: Names or numbers of the classes of the labels that are craters; empty to go by
            their names.

    Raises:
        CatalogueError: The file is neither.
        DatasetError: A label file is malformed, or it is not clear which classes are craters.
        OptionError: It is an object in memory, such as a table.
    """
    from lunarcraters.evaluation.reference import read_reference

    return read_reference(as_file(path), classes)


def evaluate(
    catalogue: "Catalogue | PathOrText",
    reference: "Reference | Catalogue | PathOrText",
    rule: "RuleName | Rule | None" = None,
    *,
    min_diameter: float = 0.0,
    max_diameter: float = float("inf"),
    min_pixels: float | None = None,
    min_score: float | str | None = None,
    bins: Sequence[float] | None = None,
    figures: PathOrText | None = None,
    gallery: PathOrText | None = None,
    mosaic: PathOrText | None = None,
    crs: GivenCrs | None = None,
) -> "Evaluation | SizeComparison":
    """Score a catalogue against a reference (`craters evaluate`).

    Where one of them has no positions (`.diam`), their sizes are compared bin by bin instead.

    Args:
        catalogue: Catalogue, its file, or the directory of a run.
        reference: Reference, a catalogue, or the name of a catalogue or of labels.
        rule: Matching rule by name, or one of `lunarcraters.evaluation.rules`; None for "box" with
            labels and "circle" with catalogues.
        min_diameter: Smallest crater that counts, km (pixels without a coordinate system).
        max_diameter: Largest crater that counts, km (pixels).
        min_pixels: Smallest crater that counts, pixels of the label tiles; None for no such limit.
        min_score: Score, or operating point, from which a detection counts; None for "balanced"
            where there is one, or for the score of an export if it is higher, else for the score of
            the best F1.
        bins: Lower edges of the diameter bins, rising, km (pixels; with `min_pixels` pixels of the
            label tiles); None for factors of sqrt(2).
        figures: Directory for figures (PNG); None for none.
        gallery: Directory for pictures of the worst errors (PNG); None for none.
        mosaic: Mosaic that the gallery shows; None for the one that was searched.
        crs: Coordinate system in place of the run's, or of another mosaic's own.

    Raises:
        CatalogueError: The reference cannot be used, or one is in pixels and the other not, or
            positions are needed where there are none, or a gallery of a catalogue has no mosaic.
        OptionError: The bins are none, are not above 0, or do not rise.
        OutputError: The figures cannot be written.
        RunError: The directory is not a finished run, or does not tell the mosaic of the gallery.
        MosaicError: The mosaic of the gallery cannot be read.
    """
    from lunarcraters.catalogue.table import Catalogue
    from lunarcraters.detection.run import read_detections
    from lunarcraters.detection.searched import open_in_crs_of, searched_mosaic
    from lunarcraters.errors import CatalogueError
    from lunarcraters.evaluation.evaluate import check_bins, evaluate_catalogue
    from lunarcraters.evaluation.reference import Reference, from_catalogue
    from lunarcraters.evaluation.sizes import compare_sizes

    bins = None if bins is None else list(bins)
    check_bins(bins)
    detections = catalogue if isinstance(catalogue, Catalogue) else read_detections(catalogue)
    if isinstance(reference, Catalogue):
        truth = from_catalogue(reference)
    elif isinstance(reference, Reference):
        truth = reference
    else:
        truth = read_reference(reference)
    if min_pixels is not None:
        if truth.pixel is None:
            raise CatalogueError("a smallest crater in pixels needs labels as the reference")
        min_diameter = max(min_diameter, min_pixels * truth.pixel)
        bins = None if bins is None else [edge * truth.pixel for edge in bins]
    options: dict[str, Any] = {
        "min_diameter": float(min_diameter),
        "max_diameter": float(max_diameter),
        "min_score": min_score,
        "bins": bins,
    }
    by_size = not (detections.has_positions and truth.has_positions)
    if by_size and rule is None and figures is None and gallery is None:
        return compare_sizes(detections, truth, **options)
    if gallery is not None:  # before the long work
        if not isinstance(catalogue, Catalogue):
            ground = searched_mosaic(Path(catalogue), mosaic, crs=crs)
        elif mosaic is not None:
            ground = open_in_crs_of(catalogue.info.run, mosaic, crs=crs)
        else:
            raise CatalogueError("a catalogue does not tell which mosaic was searched: give mosaic")
    evaluation, matches = evaluate_catalogue(detections, truth, rule, **options)
    if figures is not None:
        from lunarcraters.plots.scores import write_figures

        terms = evaluation.terms
        write_figures(matches, evaluation, terms.match, terms.unit, local_output(figures))
    if gallery is not None:
        from lunarcraters.plots.gallery import write_gallery

        write_gallery(detections, truth, matches, evaluation, ground, local_output(gallery))
    return evaluation
