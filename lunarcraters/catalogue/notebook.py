"""Catalogues in notebooks: a summary, and a map to zoom."""

import html
from os import PathLike
from typing import TYPE_CHECKING, Any

import pandas as pd

from lunarcraters.catalogue.info import Described
from lunarcraters.catalogue.wording import format_area, format_number

if TYPE_CHECKING:
    from lunarcraters import api

_HEAD_ROWS = 5


class InNotebook(Described):
    """The methods of a catalogue that a notebook calls."""

    craters: pd.DataFrame

    def explore(
        self,
        run: str | PathLike[str] | None = None,
        mosaic: "str | PathLike[str] | api.Mosaic | None" = None,
        *,
        crs: "api.GivenCrs | None" = None,
    ) -> "api.InteractiveMap":
        """Show all craters on a map to zoom, which needs no network.

        The map is in the projection of the mosaic where there is one, and else in degrees.

        Args:
            run: Directory of the run, whose mosaic and mask lie underneath; None for no mask.
            mosaic: Mosaic underneath; None for the one that was searched, if it is still there.
            crs: Coordinate system in place of the mosaic's own.

        Raises:
            RunError: The directory is not a run.
            MosaicError: The mosaic cannot be read.
            CatalogueError: One is in pixels and the other not.
        """
        from lunarcraters import api

        catalogue: Any = self
        return api.explore(catalogue, run, mosaic, crs=crs)

    def _repr_html_(self) -> str:
        """Summary for a notebook: number, sizes, coordinate system, ground, first craters."""
        columns, count = self.columns, len(self.craters)
        facts = [f"<b>{count:,} craters</b>"]
        if count:
            sizes = self.craters[columns.diameter]
            least, most = (format_number(size, 3) for size in (sizes.min(), sizes.max()))
            facts.append(f"{least} to {most} {columns.unit}")
        facts.append("pixels without coordinates" if self.crs is None else self.crs.name)
        if self.footprint_area_km2 is not None:
            facts.append(f"{format_area(self.footprint_area_km2)} km² searched")
        names = [columns.x, columns.y, columns.diameter, columns.diameter_sd, "score"]
        head = self.craters[names].head(_HEAD_ROWS)
        table = head.to_html(border=0, index=False, na_rep="", float_format="{:.4g}".format)
        return f"<p>{'; '.join([facts[0], *map(html.escape, facts[1:])])}</p>{table}"
