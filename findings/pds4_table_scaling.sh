#!/usr/bin/env bash
# The numbers of PDS4 tables: pds4_tools scales them, pdr and GDAL do not.
#
# A field of a PDS4 table may have a scaling_factor and a value_offset; the value is stored x factor + offset,
# as in arrays. We expected the same heights from three readers. pds4_tools 1.4 gives 45,510. pdr 1.4.4 and
# GDAL 3.12.4 (in pyogrio 0.13.0) give the stored 45.5, without a warning. pdr does scale columns of PDS3 tables,
# and then the missing value too: -9999 becomes a height of -9,998,990, which no label names.
#
# For us: nothing to change; labels of tables are not read, and a `.tab` without a heading is refused. Whoever
# makes a CSV of such a table for us should use pds4_tools.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pds4_tools==1.4 pdr==1.4.4 pyogrio==0.13.0 geopandas==1.2.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version
from pathlib import Path

import pdr
import pds4_tools
import pyogrio

print(*(f"{name} {version(name)}" for name in ("pds4_tools", "pdr", "pyogrio")), "GDAL", pyogrio.__gdal_version__)
rows = ["  10.5 -9999.0\r\n", " 350.2    45.5\r\n"]
Path("heights.tab").write_text("".join(rows), newline="")


def field(number, name, start, length, more=""):
    return f"""<Field_Character><name>{name}</name><field_number>{number}</field_number>
        <field_location unit="byte">{start}</field_location><data_type>ASCII_Real</data_type>
        <field_length unit="byte">{length}</field_length>{more}</Field_Character>"""


scale = """<scaling_factor>1000</scaling_factor><value_offset>10</value_offset>
    <Special_Constants><missing_constant>-9999.0</missing_constant></Special_Constants>"""
Path("heights.xml").write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1">
  <Identification_Area><logical_identifier>urn:nasa:pds:moon:heights:heights</logical_identifier>
    <version_id>1.0</version_id><title>Heights</title>
    <information_model_version>1.11.0.0</information_model_version>
    <product_class>Product_Observational</product_class></Identification_Area>
  <Observation_Area>
    <Time_Coordinates><start_date_time>2009-07-01Z</start_date_time>
      <stop_date_time>2009-07-02Z</stop_date_time></Time_Coordinates>
    <Investigation_Area><name>LRO</name><type>Mission</type></Investigation_Area>
    <Observing_System><Observing_System_Component><name>LOLA</name><type>Instrument</type>
      </Observing_System_Component></Observing_System>
    <Target_Identification><name>Moon</name><type>Satellite</type></Target_Identification>
  </Observation_Area>
  <File_Area_Observational><File><file_name>heights.tab</file_name></File>
    <Table_Character><offset unit="byte">0</offset><records>2</records>
      <record_delimiter>Carriage-Return Line-Feed</record_delimiter>
      <Record_Character><fields>2</fields><groups>0</groups>
        <record_length unit="byte">{len(rows[0])}</record_length>
        {field(1, "LONGITUDE", 1, 6)}{field(2, "HEIGHT", 8, 7, scale)}
      </Record_Character></Table_Character></File_Area_Observational>
</Product_Observational>
""")
column = """OBJECT = COLUMN
NAME = {}
DATA_TYPE = ASCII_REAL
START_BYTE = {}
BYTES = {}
{}END_OBJECT = COLUMN
"""
scale = "SCALING_FACTOR = 1000\nOFFSET = 10\nMISSING_CONSTANT = -9999.0\n"
label = f"""PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = {len(rows[0])}
FILE_RECORDS = 2
^TABLE = "heights.tab"
TARGET_NAME = MOON
OBJECT = TABLE
INTERCHANGE_FORMAT = ASCII
ROWS = 2
COLUMNS = 2
ROW_BYTES = {len(rows[0])}
{column.format("LONGITUDE", 1, 6, "")}{column.format("HEIGHT", 8, 7, scale)}END_OBJECT = TABLE
END
"""
Path("heights.lbl").write_text(label.replace("\n", "\r\n"), newline="")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pds4 = pdr.read("heights.xml")
    pds3 = pdr.read("heights.lbl")
    found = {
        "PDS4, pds4_tools": pds4_tools.read("heights.xml", quiet=True)[0]["HEIGHT"],
        "PDS4, pdr": next(pds4[key] for key in pds4.keys() if key != "label")["HEIGHT"],
        "PDS3, pdr": pds3["TABLE"]["HEIGHT"],
    }
with warnings.catch_warnings():
    warnings.simplefilter("error")
    found["PDS4, GDAL"] = pyogrio.read_dataframe("heights.xml", read_geometry=False)["HEIGHT"]
found = {name: [float(value) for value in values] for name, values in found.items()}
print("stored: -9999 (missing) and 45.5; x 1000 + 10")
for name, values in found.items():
    print(f"{name}: {values}")
assert found["PDS4, pds4_tools"][1] == 45_510
assert found["PDS4, pdr"] == found["PDS4, GDAL"] == [-9999.0, 45.5], "the behaviour has changed"
assert found["PDS3, pdr"] == [-9_998_990.0, 45_510.0], "the behaviour has changed"
PYTHON
