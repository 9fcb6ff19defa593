"""Small products as the archives of lunar missions publish them, and where their pixels lie."""

from .isis import isis_mapping, isis_west, isis_word, write_isis
from .pds3 import (
    SPECIAL_16,
    clementine,
    kaguya,
    kaguya_first,
    kaguya_mi,
    kaguya_strip,
    lola_cylindrical,
    lola_polar,
    lroc_nac,
    lroc_nac_pole,
    lroc_wac,
    map_projection,
    sldem,
    write_pds3,
)
from .pds4 import (
    METRES,
    array,
    cartography,
    change2_dom,
    change_pds4,
    lroc_nac_pds4,
    pds4_west,
    tmc2_ortho,
    tmc2_raw,
    write_pds4,
)
from .product import KM_RESOLUTION, ramp, scale_of

PRODUCTS = (
    lroc_wac, lroc_nac, lroc_nac_pole, lroc_nac_pds4, lola_cylindrical, lola_polar, sldem, kaguya,
    kaguya_first, kaguya_mi, kaguya_strip, clementine, isis_word, isis_west, change_pds4, pds4_west,
    tmc2_ortho, tmc2_raw, change2_dom,
)  # fmt: skip
"""Functions that write a product into a folder."""

__all__ = [
    "KM_RESOLUTION",
    "METRES",
    "PRODUCTS",
    "SPECIAL_16",
    "array",
    "cartography",
    "change2_dom",
    "change_pds4",
    "clementine",
    "isis_mapping",
    "isis_west",
    "isis_word",
    "kaguya",
    "kaguya_first",
    "kaguya_mi",
    "kaguya_strip",
    "lola_cylindrical",
    "lola_polar",
    "lroc_nac",
    "lroc_nac_pds4",
    "lroc_nac_pole",
    "lroc_wac",
    "map_projection",
    "pds4_west",
    "ramp",
    "scale_of",
    "sldem",
    "tmc2_ortho",
    "tmc2_raw",
    "write_isis",
    "write_pds3",
    "write_pds4",
]
