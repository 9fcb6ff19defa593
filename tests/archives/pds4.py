"""Products with PDS4 labels."""

import numpy as np
import rasterio
from affine import Affine

from ..rasters import write_raster
from .product import HEIGHT, KM_RESOLUTION, RADIUS_KM, WIDTH, Product, all_valid, cylindrical, ramp


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
