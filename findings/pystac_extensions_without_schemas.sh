#!/usr/bin/env bash
# pystac's extension packages come without the schemas of their extensions.
#
# pystac 1.15 has a package for every extension, and its core brings the core's schemas along. We
# expected that an item with the projection extension can then be validated without a network. The
# valid item below is refused with GetSchemaError, unless its extension is taken off.
#
# For us: the tests put the schemas into the validator's cache (tests/report/test_stac.py).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pystac==1.15.2 'jsonschema==4.26.0' pystac-ext-projection==2.0.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import datetime
import logging
from importlib.metadata import files, version

import pystac
from pystac.validation.stac_validator import GetSchemaError

logging.disable(logging.ERROR)
print("pystac", version("pystac"), "pystac-ext-projection", version("pystac-ext-projection"))


class NoNetwork(pystac.StacIO):
    def read_text(self, source, *args, **kwargs):
        raise OSError(f"no network for {source}")

    def write_text(self, *args, **kwargs):
        raise OSError("not needed")


pystac.StacIO.set_default(NoNetwork)
when = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
point = {"type": "Point", "coordinates": [0, 0]}
item = pystac.Item("moon", point, [0, 0, 0, 0], when, {"proj:code": "IAU_2015:30110"})
item.validate()
print("core schemas: validated without a network")
item.stac_extensions.append("https://stac-extensions.github.io/projection/v2.0.0/schema.json")
schemas = [str(f) for f in files("pystac-ext-projection") if str(f).endswith(".json")]
print("schemas in pystac-ext-projection:", schemas)
try:
    item.validate()
except GetSchemaError as error:
    print("GetSchemaError:", error)
else:
    raise SystemExit("the behaviour has changed: the extension was validated")
assert schemas == [], "the behaviour has changed"
PYTHON
