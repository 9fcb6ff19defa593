import gzip

import numpy as np
import pandas as pd
import pytest

from lunarcraters.catalogue.formats import read_catalogue, write_catalogue
from lunarcraters.catalogue.formats.csv import ROBBINS_COLUMNS
from lunarcraters.catalogue.table import Catalogue
from lunarcraters.geometry import sphere


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".CSV.GZ"])
def test_csv_has_the_columns_of_robbins(lunar, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    write_catalogue(lunar, path)
    assert path.read_bytes().startswith(b"\x1f\x8b") == suffix.lower().endswith(".gz")
    packed = "gzip" if suffix.lower().endswith(".gz") else None
    table = pd.read_csv(path, dtype={"CRATER_ID": str}, compression=packed)
    assert tuple(table.columns) == (*ROBBINS_COLUMNS, "SCORE")
    assert table["LON_CIRC_IMG"].between(0, 360, inclusive="left").all()
    assert table["ARC_IMG"].isna().all()
    again = read_catalogue(path)
    assert again.craters["crater_id"].tolist() == lunar.craters["crater_id"].tolist()
    assert np.allclose(again.positions, lunar.positions, atol=1e-8)


def test_a_crater_a_hair_west_of_the_meridian_is_at_zero_not_360(tmp_path):
    craters = pd.DataFrame({"lon": [-1e-12], "lat": [0.0], "diameter_km": [1.0]})
    write_catalogue(Catalogue(craters, sphere.geographic_crs()), tmp_path / "a.csv")
    assert pd.read_csv(tmp_path / "a.csv")["LON_CIRC_IMG"].tolist() == [0.0]


@pytest.mark.parametrize(
    "text",
    [
        "lon,lat,diam_km\n190.5,2,3\n",
        "Lon,Lat,Diam_km\n190.5,2,3\n",
        "Longitude (deg E);Latitude;Diameter (km)\n190.5;2;3\n".replace(" E", ""),
        "id\tLongitude\tLatitude\tDiameter_km\n7\t-169.5\t2\t3\n",
        "x,y,Diam (km)\n190.5,2,3\n",
        "CRATER_ID,LAT_CIRC_IMG,LON_CIRC_IMG,LAT_ELLI_IMG,DIAM_CIRC_IMG\n00-1-0,2,190.5,9,3\n",
        "lon,lat,Diameter_h (km),Diameter_w (km),confidence\n190.5,2,4.5,2,0.5\n",
        "LAT,LON,RADIUS_M\n2, 190.5, 1500\n",
        "Crater_Lat,Crater_Lon,Crater_Diameter_m\n2,190.5,3000\n",
        "\ufefflon,lat,diameter_m,\r\n190.5,2,3000,\r\n",
    ],
)
def test_the_usual_columns_are_read(tmp_path, text):
    (tmp_path / "a.csv").write_bytes(text.encode())
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "c.CSV.GZ").write_bytes(gzip.compress(text.encode()))
    for name in ("a.csv", "b.csv.gz", "c.CSV.GZ"):
        catalogue = read_catalogue(tmp_path / name)
        assert catalogue.positions.tolist() == [[-169.5, 2.0]]
        assert catalogue.diameters == pytest.approx([3.0])
