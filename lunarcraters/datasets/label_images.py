"""Images with labels that lie on the Moon: their place, and the craters that are whole in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from scipy.spatial import KDTree

from lunarcraters.datasets.grey_values import open_image
from lunarcraters.datasets.images import read_image
from lunarcraters.datasets.tile_names import TileName
from lunarcraters.errors import CoordinateSystemError
from lunarcraters.geometry import sphere
from lunarcraters.geometry.grid import Grid
from lunarcraters.geometry.prj_files import read_prj_beside

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Index = NDArray[np.int64]

_SLACK = 1.05  # of the reach of an image, which is measured at some points of its edge


@dataclass(frozen=True)
class LabelImage:
    """An image that lies on the Moon.

    Attributes:
        path: Image file.
        grid: Grid with a coordinate system.
    """

    path: Path
    grid: Grid

    @property
    def pixel_km(self) -> float:
        """North-south size of the pixel in the middle, km."""
        x, y = np.array([[self.grid.width / 2.0], [self.grid.height / 2.0]])
        return float(self.grid.meridian_pixel_size_m(x, y)[0]) / 1000.0

    @property
    def squeeze(self) -> float:
        """Factor along x that makes the middle of the image isotropic; 1 where it is no ground."""
        sizes = self.grid.pixel_sizes_m([self.grid.width / 2.0], [self.grid.height / 2.0])
        across, along = sizes[0].tolist()
        return float(across / along) if np.isfinite(across) else 1.0

    def has_ground(self, x: Float, y: Float) -> Bool:
        """Tell where pixel coordinates inside the image, (n,), have data: all without its file."""
        if not self.path.is_file():
            return np.ones(len(x), np.bool_)
        valid = read_image(self.path)[1]
        return valid[tuple(np.minimum(np.floor([y, x]).astype(int).T, np.array(valid.shape) - 1).T)]

    def holds(self, positions: Float, diameters: Float) -> Bool:
        """Find craters whose centre is on ground of the image, and whose box is whole in it.

        Args:
            positions: Longitude and latitude of centres, (n, 2).
            diameters: Diameters, km, (n,).
        """
        x, y = self.grid.from_lonlat(*positions.T)
        half = diameters[:, None] / 2.0 / (self.grid.pixel_sizes_m(x, y) / 1000.0)
        centre, size = np.column_stack([x, y]), (self.grid.width, self.grid.height)
        whole = np.asarray(((centre - half >= 0.0) & (centre + half <= size)).all(axis=1))
        if whole.any():
            whole[whole] = self.has_ground(x[whole], y[whole])
        return whole

    def find_reach(self) -> tuple[Float, float]:
        """Find a ball that holds the image: centre, (3,), and radius, in radii of the sphere."""
        x, y = np.meshgrid([0.5, 0.0, 1.0], [0.5, 0.0, 1.0])
        seen = self.grid.to_lonlat(x.ravel() * self.grid.width, y.ravel() * self.grid.height)
        points = sphere.unit_vectors(*seen)
        if np.isnan(points).any():  # a part of the image shows no ground
            return np.zeros(3), _SLACK
        return points[0], _SLACK * float(np.linalg.norm(points - points[0], axis=1).max())


def place_image(path: Path) -> LabelImage | None:
    """Find the place of an image: by the edges in its name, or by its georeferencing.

    Args:
        path: Image file, which may be missing.

    Returns:
        The image; None where it has no place.

    Raises:
        CoordinateSystemError: Its coordinate system is not of the Moon as a sphere.
    """
    name = TileName.parse(path.name)
    try:
        with open_image(path) as dataset:
            width, height = dataset.width, dataset.height
            crs, affine = dataset.crs or read_prj_beside(path), dataset.transform
    except RasterioError:
        return None
    if name is not None:
        return place_tile(path, name, width, height)
    if not crs or affine.is_identity:
        return None
    try:
        wkt = sphere.lunar_crs(crs, str(path)).to_wkt()
    except CoordinateSystemError as error:
        raise CoordinateSystemError(
            f"{path}: its coordinate system is not of the Moon as a sphere, so its labels have no "
            "place: if the image is lunar, name its system with gdal_edit.py -a_srs, for example "
            "IAU_2015:30100 for degrees"
        ) from error
    return LabelImage(path, Grid(wkt, affine, width, height))


def place_tile(path: Path, name: TileName, width: int, height: int) -> LabelImage:
    """Place an image by the edges in its name.

    Args:
        path: Image file, which may be missing.
        name: Edges.
        width: Width of the image, pixels.
        height: Height of the image, pixels.
    """
    across, along = name.lon_max - name.lon_min, name.lat_max - name.lat_min
    affine = Affine(across / width, 0.0, name.lon_min, 0.0, -along / height, name.lat_max)
    return LabelImage(path, Grid(sphere.geographic_crs().to_wkt(), affine, width, height))


def find_holders(
    images: Sequence[LabelImage],
    positions: Float,
    diameters: Float,
    numbers: Index | None = None,
) -> Index:
    """Find the first image that holds each crater (`LabelImage.holds`).

    Args:
        images: Images.
        positions: Longitude and latitude of centres, (n, 2).
        diameters: Diameters, km, (n,).
        numbers: Index of the image before which each crater is looked for, (n,); None for all
            images.

    Returns:
        Index of the image, (n,); the number of images where none holds it.
    """
    holders = np.full(len(positions), len(images))
    ends = holders.copy() if numbers is None else numbers
    placed = np.flatnonzero(np.isfinite(positions).all(axis=1))
    tree = KDTree(sphere.unit_vectors(*positions[placed].T))
    for number, image in enumerate(images):
        near = placed[np.array(tree.query_ball_point(*image.find_reach()), dtype=np.int64)]
        near = near[(holders[near] == len(images)) & (number < ends[near])]
        if len(near):
            holders[near[image.holds(positions[near], diameters[near])]] = number
    return holders
