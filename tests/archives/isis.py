"""Cubes of ISIS."""

import numpy as np

from .product import KM_RESOLUTION, Product, cylindrical, ramp, special_pixels


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
