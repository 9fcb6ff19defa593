"""The same ground has the same craters in every projection, anywhere on the Moon."""

import pytest

from benchmarks.projections import agreement, first_view, views, warp
from lunarcraters.geometry import sphere

SIDE = 448
LEAST_PX = 12.0
PLACES = {
    "equator": (-15.0, 0.0, ("equirectangular, degrees", "sinusoidal")),
    "55 north": (20.0, 55.0, ("equirectangular, metres", "Mercator", "sinusoidal")),
    "antimeridian": (180.0, 30.0, ("equirectangular, 0..360", "LAEA")),
    "pole": (0.0, 90.0, ("polar stereographic", "transverse Mercator")),
}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_the_same_ground_has_the_same_craters(place, scene, search_here, tmp_path):
    lon, lat, names = PLACES[place]
    ground = tmp_path / "ground.tif"
    first_view(scene, lon, lat, SIDE, True, ground)
    wanted = search_here(ground, tmp_path / "ground")
    for view in views(lon, lat):
        if view.name not in names:
            continue
        path = tmp_path / f"{view.name}.tif"
        warp(ground, ground, f"{view.proj} +R={sphere.RADIUS_M} +units=m +no_defs", path)
        found = agreement(
            wanted, search_here(path, tmp_path / f"run {view.name}"), ground, LEAST_PX
        )
        assert found.known >= 0.97, view
        assert found.offset <= 0.05, view
        assert found.ratio == pytest.approx(1.0, abs=0.03), view
