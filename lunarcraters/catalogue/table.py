"""The catalogue: one table of craters with its description, and what users do with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.notebook import InNotebook
from lunarcraters.catalogue.review_state import find_confirmed
from lunarcraters.catalogue.validation import validate_table
from lunarcraters.errors import CatalogueError

if TYPE_CHECKING:
    import geopandas as gpd

    from lunarcraters import api
    from lunarcraters.api.paths import Ground

Float = NDArray[np.float64]
PathOrText = str | PathLike[str]

PART_ROWS = 50_000
"""Number of craters of a part, whose polygons are held at once while a file is written."""


@dataclass(frozen=True, eq=False, init=False)
class Catalogue(InNotebook):
    """Craters with the ground searched for them.

    The table is checked and sorted when a catalogue is made from it: `craters` has exactly the
    columns of `info.columns`, and `fraction`, `review` and measures if given; the largest crater
    is first. Missing columns are filled in: standard deviations and scores with NaN, levels with
    0, tiles with empty strings; identifiers count the rows of the table.

    Attributes:
        craters: Table of craters, a row each.
        info: Description of the catalogue: everything but the craters.
    """

    craters: pd.DataFrame
    info: CatalogueInfo

    def __init__(
        self,
        craters: pd.DataFrame,
        crs: Any,
        footprint: BaseGeometry | None = None,
        footprint_area_km2: float | None = None,
        thresholds: dict[str, float] | None = None,
        properties: dict[str, str] | None = None,
        lon_domain: int | None = None,
        has_positions: bool = True,
    ) -> None:
        """Make a catalogue from a table.

        Args:
            craters: Table; positions and diameters are required columns.
            crs: Longitude and latitude on a sphere, as pyproj reads it, such as `IAU_2015:30100`;
                None where positions are pixels.
            footprint: Ground searched, nodata left out, in longitude and latitude (or pixels).
            footprint_area_km2: Area of the footprint on the sphere, km^2.
            thresholds: Operating points of the model by name, e.g. `{"balanced": 0.31}`.
            properties: Origin of the catalogue as text; `plot` opens the mosaic in `input`.
            lon_domain: Largest longitude in files, 180 or 360; None for what the format has.
            has_positions: False for a count of diameters alone, whose positions are not known.

        Raises:
            CatalogueError: A column is missing, a crater has no size or place, `crs` is another, or
                a value is no number or outside its range.
        """
        known = thresholds or {}, properties or {}, lon_domain, has_positions
        info = CatalogueInfo(crs, footprint, footprint_area_km2, *known)
        vars(self).update(vars(self.from_table(craters, info)))

    @classmethod
    def _of_valid(cls, craters: pd.DataFrame, info: CatalogueInfo) -> "Catalogue":
        """Make a catalogue of rows that were checked and sorted before."""
        catalogue = cls.__new__(cls)
        # The description is a copy, so that no other catalogue changes it.
        vars(catalogue).update(craters=craters, info=replace(info))
        return catalogue

    @classmethod
    def from_table(cls, craters: pd.DataFrame, info: CatalogueInfo) -> "Catalogue":
        """Make a catalogue from a table and the description of a catalogue.

        Args:
            craters: Table; positions and diameters are required columns.
            info: Description of the catalogue.

        Raises:
            CatalogueError: A column is missing, a crater has no size or place on the Moon, or a
                value is no number or outside its range.
        """
        try:
            table = validate_table(craters, info.columns, has_positions=info.has_positions)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise CatalogueError(
                f"the table of craters is damaged or no table of numbers ({error}): give a "
                "DataFrame of pandas whose columns occur once, with NaN for what is not known"
            ) from error
        return cls._of_valid(table, info)

    @classmethod
    def from_header(cls, craters: pd.DataFrame, header: Mapping[str, Any]) -> "Catalogue":
        """Make a catalogue from a table and a description as files hold it.

        Args:
            craters: Table; positions and diameters are required columns.
            header: JSON of a `CatalogueHeader`, as `header()` gives it.

        Raises:
            CatalogueError: The header or the table is not one of a catalogue.
        """
        return cls.from_table(craters, CatalogueInfo.from_header(header))

    def with_info(self, **changes: Any) -> "Catalogue":
        """Give the same craters another description.

        Args:
            changes: Attributes of `CatalogueInfo` and their new values.
        """
        return self._of_valid(self.craters, replace(self.info, **changes))

    def __len__(self) -> int:
        """Number of craters."""
        return len(self.craters)

    @property
    def table(self) -> pd.DataFrame:
        """The craters as files hold them: with longitudes 0..360 where `lon_domain` is 360."""
        if not self.has_crs or self.lon_domain != 360:
            return self.craters
        # The remainder of -1e-20 is 360, the first time.
        return self.craters.assign(lon=self.craters["lon"].mod(360.0).mod(360.0))

    @property
    def positions(self) -> Float:
        """Centres, (n, 2): longitude and latitude in degrees, or x and y in pixels.

        Raises:
            CatalogueError: The catalogue is a count without positions.
        """
        self.info.require_positions()
        return self.craters[[self.columns.x, self.columns.y]].to_numpy(float)

    @property
    def diameters(self) -> Float:
        """Diameters, (n,): km, or pixels."""
        return self.craters[self.columns.diameter].to_numpy(float)

    @property
    def deviations(self) -> Float:
        """Standard deviations of the diameters, (n,): NaN where not known."""
        return self.craters[self.columns.diameter_sd].to_numpy(float)

    @property
    def scores(self) -> Float:
        """Scores, (n,): 0..1, NaN where a crater has none."""
        return self.craters["score"].to_numpy(float)

    @property
    def geodataframe(self) -> "gpd.GeoDataFrame":
        """The craters as circles in longitude and latitude, or in pixels with y upwards."""
        import geopandas as gpd

        from lunarcraters.catalogue.outlines import crater_outlines

        return gpd.GeoDataFrame(self.table, geometry=crater_outlines(self), crs=self.crs)

    def rows(self, which: NDArray[np.bool_] | slice) -> "Catalogue":
        """Take some of the craters; identifiers and order are kept.

        Args:
            which: True for each crater to keep, (n,); or a range of rows.
        """
        return self._of_valid(self.craters[which].reset_index(drop=True), self.info)

    def above_score(self, min_score: float) -> "Catalogue":
        """Take craters that score `min_score` or more, have no score, or were confirmed by eye."""
        return self.rows(~(self.scores < min_score) | find_confirmed(self.craters))

    def with_fractions(self, fractions: Float) -> "Catalogue":
        """Add the column `fraction`.

        Args:
            fractions: Part of each crater that lies inside the counting area, 0..1, (n,).
        """
        return self._of_valid(self.craters.assign(fraction=np.asarray(fractions, float)), self.info)

    def parts(self, min_score: float = 0.0) -> Iterator["Catalogue"]:
        """Go through the craters a few at a time; at least one part, which may be empty."""
        for start in range(0, max(len(self), 1), PART_ROWS):
            yield self.rows(slice(start, start + PART_ROWS)).above_score(min_score)

    def filter(
        self,
        min_score: float | str | None = None,
        *,
        min_diameter: float = 0.0,
        max_diameter: float = np.inf,
        area: "Ground | None" = None,
        fractions: bool = False,
    ) -> "Catalogue":
        """Take craters by score, size and place, as `craters export` does.

        With an area, the result has no footprint; `craters export RUN --area` measures it.

        Args:
            min_score: Score, or operating point; None for `balanced` where there is one.
            min_diameter: Smallest diameter, km (pixels where there is no coordinate system).
            max_diameter: Largest diameter, km (pixels).
            area: File of polygons, or west, south, east and north in degrees (pixels without a
                coordinate system).
            fractions: True for all craters that touch the area, with the part inside as `fraction`.

        Raises:
            CatalogueError: There is no such operating point.
            AreaError: The area cannot be read.
        """
        from lunarcraters.api.paths import read_ground
        from lunarcraters.catalogue.filter import CraterFilter

        ground = None if area is None else read_ground(area, self.info)
        wanted = CraterFilter(min_diameter, max_diameter, ground, fractions)
        least = self.threshold(min_score)
        limits = wanted.limits(least, self.info.limits) if self.info.has_header else None
        ground_info = {} if ground is None else {"footprint": None, "footprint_area_km2": None}
        return wanted.apply(self.above_score(least)).with_info(limits=limits, **ground_info)

    chosen = select = filter  # earlier names

    def to_file(self, path: PathOrText, *, overwrite: bool = False) -> None:
        """Write all craters in the format that the name says (see `craters export`).

        Args:
            path: File to write, or address of a PostGIS database.
            overwrite: True to replace a file that is there.

        Raises:
            OutputError: The file exists, cannot be written, or is a file of a run itself, or its
                suffix is not known.
            CatalogueError: The format needs what the catalogue does not have.
        """
        from lunarcraters.api.paths import find_target
        from lunarcraters.catalogue.formats import write_catalogue

        write_catalogue(self, find_target(path), overwrite=overwrite)

    def evaluate(
        self,
        reference: "PathOrText | Catalogue",
        rule: "api.RuleName | api.Rule | None" = None,
        *,
        min_diameter: float = 0.0,
        max_diameter: float = np.inf,
        min_score: float | str | None = None,
    ) -> "api.Evaluation | api.SizeComparison":
        """Score the catalogue against a reference, as `craters evaluate` does.

        Args:
            reference: Catalogue, file of one, or labels in LU3M6TGT's layout.
            rule: Matching rule: `circle`, `box`, `deepmoon`, `deepmoon-strict`, `offset`, or one of
                `lunarcraters.evaluation.rules`; None for box with labels, circle with catalogues.
            min_diameter: Smallest crater that counts, km (pixels).
            max_diameter: Largest crater that counts, km (pixels).
            min_score: Score from which a detection counts; None for `balanced` where there is one,
                or for the score of an export if higher, else for the score of the best F1.

        Raises:
            CatalogueError: The reference cannot be read, or one is in pixels and the other not.
        """
        from lunarcraters import api

        low, high, least = min_diameter, max_diameter, min_score
        sides = self, reference, rule
        return api.evaluate(*sides, min_diameter=low, max_diameter=high, min_score=least)

    def plot(self, path: PathOrText, mosaic: "PathOrText | api.Mosaic | None" = None) -> None:
        """Draw all craters over their mosaic, as a PNG.

        Args:
            path: PNG to write.
            mosaic: Mosaic underneath; None for the one that `properties` names as `input`.

        Raises:
            MosaicError: The mosaic cannot be read.
            CatalogueError: One is in pixels and the other not.
        """
        from lunarcraters import api

        api.plot_map(self, path, mosaic)
