"""The description of a catalogue: coordinate system, ground searched, thresholds and origin."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
import shapely.geometry
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.columns import LUNAR_COLUMNS, PIXEL_COLUMNS, CatalogueColumns
from lunarcraters.catalogue.export_limits import ExportLimits
from lunarcraters.catalogue.validation import check_description
from lunarcraters.errors import CatalogueError, OptionError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.polygons import keep_polygons
from lunarcraters.records import from_json, to_plain

_RADIUS_TOLERANCE = 0.01  # relative difference of the radii of one body


@dataclass(frozen=True)
class CatalogueHeader:
    """The description of a catalogue as its files hold it, beside the table of craters.

    Attributes:
        crs: Longitude and latitude on a lunar sphere, as WKT; null where positions are pixels.
        footprint: Ground searched, as a GeoJSON geometry; null where it is not known.
        footprint_area_km2: Area of the footprint on the sphere, km^2; null where it is not known.
        thresholds: Operating points of the model by name, scores.
        properties: Origin of the catalogue, for people to read.
        limits: Craters of the run that an export took; absent in a run itself.
    """

    crs: str | None
    footprint: dict[str, Any] | None
    footprint_area_km2: float | None
    thresholds: dict[str, float]
    properties: dict[str, str]
    limits: ExportLimits | None = None


@dataclass(frozen=True, eq=False)
class CatalogueInfo:
    """A catalogue without its craters.

    Attributes:
        crs: Longitude and latitude on a lunar sphere; None where positions are pixels.
        footprint: Ground searched, longitude and latitude or pixels; None where it is not known.
        footprint_area_km2: Area of the footprint on the sphere, km^2; None where it is not known.
        thresholds: Operating points of the model by name, e.g. `{"balanced": 0.31}`.
        properties: Origin of the catalogue, for people to read.
        lon_domain: Largest longitude in files, 180 or 360; None for what the format has.
        has_positions: False for a count of diameters on an area (`.diam`): positions are NaN.
        limits: Craters of the run that an export took; None where it is not known.
        has_header: True where a file of ours told all this, and which craters of a run it has.
        run: Directory of the run that it was read from; None for another catalogue.
    """

    crs: CRS | None
    footprint: BaseGeometry | None = None
    footprint_area_km2: float | None = None
    thresholds: dict[str, float] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    lon_domain: int | None = None
    has_positions: bool = True
    limits: ExportLimits | None = None
    has_header: bool = field(default=False, compare=False)
    run: Path | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Copy what can change, and check all values.

        Raises:
            CatalogueError: A value is of another type or outside its range.
        """
        try:
            thresholds = {str(name): float(score) for name, score in dict(self.thresholds).items()}
            properties = {str(name): str(value) for name, value in dict(self.properties).items()}
            area_km2 = None if self.footprint_area_km2 is None else float(self.footprint_area_km2)
        except (TypeError, ValueError) as error:
            raise CatalogueError(
                f"a threshold or footprint_area_km2 is no number, or properties are no texts "
                f"({error}): give scores from 0 to 1 and texts by name, and an area in km2"
            ) from error
        check_description(self.footprint, area_km2, thresholds, self.lon_domain)
        vars(self).update(thresholds=thresholds, properties=properties, footprint_area_km2=area_km2)
        if self.crs is None:
            return
        crs = None
        with suppress(CRSError):
            crs = CRS.from_user_input(self.crs)
        flattened = crs is not None and sphere.is_lunar(crs) and sphere.is_flattened(crs)
        if crs is None or flattened or not (crs.is_geographic and sphere.is_sphere(crs)):
            name = str(self.crs) if crs is None else crs.name
            raise CatalogueError(
                f"crs is {name[:80]!r}, which is not longitude and latitude on a sphere: give "
                "IAU_2015:30100 for the Moon, or None where positions are pixels"
            )
        meridian = crs.prime_meridian
        if (meridian and meridian.longitude) or any(a.direction == "west" for a in crs.axis_info):
            raise CatalogueError(
                f"crs is {crs.name[:80]!r}, whose longitudes are to the west or from another "
                "meridian: convert them to degrees east of longitude 0, and give IAU_2015:30100"
            )
        object.__setattr__(self, "crs", crs)

    def require_positions(self) -> None:
        """Refuse a count without positions where they are needed.

        Raises:
            CatalogueError: The craters have no positions.
        """
        if not self.has_positions:
            raise CatalogueError(
                "this count has diameters on an area but does not say where its craters are: use "
                "it with craters plot csfd, craters evaluate, or export it as .diam"
            )

    @property
    def has_crs(self) -> bool:
        """Whether positions are longitude and latitude; False where they are pixels."""
        return self.crs is not None

    @property
    def radius_m(self) -> float | None:
        """Radius of the sphere, metres; None for pixels."""
        return None if self.crs is None else sphere.radius_m(self.crs)

    def is_on_body(self, radius_m: float | None) -> bool:
        """Tell whether the sphere is of a body of this radius.

        Args:
            radius_m: Radius of the body, metres; None for pixels.
        """
        return abs((self.radius_m or 1.0) / (radius_m or 1.0) - 1.0) <= _RADIUS_TOLERANCE

    def require_moon(self) -> None:
        """Refuse craters of another body where the radius of the body has no place.

        Raises:
            CatalogueError: The craters are not on the Moon.
        """
        if self.has_crs and not self.is_on_body(sphere.RADIUS_M):
            raise CatalogueError(
                f"the craters are on a body with a radius of {(self.radius_m or 0.0) / 1000.0:g} "
                "km, which this format takes for the Moon: export .gpkg, .parquet, .scc or .diam"
            )

    @property
    def columns(self) -> CatalogueColumns:
        """Names of the table's columns."""
        return LUNAR_COLUMNS if self.has_crs else PIXEL_COLUMNS

    def threshold(self, min_score: float | str | None = None) -> float:
        """Look up the score that a number or the name of an operating point stands for.

        Args:
            min_score: Score, or name of an operating point; None for `balanced`, or for 0 where
                there are none, as of a network that has a mask alone.

        Raises:
            CatalogueError: The catalogue has no operating point of that name.
            OptionError: The score is not between 0 and 1.
        """
        if min_score is None:
            return self.thresholds.get("balanced", 0.0)
        score = self.thresholds.get(str(min_score))
        with suppress(ValueError):
            score = float(min_score)
            if not 0.0 <= score <= 1.0:
                raise OptionError(f"min_score is {min_score}: scores are numbers from 0 to 1")
        if score is None:
            names = ", ".join(self.thresholds) or "none"
            raise CatalogueError(
                f"there is no operating point {min_score!r} in this catalogue (it has: {names}): "
                "give --min-score one of them or a number from 0 to 1"
            )
        (self.limits or ExportLimits()).warn_below(score)
        return score

    def header(self) -> dict[str, Any]:
        """Convert to the JSON that files hold, a `CatalogueHeader`; `from_header` reads it back."""
        footprint = None
        if self.footprint is not None:
            footprint = json.loads(str(shapely.to_geojson(self.footprint)))
        header: dict[str, Any] = to_plain(
            CatalogueHeader(
                crs=None if self.crs is None else self.crs.to_wkt(),
                footprint=footprint,
                footprint_area_km2=self.footprint_area_km2,
                thresholds=self.thresholds,
                properties=self.properties,
                limits=self.limits,
            )
        )
        if self.limits is None:
            del header["limits"]
        return header

    @classmethod
    def from_header(cls, header: Mapping[str, Any]) -> "CatalogueInfo":
        """Read the description that `header` gave.

        Args:
            header: JSON of a `CatalogueHeader`.

        Raises:
            CatalogueError: The header is not one of a catalogue.
        """
        try:
            record = from_json(CatalogueHeader, json.dumps(header))
            is_of_run = record.limits is None or record.limits.of_run
            return cls(
                crs=None if record.crs is None else CRS.from_wkt(record.crs),
                footprint=None if record.footprint is None else _to_geometry(record.footprint),
                footprint_area_km2=record.footprint_area_km2,
                thresholds=record.thresholds,
                properties=record.properties,
                limits=record.limits if is_of_run else None,
                has_header=is_of_run,
            )
        except (KeyError, TypeError, AttributeError, ValueError, shapely.GEOSException) as error:
            raise CatalogueError(
                f"the description of the catalogue is damaged: {error!r}"
            ) from error


class Described:
    """The attributes of a description, for a class that holds one as `info`."""

    info: CatalogueInfo

    @property
    def crs(self) -> CRS | None:
        """Longitude and latitude on a lunar sphere; None where positions are pixels."""
        return self.info.crs

    @property
    def footprint(self) -> BaseGeometry | None:
        """Ground searched; None where it is not known."""
        return self.info.footprint

    @property
    def footprint_area_km2(self) -> float | None:
        """Area of the footprint on the sphere, km^2; None where it is not known."""
        return self.info.footprint_area_km2

    @property
    def thresholds(self) -> dict[str, float]:
        """Operating points of the model by name."""
        return self.info.thresholds

    @property
    def properties(self) -> dict[str, str]:
        """Origin of the catalogue, for people to read."""
        return self.info.properties

    @property
    def lon_domain(self) -> int | None:
        """Largest longitude in files, 180 or 360; None for what the format has."""
        return self.info.lon_domain

    @property
    def has_crs(self) -> bool:
        """Whether positions are longitude and latitude; False where they are pixels."""
        return self.info.has_crs

    @property
    def radius_m(self) -> float | None:
        """Radius of the sphere, metres; None for pixels."""
        return self.info.radius_m

    @property
    def has_positions(self) -> bool:
        """Whether it is known where the craters are; False for a count of diameters alone."""
        return self.info.has_positions

    @property
    def columns(self) -> CatalogueColumns:
        """Names of the table's columns."""
        return self.info.columns

    def threshold(self, min_score: float | str | None = None) -> float:
        """Look up the score of an operating point, as `CatalogueInfo.threshold` does."""
        return self.info.threshold(min_score)

    def header(self) -> dict[str, Any]:
        """Convert the description to JSON, as `CatalogueInfo.header` does."""
        return self.info.header()


def _to_geometry(geojson: dict[str, Any]) -> BaseGeometry:
    """Read a footprint; one of an earlier version may have lines where nodata met its edge."""
    return keep_polygons(shapely.geometry.shape(geojson))
