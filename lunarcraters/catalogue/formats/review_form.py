"""The form in which QGIS edits a crater: parts of a style in QGIS's own XML.

The state is chosen from a list. Two actions set it by a click on a crater, without the form.
"""

from xml.sax.saxutils import quoteattr

from lunarcraters.catalogue.columns import REVIEW, CatalogueColumns
from lunarcraters.catalogue.review_state import ACCEPTED, ADDED, REJECTED, STATES

QUICK_FORM = "<featformsuppress>1</featformsuppress>"
"""Part of a style by which a shape is done when it is drawn, without a form."""

_ACTIONS = {
    ACCEPTED: ("Accept", "{5f0c3c5e-6a50-4c1e-9a58-0b8f1c1d0a01}"),
    REJECTED: ("Reject", "{5f0c3c5e-6a50-4c1e-9a58-0b8f1c1d0a02}"),
}
# An identifier may hold quotes, which its digest does not.
_SET_STATE = """from hashlib import sha256
from qgis.core import QgsProject
from qgis.utils import iface
layer = QgsProject.instance().mapLayer('[% @layer_id %]')
layer.isEditable() or layer.startEditing()
row = layer.getFeature([% $id %])
key = str(row['{crater_id}'] or '') if row.isValid() else 'none'
if sha256(key.encode()).hexdigest() == '[% sha256(coalesce("{crater_id}", '')) %]':
    layer.changeAttributeValue(row.id(), layer.fields().indexOf('{column}'), '{state}')
else:
    iface.messageBar().pushWarning('craters', '{changed}')
layer.triggerRepaint()
"""
_LINES = {"\n": "&#xa;"}
_CHANGED = "The file was written anew: the map is drawn from it now. Click on the crater again."


def review_form(columns: CatalogueColumns) -> str:
    """Make the parts of a style that say how craters are edited.

    Args:
        columns: Names of the columns; all but those of the circle are for reading only.
    """
    shown = (REVIEW, columns.diameter, columns.score, columns.x, columns.y, columns.crater_id)
    editable = {name: int(name in (REVIEW, *columns.circle)) for name in (*columns.names, REVIEW)}
    fields = "".join(
        f'<attributeEditorField name="{name}" index="-1" showLabel="1"/>' for name in shown
    )
    return (
        f'<fieldConfiguration><field name="{REVIEW}" configurationFlags="None">{_state_list()}'
        "</field></fieldConfiguration>"
        f'<defaults><default field="{REVIEW}" expression="\'{ADDED}\'" applyOnUpdate="0"/>'
        f"</defaults>{_actions(columns.crater_id)}<editorlayout>tablayout</editorlayout><attributeEditorForm>"
        '<attributeEditorContainer name="Crater" groupBox="1" columnCount="1" showLabel="1" '
        f'visibilityExpressionEnabled="0" visibilityExpression="">{fields}'
        "</attributeEditorContainer></attributeEditorForm><editable>"
        + "".join(f'<field name="{name}" editable="{on}"/>' for name, on in editable.items())
        + "</editable>"
    )


def _state_list() -> str:
    """Make the list from which the state is chosen."""
    values = "".join(
        f'<Option type="Map"><Option name="{state}" type="QString" value="{state}"/></Option>'
        for state in STATES
    )
    return (
        '<editWidget type="ValueMap"><config><Option type="Map">'
        f'<Option name="map" type="List">{values}</Option></Option></config></editWidget>'
    )


def _actions(crater_id: str) -> str:
    """Make the actions that set a state by a click on a crater, if its row is still the same."""
    settings = ""
    for state, (title, identifier) in _ACTIONS.items():
        code = _SET_STATE.format(crater_id=crater_id, column=REVIEW, state=state, changed=_CHANGED)
        settings += (
            f'<actionsetting id="{identifier}" type="1" name="{title}" shortTitle="{title}" '
            f'action={quoteattr(code, _LINES)} icon="" notificationMessage="" capture="0" '
            'isEnabledOnlyWhenEditable="0"><actionScope id="Canvas"/><actionScope id="Feature"/>'
            "</actionsetting>"
        )
    first = _ACTIONS[REJECTED][1]
    return (
        f'<attributeactions><defaultAction key="Canvas" value="{first}"/>{settings}'
        "</attributeactions>"
    )
