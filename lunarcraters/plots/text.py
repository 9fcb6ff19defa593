"""Text of users in figures, which matplotlib would take for its own notation."""

_NO_WIDTH = "\N{ZERO WIDTH SPACE}"


def escape_text(text: str) -> str:
    """Write text, such as the name of an area, so that a figure shows it as it is.

    Between two dollars would be a formula, and a legend would leave out what begins with `_`.

    Args:
        text: Text of a user, to become a label, a title or a part of one.
    """
    escaped = text.replace("$", r"\$")
    return _NO_WIDTH + escaped if escaped.startswith("_") else escaped
