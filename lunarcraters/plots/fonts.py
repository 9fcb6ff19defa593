"""Text of users in figures, such as names of areas: escaped, and in fonts of any script."""

from collections.abc import Iterable
from functools import cache

from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, findSystemFonts, fontManager, get_font
from matplotlib.text import Text

from lunarcraters.errors import warn

_PLACEHOLDERS = "Last Resort"  # a font of boxes
_NO_WIDTH = "\N{ZERO WIDTH SPACE}"


def escape_text(text: str) -> str:
    """Write text so that a figure shows it as it is, not as a notation of matplotlib's.

    Between two dollars would be a formula, and a legend would leave out what begins with `_`.

    Args:
        text: Text of a user, to become a label, a title or a part of one.
    """
    escaped = text.replace("$", r"\$")
    return _NO_WIDTH + escaped if escaped.startswith("_") else escaped


def label_areas(names: Iterable[str]) -> dict[str, str]:
    """Make labels of areas: their names, or numbers where no installed font has the characters.

    It warns of names that became numbers.

    Returns:
        Labels by name, escaped for a figure.
    """
    labels, numbered = {}, {}
    for number, name in enumerate(names, 1):
        missing = _find_missing(name)
        if missing and _find_family(missing) is None:
            numbered[name] = f"area {number}"
        labels[name] = numbered.get(name, escape_text(name))
    if numbered:
        listed = ", ".join(f"{label} is {name!r}" for name, label in numbered.items())
        warn(
            "no installed font has all characters of some names, which the figure numbers "
            f"({listed}): install one that has, such as Noto Sans CJK"
        )
    return labels


def add_fonts(figure: Figure) -> None:
    """Draw each text of a figure that needs it in an installed font that has its characters.

    Args:
        figure: Figure with all of its texts.
    """
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        missing = _find_missing(text.get_text())
        family = _find_family(missing) if missing else None
        if family is not None:
            text.set_fontfamily([*text.get_fontfamily(), family])


def _find_missing(text: str) -> frozenset[int]:
    """Find the characters that the usual font does not have."""
    if text.isascii():
        return frozenset()
    usual = frozenset(get_font(findfont(FontProperties())).get_charmap())
    return frozenset(ord(letter) for letter in text if letter.isprintable()) - usual


@cache
def _find_family(characters: frozenset[int]) -> str | None:
    """Find an installed font that has all of the characters; None where there is none."""
    _add_new_fonts()
    names = [name for name in fontManager.get_font_names() if not name.startswith(_PLACEHOLDERS)]
    for name in sorted(names, key=lambda name: ("Sans" not in name, name)):
        if characters <= _read_characters(name):
            return name
    return None


@cache
def _add_new_fonts() -> None:
    """Add the fonts that were installed after matplotlib listed them."""
    listed = {font.fname for font in fontManager.ttflist}
    for path in set(findSystemFonts()) - listed:
        try:
            fontManager.addfont(path)
        except (OSError, RuntimeError):  # a damaged font
            continue


@cache
def _read_characters(family: str) -> frozenset[int]:
    """Read which characters a font has."""
    try:
        path = findfont(FontProperties(family=[family]), fallback_to_default=False)
        return frozenset(get_font(path).get_charmap())
    except (OSError, RuntimeError, ValueError):  # damaged, or gone
        return frozenset()
