"""Measuring: the craters of a catalogue on an elevation model."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from lunarcraters.catalogue.info import CatalogueInfo
from lunarcraters.catalogue.measures import Measures
from lunarcraters.errors import CatalogueError, MosaicError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.seam import bound_longitudes
from lunarcraters.morphometry.batches import Batch, compute_sizes, find_on_grid, plan_batches
from lunarcraters.morphometry.polar import Circles, Window, sample_polar
from lunarcraters.morphometry.profiles import Profiles, measure_profiles
from lunarcraters.morphometry.relations import compute_fresh_ratio
from lunarcraters.mosaic.examination.heights import ElevationModel
from lunarcraters.process import cpu_count, map_in_threads
from lunarcraters.progress import Progress, no_progress

LEAST_PX = 8.0
"""Diameter from which a crater is measured, pixels of the elevation model."""

LEAST_GROUND = 0.6
"""Share of the ground within 1.5 radii that has to be known."""

LEAST_RIM = 0.4
"""Share of the profiles on which a rim has to be found."""

_MOST_KM = 1000.0  # half of the Moon and more is no crater

_MOST_HILLS = 0.6
_ENOUGH = 20  # craters by which heights are told from depths

OFF, SMALL, LARGE = (
    "off the elevation model",
    f"less than {LEAST_PX:g} pixels of the elevation model across",
    f"more than {_MOST_KM:g} km across",
)
LITTLE, NO_RIM, NO_HOLLOW = (
    "too little ground with heights",
    "no rim on the profiles",
    "no depression",
)

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


def require_lunar(info: CatalogueInfo) -> None:
    """Refuse craters that have no place on the Moon.

    Raises:
        CatalogueError: They are in pixels, on another body, or have no positions.
    """
    info.require_positions()
    if not info.has_crs:
        raise CatalogueError(
            "the craters are in pixels, and where they lie on an elevation model is not known: "
            "detect them with a coordinate system (craters detect --crs)"
        )
    if not info.is_on_body(sphere.RADIUS_M):
        raise CatalogueError(
            f"the craters are on a body with a radius of {(info.radius_m or 0.0) / 1000.0:g} km, "
            "not on the Moon: give craters of the Moon"
        )


def measure_craters(
    positions: Float,
    diameters_km: Float,
    model: ElevationModel,
    sphere_radius_m: float,
    *,
    progress: Progress = no_progress,
) -> Measures:
    """Measure craters on an elevation model.

    Args:
        positions: Longitudes and latitudes of the centres, degrees, (n, 2).
        diameters_km: Diameters along the sphere, km, (n,).
        model: Elevation model, in any lunar coordinate system.
        sphere_radius_m: Radius of the sphere of the catalogue, metres.
        progress: Function of the number of craters done and in all.

    Returns:
        Measures; NaN and a reason where a crater has none.

    Raises:
        CatalogueError: None of the craters lies on the elevation model.
        MosaicError: The elevation model cannot be read, or holds depths in place of heights.
    """
    arc = diameters_km * 500.0 / sphere_radius_m
    circles = Circles(positions[:, 0], positions[:, 1], arc)
    grid = model.mosaic.grid
    sizes = compute_sizes(grid, circles)
    on_model = find_on_grid(grid, circles, sizes)
    large = on_model & (diameters_km > _MOST_KM)
    small = on_model & (sizes.diameter_px < LEAST_PX)
    _require_ground(model, positions, on_model)
    measurable = np.flatnonzero(on_model & ~large & ~small)
    numbers = np.full((len(arc), _COLUMNS), np.nan)
    batches = plan_batches(grid, circles, sizes, measurable)
    done = 0
    progress(0, len(measurable))
    for batch, profiles in _measure_batches(model, circles, batches):
        numbers[batch.craters] = _tabulate(profiles)
        done += len(batch.craters)
        progress(done, len(measurable))
    table = _name(numbers)
    notes = _note(table, small, large)
    _require_ground(model, positions, notes != OFF)
    _require_heights(model, table)
    return _make_measures(table, notes, sphere_radius_m)


def _note(table: dict[str, Float], small: Bool, large: Bool) -> NDArray[np.object_]:
    """Note why craters have no measures, empty where they have, (n,)."""
    share = np.nan_to_num(table["ground_share"])
    notes = np.full(len(share), OFF, dtype=object)
    notes[small], notes[large] = SMALL, LARGE
    notes[share > 0.0] = ""
    for note, wrong in (
        (NO_HOLLOW, ~(table["depth_m"] > 0.0)),
        (NO_RIM, ~(table["rim_share"] >= LEAST_RIM) | ~np.isfinite(table["arc"])),
        (LITTLE, np.minimum(share, np.nan_to_num(table["floor_share"])) < LEAST_GROUND),
    ):
        notes[(share > 0.0) & wrong] = note
    return notes


def _measure_batches(
    model: ElevationModel, circles: Circles, batches: Iterator[Batch]
) -> Iterator[tuple[Batch, Profiles]]:
    """Measure batches by threads, a few ahead; results come in their order."""

    def measure(batch: Batch) -> tuple[Batch, Profiles]:
        return batch, _measure_batch(model, circles, batch)

    return map_in_threads(measure, batches, cpu_count())


def _measure_batch(model: ElevationModel, circles: Circles, batch: Batch) -> Profiles:
    grid = model.mosaic.grid
    window = Window(grid, batch.box, batch.by, *model.read(batch.box, batch.by))
    return measure_profiles(
        lambda some, azimuths: sample_polar(window, some, azimuths),
        circles.take(batch.craters),
        batch.radius_px,
        grid.radius_m,
    )


_NAMES = (
    "arc", "rim_share", "ground_share", "floor_share", "depth_m", "rim_height_m", "slope",
    "depth_sd_m", "rim_height_sd_m", "slope_sd", "arc_sd",
)  # fmt: skip
_COLUMNS = len(_NAMES)


def _tabulate(profiles: Profiles) -> Float:
    shape, sd = profiles.shape, profiles.sd
    return np.column_stack(
        [
            profiles.arc,
            profiles.rim_share,
            profiles.ground_share,
            profiles.floor_share,
            shape.depth_m,
            shape.rim_height_m,
            shape.slope,
            sd.depth_m,
            sd.rim_height_m,
            sd.slope,
            profiles.arc * sd.crest / shape.crest,
        ]
    )


def _name(numbers: Float) -> dict[str, Float]:
    return dict(zip(_NAMES, numbers.T, strict=True))


def _require_ground(model: ElevationModel, positions: Float, on_model: Bool) -> None:
    """Refuse a model on which no crater lies."""
    if len(on_model) and not on_model.any():
        west, east = bound_longitudes(positions[:, 0])
        turn = 360.0 if west > 180.0 else 0.0
        south, north = positions[:, 1].min(), positions[:, 1].max()
        raise CatalogueError(
            f"none of the craters ({west - turn:.6g} to {east - turn:.6g} degrees east, "
            f"{south:.6g} to {north:.6g} north) lies on {model.mosaic.name}: give the elevation "
            "model of their ground"
        )


def _require_heights(model: ElevationModel, table: dict[str, Float]) -> None:
    """Refuse depths in place of heights: most craters would be hills."""
    depth = table["depth_m"][table["ground_share"] >= LEAST_GROUND]
    depth = depth[np.isfinite(depth)]
    if len(depth) >= _ENOUGH and (depth < 0.0).mean() > _MOST_HILLS:
        raise MosaicError(
            f"most craters ({(depth < 0.0).mean():.0%}) are hills on {model.mosaic.name}: if it "
            "holds depths, positive downwards, turn their sign (gdal_calc.py -A DEM --calc=-A)"
        )


def _make_measures(
    table: dict[str, Float], notes: NDArray[np.object_], sphere_radius_m: float
) -> Measures:
    """Make the measures, NaN where there is a note."""
    clean = {name: np.where(notes == "", values, np.nan) for name, values in table.items()}
    to_km = 2.0 * sphere_radius_m / 1000.0
    diameter, diameter_sd = clean["arc"] * to_km, clean["arc_sd"] * to_km
    ratio = clean["depth_m"] / (1000.0 * diameter)
    relative_sd = np.hypot(clean["depth_sd_m"] / clean["depth_m"], diameter_sd / diameter)
    slope = np.arctan(clean["slope"])
    return Measures(
        rim_diameter_km=diameter,
        rim_diameter_sd_km=diameter_sd,
        depth_m=clean["depth_m"],
        depth_sd_m=clean["depth_sd_m"],
        rim_height_m=clean["rim_height_m"],
        rim_height_sd_m=clean["rim_height_sd_m"],
        depth_to_diameter=ratio,
        depth_to_diameter_sd=ratio * relative_sd,
        slope_max_deg=np.degrees(slope),
        slope_max_sd_deg=np.degrees(clean["slope_sd"] * np.cos(slope) ** 2),
        freshness=ratio / compute_fresh_ratio(diameter),
        ground_share=np.where(notes == OFF, 0.0, table["ground_share"]),
        measure_note=notes,
    )
