"""Small products as the archives of lunar missions publish them, and where their pixels lie.

The labels are written by hand from those of real products. The places are computed by the formulas
of the archives' own documents (DSMAP.CAT), not by those of the program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine

from .rasters import write_raster

RADIUS_KM = 1737.4
KM_RESOLUTION = RADIUS_KM * np.pi / 180
"""Pixels per degree of a pixel of 1 km."""

HEIGHT, WIDTH = 20, 30


@dataclass(frozen=True)
class Product:
    """An archive product.

    Attributes:
        path: File that a user names.
        values: Values of the (first) band.
        valid: Pixels that are measurements.
        lonlat: Function of sample and line, both 0 at the centre of the first pixel, that gives
            longitude and latitude in degrees.
        size_deg: Size of a pixel in latitude, degrees.
    """

    path: Path
    values: np.ndarray
    valid: np.ndarray
    lonlat: Callable
    size_deg: float


def ramp(dtype, low=100):
    """Values that differ from pixel to pixel."""
    return (low + np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 120).astype(dtype)


def all_valid(values):
    return np.ones(values.shape, bool)


def cylindrical(center_lon, resolution, line_offset, sample_offset, lat_ts=0.0):
    """DSMAP.CAT of LOLA and LROC: offsets of the origin from the centre of the first pixel."""

    def lonlat(sample, line):
        lat = (line_offset - line) / resolution
        lon = center_lon + (sample - sample_offset) / resolution / np.cos(np.radians(lat_ts))
        return lon, lat

    return lonlat


def polar(scale_km, offset, south):
    """DSMAP_POLAR.CAT of LOLA: spherical polar stereographic, true to scale at the pole."""

    def lonlat(sample, line):
        x, y = (sample - offset) * scale_km, (offset - line) * scale_km
        colatitude = np.degrees(2 * np.arctan(0.5 * np.hypot(x, y) / RADIUS_KM))
        if south:
            return np.degrees(np.arctan2(x, y)), colatitude - 90.0
        return np.degrees(np.arctan2(x, -y)), 90.0 - colatitude

    return lonlat


def scale_of(resolution):
    """Kilometres of a pixel from pixels per degree."""
    return RADIUS_KM * np.pi / 180.0 / resolution


# PDS3


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


def special_pixels(values):
    """Put the five special pixels of ISIS at the start of the first line."""
    values = values.copy()
    if values.dtype.itemsize == 2:
        values[0, :5] = np.arange(-32768, -32763)
    else:
        bits = np.arange(0xFF7FFFFB, 0xFF800000, dtype=np.uint32)
        values[0, :5] = bits.view(np.float32)
    valid = all_valid(values)
    valid[0, :5] = False
    return values, valid


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


# ISIS


def isis_mapping(**keywords):
    """The group Mapping of a cube at 1 km per pixel; keywords replace what it has."""
    common = {
        "ProjectionName": "SimpleCylindrical",
        "CenterLongitude": 0.0,
        "TargetName": "Moon",
        "EquatorialRadius": "1737400.0 <meters>",
        "PolarRadius": "1737400.0 <meters>",
        "LatitudeType": "Planetocentric",
        "LongitudeDirection": "PositiveEast",
        "LongitudeDomain": 360,
        "UpperLeftCornerX": "-100000.0 <meters>",
        "UpperLeftCornerY": "200000.0 <meters>",
        "PixelResolution": "1000.0 <meters/pixel>",
        "Scale": f"{KM_RESOLUTION} <pixels/degree>",
    }
    lines = [f"    {key} = {value}" for key, value in {**common, **keywords}.items()]
    return ["  Group = Mapping", *lines, "  End_Group"]


def write_isis(path, values, mapping=(), *, order="Lsb", tile=None):
    """An ISIS cube: detached where the path is that of a label."""
    bands = values[None] if values.ndim == 2 else values
    count, height, width = bands.shape
    kind = {"u1": "UnsignedByte", "i2": "SignedWord", "f4": "Real"}[bands.dtype.str[1:]]
    data, stored = path.with_suffix(".cub"), ["    Format = BandSequential"]
    pixels = bands.tobytes()
    if tile:
        high, wide = tile
        stored = ["    Format = Tile", f"    TileSamples = {wide}", f"    TileLines = {high}"]
        padded = np.zeros((count, -(-height // high) * high, -(-width // wide) * wide), bands.dtype)
        padded[:, :height, :width] = bands
        blocks = padded.reshape(count, padded.shape[1] // high, high, padded.shape[2] // wide, wide)
        pixels = blocks.swapaxes(2, 3).tobytes()
    detached = path.suffix == ".lbl"
    label = [
        "Object = IsisCube", "  Object = Core", *([f"    ^Core = {data.name}"] if detached else []),
        f"    StartByte = {1 if detached else 4097}", *stored, "    Group = Dimensions",
        f"      Samples = {width}", f"      Lines = {height}", f"      Bands = {count}",
        "    End_Group", "    Group = Pixels", f"      Type = {kind}", f"      ByteOrder = {order}",
        "      Base = 0.0", "      Multiplier = 1.0", "    End_Group", "  End_Object", *mapping,
        "End_Object", "End",
    ]  # fmt: skip
    text = ("\n".join(label) + "\n").encode()
    if detached:
        path.write_bytes(text)
        data.write_bytes(pixels)
    else:
        path.write_bytes(text.ljust(4096, b"\0") + pixels)
    return path


def isis_word(folder):
    """A cube of LROC by cam2map: big-endian words, detached label, special pixels."""
    values, valid = special_pixels(ramp(">i2"))
    path = write_isis(folder / "M101.lbl", values, isis_mapping(), order="Msb")
    lonlat = cylindrical(0, KM_RESOLUTION, 199.5, 99.5)
    return Product(path, values, valid, lonlat, 1 / KM_RESOLUTION)


def isis_west(folder):
    """A tiled cube of floats whose central meridian is counted west."""
    values, valid = special_pixels(ramp("<f4"))
    mapping = isis_mapping(LongitudeDirection="PositiveWest", CenterLongitude=30.0)
    path = write_isis(folder / "west.cub", values, mapping, tile=(8, 16))
    lonlat = cylindrical(-30, KM_RESOLUTION, 199.5, 99.5)
    return Product(path, values, valid, lonlat, 1 / KM_RESOLUTION)


# PDS4


def cartography(*, lon=0.0, parallel=0.0, corner=(0.0, 0.0), size, bounds=(0, 1, 1, 0), west=False):
    """The class Cartography of an equirectangular map; `size` is XML of the pixel's size."""
    sides = ("west", "east", "north", "south")
    return f"""<cart:Cartography>
  <Local_Internal_Reference>
    <local_identifier_reference>image</local_identifier_reference>
    <local_reference_type>cartography_parameters_to_image_object</local_reference_type>
  </Local_Internal_Reference>
  <cart:Spatial_Domain><cart:Bounding_Coordinates>{
        "".join(
            f'<cart:{side}_bounding_coordinate unit="deg">{bound}</cart:{side}_bounding_coordinate>'
            for side, bound in zip(sides, bounds, strict=True)
        )
    }
  </cart:Bounding_Coordinates></cart:Spatial_Domain>
  <cart:Spatial_Reference_Information><cart:Horizontal_Coordinate_System_Definition>
    <cart:Planar>
      <cart:Map_Projection>
        <cart:map_projection_name>Equirectangular</cart:map_projection_name>
        <cart:Equirectangular>
          <cart:standard_parallel_1 unit="deg">{parallel}</cart:standard_parallel_1>
          <cart:longitude_of_central_meridian unit="deg">{lon}</cart:longitude_of_central_meridian>
        </cart:Equirectangular>
      </cart:Map_Projection>
      <cart:Planar_Coordinate_Information>
        <cart:planar_coordinate_encoding_method
          >Coordinate Pair</cart:planar_coordinate_encoding_method>
        <cart:Coordinate_Representation>{size}</cart:Coordinate_Representation>
      </cart:Planar_Coordinate_Information>
      <cart:Geo_Transformation>
        <cart:upperleft_corner_x unit="m">{corner[0]}</cart:upperleft_corner_x>
        <cart:upperleft_corner_y unit="m">{corner[1]}</cart:upperleft_corner_y>
      </cart:Geo_Transformation>
    </cart:Planar>
    <cart:Geodetic_Model>
      <cart:latitude_type>Planetocentric</cart:latitude_type>
      <cart:a_axis_radius unit="km">1737.4</cart:a_axis_radius>
      <cart:b_axis_radius unit="km">1737.4</cart:b_axis_radius>
      <cart:c_axis_radius unit="km">1737.4</cart:c_axis_radius>
      <cart:longitude_direction>Positive {"West" if west else "East"}</cart:longitude_direction>
    </cart:Geodetic_Model>
  </cart:Horizontal_Coordinate_System_Definition></cart:Spatial_Reference_Information>
</cart:Cartography>"""


METRES = """<cart:pixel_resolution_x unit="m/pixel">1000.0</cart:pixel_resolution_x>
<cart:pixel_resolution_y unit="m/pixel">1000.0</cart:pixel_resolution_y>"""


def array(kind, data_type, shape, constants=""):
    """A PDS4 array; the first axis of three is that of bands."""
    axes = "".join(
        f"<Axis_Array><axis_name>{name}</axis_name><elements>{count}</elements>"
        f"<sequence_number>{number}</sequence_number></Axis_Array>"
        for number, (name, count) in enumerate(
            zip(("Band", "Line", "Sample")[-len(shape) :], shape, strict=True), start=1
        )
    )
    return f"""<{kind}><local_identifier>image</local_identifier><offset unit="byte">0</offset>
<axes>{len(shape)}</axes><axis_index_order>Last Index Fastest</axis_index_order>
<Element_Array><data_type>{data_type}</data_type></Element_Array>{axes}{constants}</{kind}>"""


def write_pds4(path, values, data_type, discipline="", *, constants="", image=None, more=""):
    """A PDS4 label and its image; `image` is its name."""
    image = image or path.with_suffix(".img").name
    (path.parent / image).write_bytes(values.tobytes())
    kind = "Array_2D_Image" if values.ndim == 2 else "Array_3D_Image"
    path.write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1"
    xmlns:cart="http://pds.nasa.gov/pds4/cart/v1">
<Identification_Area><logical_identifier>urn:test:test:test:{path.stem}</logical_identifier>
<version_id>1.0</version_id><title>Test</title>
<information_model_version>1.19.0.0</information_model_version>
<product_class>Product_Observational</product_class></Identification_Area>
<Observation_Area><Discipline_Area>{discipline}</Discipline_Area></Observation_Area>
<File_Area_Observational><File><file_name>{image}</file_name></File>
{array(kind, data_type, values.shape, constants)}{more}
</File_Area_Observational></Product_Observational>""")
    return path


def lroc_nac_pds4(folder):
    """LROC NAC_DTM migrated to PDS4: the resolution is in degrees, the scale in metres."""
    values = ramp("<f4")
    size = "".join(
        f'<cart:pixel_{kind}_{axis} unit="{unit}/pixel">{number}</cart:pixel_{kind}_{axis}>'
        for kind, unit, number in (("resolution", "deg", 0.000164889431), ("scale", "m", 5.0))
        for axis in "xy"
    )
    corner = (-4794842.5, -92492.5)
    map_ = cartography(lon=180.0, parallel=-4.0, corner=corner, size=size)
    path = write_pds4(folder / "NAC_DTM_A12LMAS.xml", values, "IEEE754LSBSingle", map_)
    resolution = KM_RESOLUTION / 0.005
    offsets = corner[1] / 5.0 - 0.5, -corner[0] / 5.0 - 0.5
    lonlat = cylindrical(180, resolution, *offsets, lat_ts=-4)
    return Product(path, values, all_valid(values), lonlat, 1 / resolution)


def change_pds4(folder):
    """Chang'e: PDS4 labels with suffixes of their own, saturated and missing pixels."""
    values = ramp(">u2")
    values[0, :2] = 0, 65535
    constants = (
        "<Special_Constants><saturated_constant>65535</saturated_constant>"
        "<missing_constant>0</missing_constant></Special_Constants>"
    )
    map_ = cartography(lon=20.0, corner=(-100000.0, 200000.0), size=METRES)
    path = folder / "CE3_LCAM.2CL"
    write_pds4(path, values, "UnsignedMSB2", map_, constants=constants, image="CE3_LCAM.2C")
    valid = (values > 0) & (values < 65535)
    lonlat = cylindrical(20, KM_RESOLUTION, 199.5, 99.5)
    return Product(path, values, valid, lonlat, 1 / KM_RESOLUTION)


def pds4_west(folder):
    """PDS4 label of the newer suffix, longitudes positive west."""
    values = ramp("u1")
    map_ = cartography(lon=30.0, corner=(-100000.0, 200000.0), size=METRES, west=True)
    path = write_pds4(folder / "west.lblx", values, "UnsignedByte", map_)
    lonlat = cylindrical(-30, KM_RESOLUTION, 199.5, 99.5)
    return Product(path, values, all_valid(values), lonlat, 1 / KM_RESOLUTION)


# GeoTIFF


def tmc2_ortho(folder):
    """Chandrayaan-2 TMC-2 orthoimage: a GeoTIFF that a PDS4 label without map describes."""
    values = ramp("<u2")
    path = folder / "ch2_tmc_ndn_d_oth.tif"
    affine = Affine(1000.0, 0, -100000.0, 0, -1000.0, 200000.0)
    write_raster(path, values, "IAU_2015:30110", affine)
    write_pds4(path.with_suffix(".xml"), values, "UnsignedLSB2", image=path.name + "_raw")
    label = path.with_suffix(".xml")
    label.write_text(label.read_text().replace(path.name + "_raw", path.name))
    (folder / (path.name + "_raw")).unlink()
    lonlat = cylindrical(0, KM_RESOLUTION, 199.5, 99.5)
    return Product(path, values, all_valid(values), lonlat, 1 / KM_RESOLUTION)


def tmc2_raw(folder):
    """A TIFF without tags of a map, whose PDS4 label has one."""
    values = ramp("<u2")
    path = folder / "ch2_tmc_plain.tif"
    profile = {"count": 1, "height": HEIGHT, "width": WIDTH, "dtype": "uint16"}
    with rasterio.open(path, "w", driver="GTiff", blockysize=HEIGHT, **profile) as raster:
        raster.write(values, 1)
    map_ = cartography(corner=(-100000.0, 200000.0), size=METRES)
    label = write_pds4(path.with_suffix(".xml"), values, "UnsignedLSB2", map_, image="raw")
    offset = path.read_bytes().index(values.tobytes())
    text = label.read_text().replace(">raw<", f">{path.name}<")
    label.write_text(text.replace('"byte">0<', f'"byte">{offset}<'))
    (folder / "raw").unlink()
    lonlat = cylindrical(0, KM_RESOLUTION, 199.5, 99.5)
    return Product(path, values, all_valid(values), lonlat, 1 / KM_RESOLUTION)


CHANGE2_PRJ = (
    'PROJCS["Moon2000_Mercator35",GEOGCS["GCS_Moon_2000",DATUM["D_Moon_2000",'
    'SPHEROID["Moon_2000_IAU_IAG",1737400.0,0.0]],PRIMEM["Reference_Meridian",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator"],PARAMETER["False_Easting",0.0],'
    'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],'
    'PARAMETER["Standard_Parallel_1",35.0],UNIT["Meter",1.0]]'
)


def change2_dom(folder):
    """Chang'e-2 DOM: TIFF, world file (centre of the first pixel) and ESRI's .prj."""
    values = ramp("u1")
    path = folder / "CE2_GRAS_DOM_07m_F003.tif"
    profile = {"count": 1, "height": HEIGHT, "width": WIDTH, "dtype": "uint8"}
    with rasterio.open(path, "w", driver="GTiff", **profile) as raster:
        raster.write(values, 1)
    size, left, top = 700.0, 1_000_000.0, 500_000.0
    path.with_suffix(".tfw").write_text(f"{size}\n0\n0\n{-size}\n{left}\n{top}\n")
    path.with_suffix(".prj").write_text(CHANGE2_PRJ)
    unit_m = RADIUS_KM * 1000 * np.cos(np.radians(35))

    def lonlat(sample, line):
        x, y = left + sample * size, top - line * size
        lat = 2 * np.arctan(np.exp(y / unit_m)) - np.pi / 2
        return np.degrees(x / unit_m), np.degrees(lat)

    return Product(path, values, all_valid(values), lonlat, np.degrees(size / unit_m))


PRODUCTS = (
    lroc_wac, lroc_nac, lroc_nac_pole, lroc_nac_pds4, lola_cylindrical, lola_polar, sldem, kaguya,
    kaguya_first, kaguya_mi, clementine, isis_word, isis_west, change_pds4, pds4_west, tmc2_ortho,
    tmc2_raw, change2_dom,
)  # fmt: skip
"""Functions that write a product into a folder."""
