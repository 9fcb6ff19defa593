"""Products with PDS3 labels."""

import numpy as np

from .product import (
    HEIGHT,
    KM_RESOLUTION,
    WIDTH,
    Product,
    all_valid,
    cylindrical,
    polar,
    ramp,
    scale_of,
    special_pixels,
)


def map_projection(**keywords):
    """The object IMAGE_MAP_PROJECTION; keywords replace or add to what all labels have."""
    common = {
        "MAP_PROJECTION_TYPE": '"SIMPLE CYLINDRICAL"',
        "A_AXIS_RADIUS": "1737.4 <KM>",
        "B_AXIS_RADIUS": "1737.4 <KM>",
        "C_AXIS_RADIUS": "1737.4 <KM>",
        "COORDINATE_SYSTEM_NAME": "PLANETOCENTRIC",
        "POSITIVE_LONGITUDE_DIRECTION": "EAST",
        "CENTER_LATITUDE": "0.0 <DEG>",
        "CENTER_LONGITUDE": "0.0 <DEG>",
        "MAP_PROJECTION_ROTATION": 0.0,
    }
    lines = [f"  {key} = {value}" for key, value in {**common, **keywords}.items()]
    return ["OBJECT = IMAGE_MAP_PROJECTION", *lines, "END_OBJECT = IMAGE_MAP_PROJECTION"]


def pds3_label(values, sample_type, pointer, projection, image=(), head=()):
    """Text of a PDS3 label."""
    bands = values[None] if values.ndim == 2 else values
    lines = [
        "PDS_VERSION_ID = PDS3",
        "RECORD_TYPE = FIXED_LENGTH",
        f"RECORD_BYTES = {bands.shape[2] * bands.itemsize}",
        f"^IMAGE = {pointer}",
        *head,
        "TARGET_NAME = MOON",
        *projection,
        "OBJECT = IMAGE",
        f"  LINES = {bands.shape[1]}",
        f"  LINE_SAMPLES = {bands.shape[2]}",
        f"  BANDS = {bands.shape[0]}",
        "  BAND_STORAGE_TYPE = BAND_SEQUENTIAL",
        f"  SAMPLE_TYPE = {sample_type}",
        f"  SAMPLE_BITS = {bands.itemsize * 8}",
        *(f"  {line}" for line in image),
        "END_OBJECT = IMAGE",
        "END",
    ]
    return "\r\n".join(lines) + "\r\n"


def write_pds3(path, values, sample_type, projection, image=(), head=()):
    """A PDS3 image: detached where the path is that of a label, else with its label attached."""
    if path.suffix.lower() == ".lbl":
        data = path.with_suffix(".img")
        data.write_bytes(values.tobytes())
        # LOLA's labels spell names in capitals, and downloads arrive in small letters.
        pointer = f'"{data.name.upper() if path.name.islower() else data.name}"'
        path.write_text(pds3_label(values, sample_type, pointer, projection, image, head))
        return path
    record = values.shape[-1] * values.itemsize
    length = len(pds3_label(values, sample_type, 9999, projection, image, head))
    records = -(-length // record)
    label = pds3_label(values, sample_type, records + 1, projection, image, head)
    path.write_bytes(label.encode().ljust(records * record) + values.tobytes())
    return path


SPECIAL_16 = (
    "CORE_NULL = -32768",
    "CORE_LOW_REPR_SATURATION = -32767",
    "CORE_LOW_INSTR_SATURATION = -32766",
    "CORE_HIGH_REPR_SATURATION = -32764",
    "CORE_HIGH_INSTR_SATURATION = -32765",
)
SPECIAL_32 = (
    "CORE_NULL = 16#FF7FFFFB#",
    "CORE_LOW_REPR_SATURATION = 16#FF7FFFFC#",
    "CORE_LOW_INSTR_SATURATION = 16#FF7FFFFD#",
    "CORE_HIGH_REPR_SATURATION = 16#FF7FFFFF#",
    "CORE_HIGH_INSTR_SATURATION = 16#FF7FFFFE#",
)


def lroc_wac(folder):
    """LROC WAC_GLOBAL and GLD100: attached, 16 bits, special pixels, offsets of -0.5."""
    values, valid = special_pixels(ramp("<i2"))
    projection = map_projection(
        MAP_PROJECTION_TYPE="EQUIRECTANGULAR", MAP_RESOLUTION="256.0 <PIX/DEG>",
        MAP_SCALE=f"{scale_of(256) * 1000} <METERS/PIXEL>", MAXIMUM_LATITUDE="60.0 <DEG>",
        LINE_PROJECTION_OFFSET="15359.5 <PIXEL>", SAMPLE_PROJECTION_OFFSET="-0.5 <PIXEL>",
    )  # fmt: skip
    path = folder / "WAC_GLOBAL_E300N0450.IMG"
    write_pds3(path, values, "LSB_INTEGER", projection, SPECIAL_16)
    return Product(path, values, valid, cylindrical(0, 256, 15359.5, -0.5), 1 / 256)


def lroc_nac(folder):
    """LROC NAC_DTM mosaic of Apollo 17: standard parallel 20, meridian 180, 5 m."""
    values, valid = special_pixels(ramp("<i2"))
    resolution = 6064.67008483
    projection = map_projection(
        MAP_PROJECTION_TYPE="EQUIRECTANGULAR", CENTER_LATITUDE="20.0 <DEG>",
        CENTER_LONGITUDE="180.0 <DEG>", MAP_RESOLUTION=f"{resolution} <PIX/DEG>",
        MAP_SCALE="4.9999999999999005 <METERS/PIXEL>", MAXIMUM_LATITUDE="21.30330227 <DEG>",
        MINIMUM_LATITUDE="19.39074976 <DEG>", EASTERNMOST_LONGITUDE="31.65760468 <DEG>",
        WESTERNMOST_LONGITUDE="29.90575346 <DEG>", LINE_PROJECTION_OFFSET="129197.5 <PIXEL>",
        SAMPLE_PROJECTION_OFFSET="855375.5 <PIXEL>",
    )  # fmt: skip
    path = folder / "NAC_DTM_APOLLO17_MOSAIC_5M.IMG"
    write_pds3(path, values, "LSB_INTEGER", projection, SPECIAL_16)
    lonlat = cylindrical(180, resolution, 129197.5, 855375.5, lat_ts=20)
    return Product(path, values, valid, lonlat, 1 / resolution)


def lroc_nac_pole(folder):
    """LROC NAC_POLE: polar stereographic, 32-bit floats, special pixels in hexadecimal."""
    values, valid = special_pixels(ramp("<f4"))
    projection = map_projection(
        MAP_PROJECTION_TYPE='"POLAR STEREOGRAPHIC"', CENTER_LATITUDE="-90.0 <DEG>",
        MAP_RESOLUTION=f"{KM_RESOLUTION} <PIX/DEG>", MAP_SCALE="1.0 <KM/PIXEL>",
        LINE_PROJECTION_OFFSET="99.5 <PIXEL>", SAMPLE_PROJECTION_OFFSET="99.5 <PIXEL>",
    )  # fmt: skip
    path = write_pds3(folder / "NAC_POLE_SOUTH.IMG", values, "PC_REAL", projection, SPECIAL_32)
    return Product(path, values, valid, polar(1.0, 99.5, south=True), 1 / KM_RESOLUTION)


def lola_cylindrical(folder):
    """LOLA LDEM_4: detached, the whole Moon from 0 to 360 E about meridian 180."""
    values = (np.arange(20 * 40).reshape(20, 40) - 300).astype("<i2")
    resolution = 1 / 9
    projection = map_projection(
        MAP_RESOLUTION=f"{resolution} <pix/deg>", CENTER_LONGITUDE="180 <deg>",
        MAP_SCALE=f"{scale_of(resolution) * 1000} <m/pix>", MAXIMUM_LATITUDE="90 <deg>",
        MINIMUM_LATITUDE="-90 <deg>", WESTERNMOST_LONGITUDE="0 <deg>",
        EASTERNMOST_LONGITUDE="360 <deg>", LINE_PROJECTION_OFFSET="9.5 <pix>",
        SAMPLE_PROJECTION_OFFSET="19.5 <pix>",
    )  # fmt: skip
    image = ("SCALING_FACTOR = 0.5", "OFFSET = 1737400.", "UNIT = METER")
    path = write_pds3(folder / "ldem_4.lbl", values, "LSB_INTEGER", projection, image)
    return Product(path, values, all_valid(values), cylindrical(180, resolution, 9.5, 19.5), 9.0)


def lola_polar(folder):
    """LOLA LDEM_75N_240M: detached, polar stereographic."""
    values = ramp("<i2", low=-50)
    offset = 500.0
    projection = map_projection(
        MAP_PROJECTION_TYPE='"POLAR STEREOGRAPHIC"', CENTER_LATITUDE="90 <deg>",
        MAP_RESOLUTION=f"{KM_RESOLUTION / 0.24} <pix/deg>", MAP_SCALE="240 <m/pix>",
        LINE_PROJECTION_OFFSET=f"{offset} <pix>", SAMPLE_PROJECTION_OFFSET=f"{offset} <pix>",
    )  # fmt: skip
    path = write_pds3(folder / "ldem_75n_240m.lbl", values, "LSB_INTEGER", projection)
    return Product(
        path, values, all_valid(values), polar(0.24, offset, south=False), 0.24 / KM_RESOLUTION
    )


def sldem(folder):
    """SLDEM2015: detached, 32-bit little-endian floats."""
    values = ramp("<f4") / 1000
    projection = map_projection(
        MAP_RESOLUTION="512. <pix/deg>", CENTER_LONGITUDE="180 <deg>",
        MAP_SCALE=f"{scale_of(512) * 1000} <m/pix>", LINE_PROJECTION_OFFSET="15359.5 <pix>",
        SAMPLE_PROJECTION_OFFSET="92159.5 <pix>",
    )  # fmt: skip
    path = write_pds3(folder / "sldem2015_512_00n_30n.lbl", values, "PC_REAL", projection)
    lonlat = cylindrical(180, 512, 15359.5, 92159.5)
    return Product(path, values, all_valid(values), lonlat, 1 / 512)


def kaguya(folder, sample_offset=-122880.0, name="TCO_MAP_02_N03E030N00E033SC"):
    """Kaguya TC ortho map: detached, big-endian, corners at pixel centres."""
    values = ramp(">u2")
    corners = {
        f"{vertical}_{horizontal}_{axis}": value
        for vertical, lat in (("UPPER", 3.0), ("LOWER", 3.0 - (HEIGHT - 1) / 4096))
        for horizontal, lon in (("LEFT", 30.0), ("RIGHT", 30.0 + (WIDTH - 1) / 4096))
        for axis, value in (("LATITUDE", f"{lat} <deg>"), ("LONGITUDE", f"{lon} <deg>"))
    }
    projection = map_projection(
        MAP_RESOLUTION="4096.000000 <pixel/deg>", MAP_SCALE=f"{scale_of(4096)} <km/pixel>",
        LINE_PROJECTION_OFFSET="12288.0 <pixel>",
        SAMPLE_PROJECTION_OFFSET=f"{sample_offset} <pixel>", **corners,
    )  # fmt: skip
    path = write_pds3(folder / f"{name}.lbl", values, "MSB_UNSIGNED_INTEGER", projection)
    return Product(
        path, values, all_valid(values), cylindrical(0, 4096, 12288.0, -122880.0), 1 / 4096
    )


def kaguya_first(folder):
    """Kaguya TC, first version: the sample offset has the other sign."""
    return kaguya(folder, sample_offset=122880.0, name="TCO_MAP_01_N03E030N00E033SC")


def kaguya_mi(folder):
    """Kaguya MI MAP: attached, nine bands, 16 bits, big-endian, hexadecimal fill value."""
    values = ramp(">i2")
    values[3, 4:8] = -30000
    bands = np.stack([values, *([ramp(">i2", low=900)] * 8)]).astype(">i2")
    projection = map_projection(
        MAP_RESOLUTION="2048.0 <pixel/degree>", MAP_SCALE=f"{scale_of(2048)} <km/pixel>",
        LINE_PROJECTION_OFFSET="2048.0 <pixel>", SAMPLE_PROJECTION_OFFSET="-6144.0 <pixel>",
    )  # fmt: skip
    path = folder / "MI_MAP_02_N01E003N00E004SC.img"
    write_pds3(path, bands, "MSB_INTEGER", projection, ("INVALID_CONSTANT = 16#8AD0#",))
    lonlat = cylindrical(0, 2048, 2048.0, -6144.0)
    return Product(path, values, values != -30000, lonlat, 1 / 2048)


def kaguya_strip(folder):
    """Kaguya MI strip beside longitude 0: the other sign, bounds at the centres of outer pixels."""
    values = ramp(">i2")
    projection = map_projection(
        MAP_RESOLUTION="2048.0 <pixel/deg>", MAP_SCALE=f"{scale_of(2048)} <km/pixel>",
        LINE_PROJECTION_OFFSET="-161407.0 <pixel>", SAMPLE_PROJECTION_OFFSET="7.0 <pixel>",
        MAXIMUM_LATITUDE=-161407 / 2048, MINIMUM_LATITUDE=(-161407 - HEIGHT + 1) / 2048,
        EASTERNMOST_LONGITUDE=(7 + WIDTH - 1) / 2048, WESTERNMOST_LONGITUDE=7 / 2048,
    )  # fmt: skip
    path = folder / "MIA_3C5_03_01351S791E0024SC.img"
    write_pds3(path, values, "MSB_INTEGER", projection)
    lonlat = cylindrical(0, 2048, -161407.0, -7.0)
    return Product(path, values, all_valid(values), lonlat, 1 / 2048)


def clementine(folder):
    """Clementine UVVIS: longitudes positive west, meridian 30 W, 8 bits."""
    values = ramp("u1")
    projection = map_projection(
        POSITIVE_LONGITUDE_DIRECTION="WEST", CENTER_LONGITUDE="30.0 <DEGREE>",
        MAP_RESOLUTION=f"{KM_RESOLUTION} <PIXEL/DEGREE>", MAP_SCALE="1.0 <KM/PIXEL>",
        LINE_PROJECTION_OFFSET="199.5", SAMPLE_PROJECTION_OFFSET="99.5",
        WESTERNMOST_LONGITUDE=30 + 100 / KM_RESOLUTION, MAXIMUM_LATITUDE=200 / KM_RESOLUTION,
        EASTERNMOST_LONGITUDE=30 + 70 / KM_RESOLUTION, MINIMUM_LATITUDE=180 / KM_RESOLUTION,
    )  # fmt: skip
    path = write_pds3(folder / "uvvis_basemap.img", values, "UNSIGNED_INTEGER", projection)
    lonlat = cylindrical(-30, KM_RESOLUTION, 199.5, 99.5)
    return Product(path, values, all_valid(values), lonlat, 1 / KM_RESOLUTION)
