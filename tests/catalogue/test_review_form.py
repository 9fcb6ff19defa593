"""The actions of QGIS that set the state of a crater, with stand-ins for QGIS."""

import re
import sys
from hashlib import sha256
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from lunarcraters.catalogue.columns import LUNAR_COLUMNS
from lunarcraters.catalogue.formats.review_form import review_form


class Layer:
    """A layer whose file has other rows once it is edited."""

    def __init__(self, ids):
        self.ids, self.changes = ids, []

    def isEditable(self):  # noqa: N802
        return False

    def startEditing(self):  # noqa: N802
        return True

    def getFeature(self, row):  # noqa: N802
        return Row(row, self.ids.get(row))

    def fields(self):
        return SimpleNamespace(indexOf=lambda name: name)

    def changeAttributeValue(self, *change):  # noqa: N802
        self.changes.append(change)

    def triggerRepaint(self):  # noqa: N802
        pass


class Row(dict):
    def __init__(self, row, crater_id):
        super().__init__(crater_id=crater_id)
        self.id, self.isValid = lambda: row, lambda: crater_id is not None


@pytest.fixture
def click(monkeypatch):
    """A function that carries out an action on a crater as it was drawn; returns what is said."""
    said = []
    bar = SimpleNamespace(pushWarning=lambda title, sentence: said.append(sentence))

    def run(action, layer, row, crater_id):
        project = SimpleNamespace(mapLayer=lambda name: layer)
        core = SimpleNamespace(QgsProject=SimpleNamespace(instance=lambda: project))
        utils = SimpleNamespace(iface=SimpleNamespace(messageBar=lambda: bar))
        for name, module in {"qgis": core, "qgis.core": core, "qgis.utils": utils}.items():
            monkeypatch.setitem(sys.modules, name, module)
        values = {"$id": row, "@layer_id": "craters"}
        code = re.sub(
            r"\[% (.*?) %\]",
            lambda match: str(values.get(match[1], sha256(crater_id.encode()).hexdigest())),
            action,
        )
        exec(compile(code, "action", "exec"), {})
        return said

    return run


@pytest.mark.parametrize(
    ("ids", "changes"),
    [
        ({7: "a", 8: "b"}, [(7, "review", "accepted")]),
        ({7: "b", 8: "a"}, []),
        ({8: "a"}, []),
    ],
)
def test_a_click_changes_no_other_crater_of_a_file_that_was_written_anew(click, ids, changes):
    style = ElementTree.fromstring(f"<qgis>{review_form(LUNAR_COLUMNS)}</qgis>")
    action = style.find("attributeactions/actionsetting[@name='Accept']").get("action")
    layer = Layer(ids)
    said = click(action, layer, 7, "a")
    assert layer.changes == changes
    assert [sentence[:26] for sentence in said] == ["The file was written anew:"] * (not changes)
