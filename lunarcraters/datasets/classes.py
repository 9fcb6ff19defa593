"""Classes of a dataset, and which of them are craters."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lunarcraters.errors import DatasetError

CRATER, IGNORED = 0, 1
"""Numbers of the classes in label files that this program writes."""

_CRATER = re.compile(r"crat[eèé]r|cráter|krater|кратер|クレーター|坑", re.IGNORECASE)
_IGNORED = re.compile(r"ignored?", re.IGNORECASE)
_NO_CRATER = re.compile(r"(?<![a-z])(no|non|not|false|fake|without)[\W_]*crater", re.IGNORECASE)


@dataclass(frozen=True)
class ClassChoice:
    """The classes of a dataset that are craters.

    Attributes:
        numbers: Numbers of these classes; None for all.
        ignored: Numbers of the classes `ignored`, which are neither craters nor background.
        notes: Sentences for the user about classes taken or left out.
    """

    numbers: frozenset[int] | None = None
    ignored: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


def choose_classes(
    names: Mapping[int, str],
    used: Mapping[int, int],
    wanted: str | int | Sequence[str | int] = (),
) -> ClassChoice:
    """Choose the classes that are craters.

    Classes are chosen by `wanted`; else by their names, if any is named a crater. A dataset of one
    class, or without names, has craters only.

    Args:
        names: Names of the classes by number, as far as they are known.
        used: Number of labels of each class.
        wanted: Names or numbers of the classes that are craters, or one of them; empty to go by
            the names.

    Raises:
        DatasetError: There is no such class, or it is not clear which classes are craters.
    """
    known = {number: names.get(number, str(number)) for number in sorted({*names, *used})}
    several = [wanted] if isinstance(wanted, str | int | np.integer) else wanted
    given = [] if wanted == "" else [str(name) for name in several]
    if given:
        chosen = frozenset().union(*(_find_class(text, known) for text in given))
        return _make_choice(known, used, chosen)
    titled = [number for number in used if not known[number].isdecimal()]
    craters = frozenset(number for number in known if _is_crater(known[number]))
    if craters & used.keys() or (craters and titled):
        return _make_choice(known, used, craters)
    if not titled:
        return ClassChoice(None, notes=_describe_unnamed(used, names))
    if len(known) == 1:
        note = f"the only class, {known[titled[0]]}, is taken as craters"
        return ClassChoice(None, notes=(note,))
    raise DatasetError(
        f"none of the classes is named a crater ({', '.join(known[n] for n in sorted(used))}): "
        "choose those that are craters with --classes NAME,..."
    )


def _is_crater(name: str) -> bool:
    """Test whether the name of a class is that of a crater."""
    return bool(_CRATER.search(name)) and not _NO_CRATER.search(name)


def _find_class(text: str, known: Mapping[int, str]) -> set[int]:
    """Find the classes of a name or number, or raise a DatasetError that lists all."""
    wanted = text.strip().lower()
    found = {number for number, name in known.items() if name.strip().lower() == wanted}
    if not found and wanted.isdecimal() and int(wanted) in known:
        found = {int(wanted)}
    if not found:
        raise DatasetError(
            f"there is no class {text.strip()!r}: choose among {', '.join(known.values())}"
        )
    return found


def _make_choice(
    known: Mapping[int, str], used: Mapping[int, int], chosen: frozenset[int]
) -> ClassChoice:
    """Say which classes are taken, where there are several, and which are left out."""
    ignored = frozenset(n for n in known if _IGNORED.fullmatch(known[n].strip())) - chosen
    taken = [number for number in sorted(used) if number in chosen]
    others = [number for number in sorted(used) if number not in chosen | ignored]
    notes = []
    if len(taken) > 1:
        notes.append(f"taken as craters: {', '.join(known[number] for number in taken)}")
    if others:
        left = ", ".join(f"{known[number]} ({used[number]} labels)" for number in others)
        notes.append(f"left out, because they are no craters: {left}")
    return ClassChoice(chosen, ignored, tuple(notes))


def _describe_unnamed(used: Mapping[int, int], names: Mapping[int, str]) -> tuple[str, ...]:
    """Say that classes without names are all taken, where there are several or others have one."""
    if used and names:
        number, named = next(iter(used)), ", ".join(f"{n} {name}" for n, name in names.items())
        if len(used) == 1 and number not in names:
            return (f"class {number} has no name (named: {named}) and is taken as craters",)
    if len(used) < 2:
        return ()
    return (
        f"classes {', '.join(map(str, sorted(used)))} have no names and are all taken as craters: "
        "choose with --classes NUMBER,... if some are not",
    )
