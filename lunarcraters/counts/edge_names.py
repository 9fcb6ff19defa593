"""Names of the rules for craters on the edge of an area, which the command line lists."""

from typing import Literal, get_args

from lunarcraters.errors import OptionError

EdgeName = Literal["centre", "fractions", "buffered"]
"""Craters with their centre inside count; or each for its part inside; or all that touch the area,
on ground that is wider by their radius."""

EDGE_NAMES: tuple[EdgeName, ...] = get_args(EdgeName)


def check_edge(edge: str) -> None:
    """Check the name of a rule.

    Raises:
        OptionError: There is no such rule.
    """
    if edge not in EDGE_NAMES:
        raise OptionError(f"edge is {edge!r}: give one of {', '.join(EDGE_NAMES)}")
